"""What follows from a person's decision about a record."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core import corrections, review
from scanpipe.core.corrections import BadCorrection, checked, confirms, corrected, values_of
from scanpipe.core.model import UNCLASSIFIED, Description, Evidence, Retention, Suggestion
from scanpipe.core.retention import Category, Schedule

SCHEDULE = Schedule.of(
    (
        Category(code="CORRESP", name="往復文書", name_en="Correspondence", period=3, start="fy_next_apr1", disposition="dispose"),
        Category(code="CONTRACT", name="契約", name_en="Contracts", period=10, start="event_fy_next_apr1", disposition="dispose", event="契約終了"),
        Category(code="HR", name="人事", name_en="Personnel", period="永年", start="none", disposition="review", restricted=True),
    )
)
SECTIONS = frozenset({"0101", "0103"})


def letter(**said: object) -> Description:
    facts: dict[str, object] = {
        "accession_id": "01", "category": UNCLASSIFIED, "category_name": None, "confidence": 0.4, "title": None, "kind": None, "document_number": None,
        "date": date(2025, 6, 2), "completed": date(2025, 6, 2), "fiscal_year": 2025, "amount": None, "sender": None, "addressee": None,
        "suggestions": (Suggestion(category="CORRESP", confidence=0.4), Suggestion(category="CONTRACT", confidence=0.3)),
        "retention": Retention(period=None, start_rule=None, starts=None, expires=None, disposition=None),
        "pages": 1, "blank_pages": 0, "sides": 1, "sheets": 1, "a4_sheets": 1.0, "name": "x.pdf", "evidence": (Evidence(about="date", rule="date:issue"),),
        "flags": (review.CATEGORY_UNCLEAR, review.NO_TITLE), "schedule": "0" * 64,
    }  # fmt: skip
    return Description(**{**facts, **said})  # type: ignore[arg-type]


def decide(before: Description, **changes: str | None) -> Description:
    return corrected(before, checked(changes, SCHEDULE, SECTIONS), SCHEDULE, by="佐藤", reason="台帳のとおり")


def test_a_category_that_a_person_chose_brings_its_retention_and_settles_the_doubt() -> None:
    after = decide(letter(), category="CORRESP")
    assert (after.category, after.category_name, after.confidence, after.flags) == ("CORRESP", "往復文書", 1.0, (review.NO_TITLE,))
    assert (after.retention.starts, after.retention.expires) == (date(2026, 4, 1), date(2029, 3, 31))
    assert after.suggestions == (Suggestion(category="CORRESP", confidence=1.0), Suggestion(category="CONTRACT", confidence=0.3))
    assert after.evidence == (Evidence(about="category", rule="person:佐藤", quote="台帳のとおり"), Evidence(about="date", rule="date:issue"))


def test_who_has_looked_at_everything_settles_every_doubt_but_a_category_still_open() -> None:
    doubts = (review.BATCH, review.CATEGORY_UNCLEAR, review.LOW_CONFIDENCE_READING)
    for changes, left in (({"category": "CORRESP"}, (review.BATCH,)), ({"category": UNCLASSIFIED}, (review.BATCH, review.CATEGORY_UNCLEAR))):
        after = corrected(letter(flags=doubts), checked(changes, SCHEDULE, SECTIONS), SCHEDULE, by="佐藤", reason="", confirmed=True)
        assert after.flags == left


def test_the_event_entered_later_starts_the_period() -> None:
    contract = decide(letter(), category="CONTRACT")
    assert (contract.retention.starts, contract.retention.expires) == (None, None)
    ended = decide(contract, event="2027-09-30")
    assert (ended.retention.starts, ended.retention.expires) == (date(2028, 4, 1), date(2038, 3, 31))


def test_an_extension_moves_the_end_and_never_to_an_earlier_day() -> None:
    kept = decide(letter(), category="CORRESP")
    assert decide(kept, extended="2031-03-31").retention.expires == date(2031, 3, 31)
    with pytest.raises(BadCorrection, match="2029-03-31"):
        decide(kept, extended="2028-03-31")
    with pytest.raises(BadCorrection, match="extended"):
        decide(decide(letter(), category="HR"), extended="2031-03-31")


def test_the_day_of_completion_moves_fiscal_year_and_period() -> None:
    after = decide(decide(letter(), category="CORRESP"), completed="2025-03-31")
    assert (after.fiscal_year, after.retention.expires) == (2024, date(2028, 3, 31))


def test_a_restricted_category_closes_the_record_and_another_opens_it() -> None:
    closed = decide(letter(), category="HR")
    assert closed.restricted
    assert not decide(closed, category="CORRESP").restricted
    assert decide(closed, category=UNCLASSIFIED).restricted  # what is not decided stays closed


def test_who_confirms_has_looked_at_everything() -> None:
    assert decide(letter()) == letter(flags=())


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("category", "NOSUCH", "NOSUCH"), ("category", "", "category"), ("department", "9999", "9999"), ("date", "6月2日", "6月2日"),
        ("sheets", "3", "sheets"), ("title", "あ" * 501, "500"), ("completed", None, "completed"),
    ],
)  # fmt: skip
def test_what_cannot_be_says_why(name: str, value: str | None, says: str) -> None:
    with pytest.raises(BadCorrection, match=says):
        checked({name: value}, SCHEDULE, SECTIONS)


@given(st.sampled_from(corrections.TEXTS), st.text(max_size=40))
def test_any_text_is_kept_as_it_was_written(name: str, value: str) -> None:
    (kept,) = checked({name: value}, SCHEDULE, SECTIONS).values()
    after = corrected(letter(), {name: kept}, SCHEDULE, by="佐藤", reason="")
    assert values_of(after, "0101")[name] == kept
    assert kept is None or kept == value.strip()


@pytest.mark.parametrize(("name", "last"), [("date", "2200-12-31"), ("completed", "2200-12-31"), ("event", "2200-12-31"), ("extended", "2999-12-31")])
def test_a_day_that_was_surely_mistyped_is_refused_with_the_range(name: str, last: str) -> None:
    assert checked({name: last}, SCHEDULE, SECTIONS) == {name: last}
    for wrong in ("9999-12-31", "1867-12-31", "3000-01-01"):
        with pytest.raises(BadCorrection, match=f"1868-01-01.*{last}"):
            checked({name: wrong}, SCHEDULE, SECTIONS)


def test_naming_the_category_that_a_record_has_confirms_it_once() -> None:
    filed = letter(category="CORRESP", category_name="往復文書", confidence=0.95, flags=(review.LOW_CONFIDENCE_READING,))
    assert confirms(filed, {"category": "CORRESP"})
    after = corrected(filed, {"category": "CORRESP"}, SCHEDULE, by="佐藤", reason="", confirmed=True)
    assert (after.flags, after.confidence, after.evidence[0].rule) == ((), 1.0, "person:佐藤")
    assert not confirms(after, {"category": "CORRESP"})


@pytest.mark.parametrize("changes", [{"category": "CONTRACT"}, {"category": "CORRESP", "title": "x"}, {"title": "x"}, {}])
def test_another_category_or_more_than_it_is_no_confirmation(changes: dict[str, str | None]) -> None:
    assert not confirms(letter(category="CORRESP"), changes)
    assert not confirms(letter(), {"category": UNCLASSIFIED})


@pytest.mark.parametrize("name", ["date", "completed"])
def test_a_day_that_a_person_enters_settles_the_note_that_there_was_none(name: str) -> None:
    undated = letter(date=None, flags=(review.NO_DATE, review.NO_TITLE))
    assert not letter(date=None, flags=(review.NO_DATE,)).needs_review
    assert decide(undated, **{name: "2024-05-01"}).flags == (review.NO_TITLE,)
    assert decide(undated, title="件名").flags == (review.NO_DATE,)
    assert corrected(undated, {}, SCHEDULE, by="佐藤", reason="", confirmed=True).flags == (review.NO_DATE,)
