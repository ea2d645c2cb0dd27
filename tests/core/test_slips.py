"""core/describing/slips.py: what is mended, and what is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.describing.slips import mended


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("合和６年度における事業について", "令和６年度における事業について"),
        ("令禾元年", "令和元年"),
        ("令和兀年5月1日", "令和元年5月1日"),
        ("平戌31年", "平成31年"),
        ("福総第1〇45号", "福総第1045号"),
        ("収納第９８ ７号", "収納第９８７号"),
        ("弟2回審議会", "第2回審議会"),
        ("公用車運転目誌", "公用車運転日誌"),
        ("検査年月目", "検査年月日"),
        ("2 025年11月5日", "2025年11月5日"),
        ("R7.1 0.6", "R7.10.6"),
        ("ー般競争入札", "一般競争入札"),
        ("十ー月三日", "十一月三日"),
        ("エ事完成届", "工事完成届"),
        ("プリンタ-用トナー", "プリンター用トナー"),
        ("¥55 ,770", "¥55,770"),
        ("観光コンべンション協会", "観光コンベンション協会"),
    ],
)
def test_slips_without_doubt_are_mended(read: str, printed: str) -> None:
    assert mended(read) == printed


@pytest.mark.parametrize(
    "text",
    [
        "組合和解調書", "今和田町", "議案第三〇号", "第二十一号", "目標値", "4月1日の目次", "サーバー一覧", "エレベーター", "カタカナ工房", "20 2,200", "12-34", "ア-ウ", "東京一大阪", "A-1",
        "Oリング第1号", "会議の目的", "データ一式", "請求書 目的", "資料1 2025年", "センターへメールで",
    ],
)  # fmt: skip
def test_what_may_be_right_is_left(text: str) -> None:
    assert mended(text) == text


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("合今令和平成弟第号0O〇Il1 ,.年月日目曰ー一工エR¥円")), max_size=80))
def test_mending_twice_is_mending_once(text: str) -> None:
    assert mended(mended(text)) == mended(text)
