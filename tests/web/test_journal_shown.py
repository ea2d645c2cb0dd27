"""Lines of the journal in words: what people ask of it, without what only programs read."""

from typing import Any

import pytest

from scanpipe.i18n import N_, speaking
from scanpipe.web.journal_shown import details, happened

EMPTY = N_("{number} is not taken twice.")  # any sentence with a gap


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"id": "01J", "sha256": "a" * 64, "key": "k", "settings": "s", "pages": 3, "engine": "ppocr"}, "Pages: 3 · Read by: ppocr"),
        ({"correction": {"at": "x", "by": "sato", "changes": {"title": "通知"}, "description": {"title": "別"}, "reason": "誤り"}}, "Title: 通知 · Why: 誤り"),
        ({"delivery": {"name": "a.pdf", "reason": EMPTY, "params": {"number": "2026-000001"}}}, "File: a.pdf · Why: 2026-000001 is not taken twice."),
        (
            {"hold": {"kind": "disclosure", "numbers": ["2026-000001", "2026-000002"], "reason": "{braces} of a person"}},
            "Kind: disclosure request · Records: 2026-000001, 2026-000002 · Why: {braces} of a person",
        ),
        ({"where": "search", "wish": "01J/01K", "done": "2026"}, "in a search result"),
        ({"confidence": 0.9168, "title": "題" * 100}, f"Confidence: 92% · Title: {'題' * 80}…"),
        ({}, ""),
    ],
)
def test_a_line_says_what_happened_in_words(data: dict[str, Any], said: str) -> None:
    with speaking("en"):
        assert details(data) == said


def test_a_kind_of_a_later_version_is_shown_as_it_is() -> None:
    with speaking("ja"):
        assert happened("held") == "廃棄の保留を登録" and happened("unheard_of") == "unheard_of"
