"""A changed schedule for records that are kept already: what a person may accept, and what becomes of each record."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, two_sections
from kept_records import Shelf, shelf

from scanpipe import config
from scanpipe.catalogue.journal import read
from scanpipe.catalogue.requests import Wish
from scanpipe.config import Settings
from scanpipe.core.model import Description
from scanpipe.errors import UsageError
from scanpipe.upkeep.deciding import rulings
from scanpipe.upkeep.deciding.decisions import correct
from scanpipe.upkeep.schedule.schedule_acceptance import accept

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
LETTER, VOUCHER, BYLAW, GONE, EXTENDED = (f"2026-{n:06}" for n in range(1, 6))
KEPT = {LETTER: "2029-03-31", VOUCHER: "2031-03-31", BYLAW: "2056-03-31", GONE: "2031-03-31", EXTENDED: "2040-03-31"}


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Shelf]:
    """Five records, after which the schedule says: letters 1 year (3), vouchers 10 (5), bylaws are destroyed (transferred), DISCLOSE is gone."""
    settings = two_sections(tmp_path / "site", language="en")
    with shelf(settings) as kept:
        for category in ("CORRESP", "ACCOUNT", "REG", "DISCLOSE"):
            kept.record(GENERAL, category, date(2025, 6, 1), event=date(2025, 6, 1))
        kept.record(GENERAL, "CORRESP", date(2025, 6, 1), extended=date(2040, 3, 31))
        kept.settings = changed(settings)
        yield kept


def changed(settings: Settings) -> Settings:
    file = settings.file.with_name("retention.toml")
    text = file.read_text("utf-8")
    changes = (("CORRESP", "period = 3", "period = 1"), ("ACCOUNT", "period = 5", "period = 10"), ("REG", '"transfer"', '"dispose"'), ("DISCLOSE", "", ""))
    for code, before, after in changes:
        head, tail = text.split(f'code = "{code}"', 1)
        text = f'{head}code = "{code if before else "OTHER"}"{tail.replace(before, after, 1)}'
    file.write_text(text, "utf-8")
    return config.load(settings.file)


def wish(kept: Shelf, *numbers: str, id: str = "01JA", **wants: Any) -> Wish:
    facts = {"numbers": [*(numbers or KEPT)], "schedule": kept.settings.schedule.digest, "reason": ""}
    return Wish(id=id, at=AT, who="佐藤", verb="accept_schedule", wants=facts | wants)


def facts(kept: Shelf, number: str) -> Description:
    found = kept.catalogue.by_number(number)
    assert found is not None
    return kept.catalogue.description(found[0].id)


def expiries(kept: Shelf) -> dict[str, str]:
    return {number: str(facts(kept, number).retention.expires) for number in KEPT}


def test_what_takes_nothing_away_is_applied_and_the_rest_stays(kept: Shelf) -> None:
    answer = accept(wish(kept), kept.catalogue, kept.settings)
    assert [one["number"] for one in answer["records"]] == [VOUCHER, EXTENDED]  # whose end a person has set
    assert answer["passed"] == [LETTER, BYLAW, GONE]
    assert expiries(kept) == KEPT | {VOUCHER: "2036-03-31"}
    assert facts(kept, BYLAW).retention.disposition == "transfer"


def test_with_a_reason_records_are_kept_less_long_but_never_shorter_than_a_person_extended_them(kept: Shelf) -> None:
    answer = accept(wish(kept, shorten=True, reason="規程の改正"), kept.catalogue, kept.settings)
    assert answer["passed"] == [GONE]
    assert expiries(kept) == KEPT | {LETTER: "2027-03-31", VOUCHER: "2036-03-31"}
    assert (facts(kept, BYLAW).retention.disposition, facts(kept, EXTENDED).retention.period) == ("dispose", "1")
    (correction,) = kept.catalogue.corrections(facts(kept, LETTER).accession_id)
    assert (correction.by, correction.reason, correction.changes) == ("佐藤", "規程の改正", {"period": "1", "expires": "2027-03-31"})


@pytest.mark.parametrize(
    ("wants", "says"), [({"schedule": "0" * 64}, "reload"), ({"shorten": True}, "--reason"), ({"shorten": True, "reason": " "}, "--reason")]
)
def test_another_schedule_than_was_seen_or_no_reason_changes_nothing(kept: Shelf, wants: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        accept(wish(kept, **wants), kept.catalogue, kept.settings)
    assert expiries(kept) == KEPT


def test_a_dry_run_says_what_would_be_and_changes_nothing(kept: Shelf) -> None:
    answer = accept(wish(kept, shorten=True, reason="改正", dry_run=True), kept.catalogue, kept.settings)
    assert [(one["number"], one["after"]["expires"]) for one in answer["records"]][:2] == [(LETTER, "2027-03-31"), (VOUCHER, "2036-03-31")]
    assert expiries(kept) == KEPT


def settle(kept: Shelf) -> None:
    """Every record has been corrected before: what it was then is known without its folder, which these records lack."""
    correct(Wish(id="01J0", at=AT, who="佐藤", verb="correct", wants={"numbers": [*KEPT], "changes": {"sender": "企画課長"}}), kept.catalogue, kept.settings)
    kept.catalogue.db.conn.execute("UPDATE accession SET state = 'accounted'")


def test_a_wish_that_is_answered_twice_is_one_correction_with_the_same_answer(kept: Shelf) -> None:
    settle(kept)
    first = accept(wish(kept, shorten=True, reason="改正"), kept.catalogue, kept.settings)
    assert [kept.catalogue.by_number(LETTER)[1]] == ["described"]  # type: ignore[index]
    assert accept(wish(kept, shorten=True, reason="改正"), kept.catalogue, kept.settings) | {"passed": []} == first | {"passed": []}
    assert [len(kept.catalogue.corrections(facts(kept, number).accession_id)) for number in KEPT] == [2, 2, 2, 1, 2]


def test_a_correction_that_is_answered_twice_is_one_correction_with_the_same_answer(kept: Shelf) -> None:
    settle(kept)
    asked = Wish(id="01JB", at=AT, who="佐藤", verb="correct", wants={"numbers": [LETTER, LETTER, VOUCHER], "changes": {"title": "別の件名"}})
    assert correct(asked, kept.catalogue, kept.settings) == correct(asked, kept.catalogue, kept.settings)
    assert [len(kept.catalogue.corrections(facts(kept, number).accession_id)) for number in (LETTER, VOUCHER)] == [2, 2]


def test_many_records_are_changed_some_at_a_time_each_with_its_own_event(kept: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulings, "_TOGETHER", 2)
    before = kept.catalogue.journal.seq
    correct(Wish(id="01JE", at=AT, who="佐藤", verb="correct", wants={"numbers": [*KEPT], "changes": {"sender": "企画課長"}}), kept.catalogue, kept.settings)
    events = [event for event in read(kept.settings.layout.journal) if event.seq > before]
    assert [(event.kind, event.actor, event.data["correction"]["number"]) for event in events] == [("corrected", "佐藤", 1)] * len(KEPT)
    assert [event.accession_id for event in events] == [facts(kept, number).accession_id for number in KEPT]


def test_a_record_is_not_corrected_twice_in_one_transaction(kept: Shelf) -> None:
    correct(Wish(id="01JF", at=AT, who="佐藤", verb="correct", wants={"numbers": [LETTER], "changes": {"sender": "企画課長"}}), kept.catalogue, kept.settings)
    id = facts(kept, LETTER).accession_id
    (correction,) = kept.catalogue.corrections(id)
    with pytest.raises(ValueError, match="twice"):
        kept.catalogue.corrected_together([(id, correction), (id, correction)])


@pytest.mark.parametrize("number", [LETTER, GONE])
def test_a_new_title_alone_does_not_bring_a_changed_schedule_upon_a_record(kept: Shelf, number: str) -> None:
    correct(Wish(id="01JC", at=AT, who="佐藤", verb="correct", wants={"numbers": [number], "changes": {"title": "別の件名"}}), kept.catalogue, kept.settings)
    assert (facts(kept, number).title, expiries(kept)) == ("別の件名", KEPT)


def test_a_title_with_a_sub_rule_of_its_own_is_kept_by_it(kept: Shelf) -> None:
    correct(Wish(id="01JD", at=AT, who="佐藤", verb="correct", wants={"numbers": [LETTER], "changes": {"title": "事務連絡"}}), kept.catalogue, kept.settings)
    assert expiries(kept) == KEPT | {LETTER: "2027-03-31"}
