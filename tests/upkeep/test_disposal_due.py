"""Which records may be disposed of by the end of a fiscal year, and which a hold still keeps."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, TAX, two_sections
from kept_records import Shelf, shelf

from scanpipe import config
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.upkeep.deciding.holds import due

TODAY, LAST = date(2026, 11, 22), date(2027, 3, 31)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return two_sections(tmp_path / "site")


def found(settings: Settings, last: date = LAST, department: str | None = None) -> dict[str, Any]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return due(reader, settings, last, TODAY, department)
    finally:
        reader.close()


def numbers(rows: list[dict[str, Any]]) -> list[str]:
    return [one["number"] for one in rows]


def stock(kept: Shelf) -> dict[str, str]:
    return {
        "over": kept.record(GENERAL, "CORRESP", date(2021, 6, 1)),  # to 2025-03-31
        "this year": kept.record(GENERAL, "CORRESP", date(2022, 4, 1)),  # to 2026-03-31
        "next year": kept.record(GENERAL, "CORRESP", date(2023, 4, 1)),  # to 2027-03-31: may go on 1 April
        "no event": kept.record(GENERAL, "CONTRACT", date(2000, 4, 1)),
        "for ever": kept.record(GENERAL, "CORRESP", date(2000, 4, 1), extended=date(2090, 3, 31)),
        "done": kept.record(TAX, "TEMP", date(2026, 11, 1)),
        "unclassified": kept.record(TAX, "unclassified", date(1990, 4, 1)),
        "voucher": kept.record(TAX, "ACCOUNT", date(2021, 5, 20), accounting_year=2020),  # to 2026-03-31, by its accounting year
    }


def test_only_records_whose_period_is_over_by_then_are_due_and_unclassified_ones_never(settings: Settings) -> None:
    with shelf(settings) as kept:
        have = stock(kept)
    list_of = found(settings)
    assert numbers(list_of["due"]) == [have[name] for name in ("over", "this year", "done", "voucher")]
    assert list_of["blocked"] == []
    first = list_of["due"][0]
    assert (first["department"], first["retention"]["expires"], first["disposable_from"], first["retention"]["disposition"]) == (
        GENERAL, "2025-03-31", "2025-04-01", "dispose",
    )  # fmt: skip
    assert have["next year"] in numbers(found(settings, date(2028, 3, 31))["due"])
    assert have["next year"] in numbers(found(settings, date(2027, 4, 1))["due"])  # to the day
    assert numbers(found(settings, department=TAX)["due"]) == [have["done"], have["voucher"]]


def test_held_records_are_shown_apart_with_the_reason_until_the_latest_end(settings: Settings) -> None:
    with shelf(settings) as kept:
        have = stock(kept)
        kept.hold(have["over"], have["next year"], until=date(2026, 6, 30))
        kept.hold(have["over"], kind="litigation", reason="訴訟", reference="(ワ)第5号", until=date(2027, 9, 30))
        kept.hold(have["this year"], until=date(2026, 3, 31))  # not longer than the period itself
        kept.hold(have["done"], kind="disclosure", reason="開示請求", reference="情公第3号")
        kept.hold(have["voucher"], until=date(2026, 8, 31))
    list_of = found(settings)
    assert {one["number"]: one["disposable_from"] for one in list_of["due"]} == {have["this year"]: "2026-04-01", have["voucher"]: "2026-09-01"}
    assert [(one["number"], one["disposable_from"], [hold["reason"] for hold in one["retention"]["holds"]]) for one in list_of["blocked"]] == [
        (have["over"], "2027-10-01", ["会計検査", "訴訟"]),
        (have["done"], None, ["開示請求"]),
    ]


def test_a_standing_hold_keeps_what_matches_it(settings: Settings) -> None:
    from scanpipe.core.disposing.holds import Standing

    with shelf(settings) as kept:
        have = stock(kept)
        kept.hold(standing=Standing(department=GENERAL, fiscal_year=2021))
    list_of = found(settings)
    assert numbers(list_of["blocked"]) == [have["over"]]
    assert numbers(list_of["due"]) == [have["this year"], have["done"], have["voucher"]]


def test_the_section_that_took_over_answers_for_the_records(settings: Settings) -> None:
    with shelf(settings) as kept:
        have = stock(kept)
    sections = settings.file.with_name("departments.toml")
    text = sections.read_text("utf-8").replace('code = "0103"', 'code = "0103"\nvalid_to = 2026-03-31\nsuccessor = "0101"', 1)
    sections.write_text(text, "utf-8")
    reorganised = config.load(settings.file)
    (voucher,) = (one for one in found(reorganised, department=GENERAL)["due"] if one["number"] == have["voucher"])
    assert (voucher["department"], voucher["section_of_origin"]) == (GENERAL, TAX)
    assert found(reorganised, department=TAX) == {"due": [], "blocked": []}
