"""core/describing/kinds.py: the kind of paper."""

import pytest

from scanpipe.core.describing.kinds import form_of


@pytest.mark.parametrize(
    ("title", "kind", "form"),
    [
        ("調査について", "再照会", "照会"),
        ("購入について", "伺い", "伺"),
        ("御請求書", None, "請求"),
        ("公文書開示請求書", None, "請求"),
        ("補助金交付申請書", None, "申請"),
        ("請　書", None, "契約"),
        ("工事完成届", None, "届"),
        ("道路占用許可書", None, "許可"),
        ("領収証", None, "領収"),
        ("見積書（控）", None, "見積"),
        ("納品書", None, "納品"),
        ("第1回審議会会議録", None, "議事録"),
        ("総会次第", None, "次第"),
        ("委員名簿", None, "名簿"),
        ("復命書", None, "復命"),
        ("辞令", None, "辞令"),
        ("一般競争入札の公告", None, "公告"),
        ("交付決定通知書", None, "通知"),
        ("納税証明書", None, "証明"),
        ("是正命令書", None, "命令"),
        ("総合計画", None, None),
    ],
)
def test_the_kind_of_paper_is_said_by_brackets_or_last_words(title: str, kind: str | None, form: str | None) -> None:
    assert form_of(title, kind) == form
