"""A changed schedule accepted at the page: seen before, shortened only with a reason, and only what the person may see."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from answering import answering
from custody import GENERAL, TAX, two_sections
from kept_records import shelf
from retention_desk import Desk, add_people, desk_of

from scanpipe import config
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings

CHANGES = "/retention/schedule/changes"
LETTER, BILL, SECRET = (f"2026-00000{n}" for n in range(1, 4))
DAY = date(2026, 2, 1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The letter would be kept longer now, the bill less long, the restricted one longer."""
    settings = two_sections(tmp_path / "site", language="en")
    with shelf(settings) as kept:
        kept.record(GENERAL, "CORRESP", DAY, title="往復葉書")
        kept.record(TAX, "ACCOUNT", DAY, title="請求書", accounting_year=2025)
        kept.record(GENERAL, "WELFARE", DAY, event=DAY, title="保護申請書", restricted=True)
    file = settings.file.with_name("retention.toml")
    text = file.read_text("utf-8")
    for code, period in (("CORRESP", 10), ("ACCOUNT", 1), ("WELFARE", 30)):
        head, tail = text.split(f'code = "{code}"', 1)
        text = f'{head}code = "{code}"{re.sub("period = [0-9]+", f"period = {period}", tail, count=1)}'
    file.write_text(text, "utf-8")
    settings = config.load(settings.file)
    add_people(settings)
    return settings


@pytest.fixture
def room(settings: Settings) -> Iterator[Desk]:
    with answering(settings), desk_of(settings) as made:
        yield made


def periods(settings: Settings) -> dict[str, object]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return {number: reader.record(number)["retention"]["period"] for number in (LETTER, BILL, SECRET)}
    finally:
        reader.close()


def accepted(room: Desk, page: str) -> str:
    """The preview's form, sent."""
    said = dict(re.findall(r'name="(category|shorten|reason|schedule|accepted)" value="([^"]*)"', page))
    return room.done(CHANGES, **said)


def test_what_is_kept_longer_is_accepted_after_a_look_and_the_rest_only_with_a_reason(room: Desk, settings: Settings) -> None:
    before = periods(settings)
    told = room.sit("kato").client.get("/api/v1/schedule/changes?category=ACCOUNT").json()
    assert told["counts"]["CORRESP"] == {"longer": 1} and [(one["number"], one["effect"]) for one in told["records"]] == [(BILL, "shorter")]
    page = room.get(f"{CHANGES}/accept")
    assert (
        LETTER in page
        and SECRET in page
        and BILL not in page
        and "2 records will be kept as the schedule says now." in page
        and "These stay as they are" in page
    )
    assert periods(settings) == before  # a look changes nothing
    assert "2 records are now kept as the schedule says." in accepted(room, page)
    assert periods(settings) == {**before, LETTER: 10, SECRET: 30}

    answer = room.client.get(f"{CHANGES}/accept?shorten=1")
    assert answer.status_code == 409 and "Say why records may be kept less long" in answer.text
    page = room.get(f"{CHANGES}/accept?shorten=1&reason=規程改正&category=ACCOUNT")
    assert BILL in page and "may fall due for disposal at once" in page
    accepted(room, page)
    assert periods(settings) == {LETTER: 10, BILL: 1, SECRET: 30}
    assert "Every record is kept as the schedule says." in room.get(CHANGES)


def test_nobody_accepts_what_they_may_not_see_or_have_not_seen(room: Desk, settings: Settings) -> None:
    before = periods(settings)
    page = room.sit("ito").get(f"{CHANGES}/accept")  # without a grant
    assert SECRET not in page and "1 record will be kept" in page
    said = dict(re.findall(r'name="(schedule|accepted)" value="([^"]*)"', page))
    assert "See once more" in room.refused(CHANGES, schedule=said["schedule"], accepted="2")
    assert "See once more" in room.refused(CHANGES, schedule="0" * 64, accepted=said["accepted"])
    assert periods(settings) == before
    accepted(room, page)
    assert periods(settings) == {**before, LETTER: 10}
