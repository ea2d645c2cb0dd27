"""What the journal keeps of a correction: enough to make it again, and no words of the pages."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

from scanpipe.core import journalled
from scanpipe.core.corrections import Correction
from scanpipe.core.model import Description, Evidence, Field, Retention

BASE = Description(
    accession_id="01J", category="GENERAL", category_name="庶務", confidence=0.9, suggestions=(), title="請求書", kind=None, document_number=None, date=date(2025, 5, 1),
    completed=date(2025, 5, 1), fiscal_year=2025, amount=120000, sender="株式会社さくら商事", addressee=None,
    retention=Retention(period="5", start_rule="fy_next_apr1", starts=date(2026, 4, 1), expires=date(2031, 3, 31), disposition="dispose"),
    pages=1, blank_pages=0, sides=1, sheets=1, a4_sheets=1.0, name="x.pdf", flags=(), schedule="0" * 64,
    evidence=(Evidence(about="title", rule="title:請求書", quote="鶴亀算"), Evidence(about="category", rule="word:請求書", quote="松竹梅")),
    fields=(Field(name="partner", value="花鳥風月", confidence=0.9, page=1, quote="花鳥風月 様"),),
)  # fmt: skip


def correction(description: Description, **said: object) -> Correction:
    facts = {"number": 1, "at": datetime(2026, 11, 22, tzinfo=UTC), "by": "佐藤", "reason": "誤り", "changes": {}, "department": "0101", "path": None}
    return Correction(**{**facts, "description": description, **said})  # type: ignore[arg-type]


def test_a_line_tells_no_words_of_the_pages_and_is_made_whole_again() -> None:
    after = replace(BASE, title="納品書", evidence=(Evidence(about="title", rule="person:佐藤", quote="誤り"), BASE.evidence[1]))
    made = correction(after, changes={"title": "納品書"})
    line = journalled.told(made, BASE)
    written = json.dumps(line, ensure_ascii=False)
    for words in ("鶴亀算", "松竹梅", "花鳥風月", "さくら商事", "120000"):
        assert words not in written
    assert journalled.restored(json.loads(written), BASE) == made


def test_a_sender_that_a_person_entered_is_told() -> None:
    made = correction(replace(BASE, sender="みどり市", addressee="税務課"), changes={"sender": "みどり市", "addressee": "税務課"})
    assert journalled.restored(journalled.told(made, BASE), BASE) == made
    assert journalled.restored(journalled.told(made, BASE), None).description.sender == "みどり市"


def test_without_the_earlier_facts_only_words_are_missing() -> None:
    made = correction(BASE)
    bare = journalled.restored(journalled.told(made, BASE), None)
    assert bare.description == replace(BASE, evidence=(), fields=(), sender=None, amount=None)
    assert journalled.is_same_decision(bare, made)
    assert not journalled.is_same_decision(bare, replace(made, reason="別"))
    assert "松竹梅" not in json.dumps(journalled.told(made, None), ensure_ascii=False)
