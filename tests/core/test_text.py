import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.text import fold, fold_with_offsets, in_context, index_tokens, may_hold, ngrams, normalise, squeeze_cjk

SIGNS = "契約書税務課のはがガヘりリカ力ー一ロ口工エ〇○Oo0Il1|-−国國髙﨑ｶﾞﾟ゛㈱㍻①、。・「」（）％ 　\n\f\t２５AbCé\u3099\u200b\ufe0f"
office_text = st.text(alphabet=st.sampled_from(SIGNS), max_size=60)
any_text = office_text | st.text(max_size=60)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("令和　７年 ４月　１日", "令和 7年 4月 1日"),
        ("件　名　：　事務用品の購入について（伺い）", "件名:事務用品の購入について(伺い)"),
        ("総 務 課\n契 約 係", "総務課\n契約係"),
        ("a b 課 c", "a b 課 c"),
        ("10時〜12時～13時", "10時~12時~13時"),
        ("2025−000123‐1", "2025-000123-1"),
        ("㋿元年 ①㈱ ｶﾞｽ", "令和元年 1(株)ガス"),
        ("か\u3099 町\u2ed1", "が町長"),
        ("一\r\n二\f三", "一\n二\f三"),
        ("國\ufe00會\u200b", "國會"),
    ],
)
def test_normalised_text_is_what_rules_expect(raw: str, expected: str) -> None:
    assert normalise(raw) == expected


@given(any_text)
def test_normalising_twice_changes_nothing(raw: str) -> None:
    once = normalise(raw)
    assert normalise(once) == once


@given(office_text)
def test_normalising_keeps_every_line(raw: str) -> None:
    assert (normalise(raw).count("\n"), normalise(raw).count("\f")) == (raw.count("\n"), raw.count("\f"))


def test_recognised_text_loses_only_blanks_between_cjk_signs() -> None:
    assert squeeze_cjk("市 税 の ２５ ％　です、 Tax office 25 円\n次 の 行") == "市税の ２５ ％です、 Tax office 25 円\n次の行"


@given(any_text)
def test_squeezed_text_is_nfc(raw: str) -> None:
    assert unicodedata.is_normalized("NFC", squeeze_cjk(raw))


@pytest.mark.parametrize(
    ("level", "raw", "expected"),
    [
        (1, "ＡＢｃ　税務\n課ｶﾞｽ", "abc税務課ガス"),
        (1, "契約、解除。(株)", "契約 解除 株"),
        (2, "國會 髙﨑 渡邉 渡邊 齋藤 𠮷田", "国会高崎渡辺渡辺斎藤吉田"),
        (3, "2025-000123 ２０２５ー０００１２３ 〇O0 lI1| へリ", "2025ー0001232025ー0001230001111へり"),
        (4, "の力ード、ユ一ザ一、人ロ 努カ 第ー条", "のカード ユーザー 人口努力第一条"),
        (4, "メーカー工事 電力カット データ一覧 東京タワー", "メーカー工事電力カットデータ一覧東京タワー"),
    ],
)
def test_each_level_folds_what_it_promises(level: int, raw: str, expected: str) -> None:
    assert fold(raw, level) == expected


def test_an_unknown_level_is_refused() -> None:
    for fail in (lambda: fold("税", 5), lambda: fold_with_offsets("税", 0)):
        with pytest.raises(ValueError, match="is not one of"):
            fail()


@given(any_text, st.integers(1, 4))
def test_offsets_lead_every_folded_sign_back_to_the_raw_text(raw: str, level: int) -> None:
    folded, spans = fold_with_offsets(raw, level)
    assert folded == fold(raw, level)
    assert len(spans) == len(folded)
    assert all(0 <= start < end <= len(raw) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    if level <= 3:
        assert all(sign == " " or sign in fold(raw[start:end], level) for sign, (start, end) in zip(folded, spans, strict=True))


@given(st.text("税ー、。 \n\t\0（)a㍻", max_size=30), st.integers(1, 3))
def test_offsets_lead_to_the_very_sign_where_some_are_dropped_and_breaks_run_together(raw: str, level: int) -> None:
    folded, spans = fold_with_offsets(raw, level)
    assert folded == fold(raw, level) and len(spans) == len(folded)
    assert [fold(raw[start:end], level) or " " for start, end in dict.fromkeys(spans)] == [*re.findall("平成|.", folded)]
    assert spans[:2] == [*spans][:2] and (not folded or spans[-1] == [*spans][-1])


@given(any_text, st.data())
def test_each_part_of_a_folded_run_folds_to_itself(raw: str, data: st.DataObject) -> None:
    for run in fold(raw, 3).split():
        start = data.draw(st.integers(0, len(run) - 1))
        part = run[start : start + data.draw(st.integers(1, 3))]
        assert fold(part, 3) == part
        assert part in index_tokens(raw)


@given(any_text)
def test_context_never_changes_length_or_breaks(raw: str) -> None:
    plain = fold(raw, 3)
    assert [len(run) for run in in_context(plain).split(" ")] == [len(run) for run in plain.split(" ")]


@given(any_text, st.sampled_from([3, 4]), st.data())
def test_text_that_folds_to_a_word_may_hold_it(raw: str, level: int, data: st.DataObject) -> None:
    folded = fold(raw, level)
    start = data.draw(st.integers(0, max(0, len(folded) - 1)))
    word = folded[start : start + data.draw(st.integers(1, 8))].strip(" ")
    assert not word or may_hold(raw, word)


@pytest.mark.parametrize(
    ("raw", "word", "may"),
    [
        ("道路の占用", "道路占用", False),
        ("道路、占用", "道路占用", False),
        ("道 路\n占　用", "道路占用", True),
        ("契約。書", "契約 書", True),
        ("契約書", "契約 書", False),
        ("ユ一ザ一", "ユーザー", True),
        ("髙 﨑", "高崎", True),
        ("㈱みどり", "水道", True),  # ㈱ becomes several signs: only folding can tell
    ],
)
def test_text_is_looked_at_before_it_is_folded(raw: str, word: str, may: bool) -> None:
    assert may_hold(raw, word) is may


def test_ngrams_stop_at_punctuation() -> None:
    assert ngrams(fold("税務課、税")) == ["税", "務", "課", "税務", "務課", "税務課"]


@given(any_text)
def test_tokens_are_what_the_ascii_tokenizer_leaves_whole(raw: str) -> None:
    for token in index_tokens(raw):
        assert 1 <= len(token) <= 3
        assert all(sign.isalnum() for sign in token if sign.isascii())
        assert token == token.lower()
        token.encode()  # no lone surrogate


def test_words_are_tokens_as_read_and_as_meant() -> None:
    tokens = index_tokens("努カの電力カット")
    assert {"努カ", "努力", "カット", "力カ"} <= set(tokens)
