"""An office with figures of every kind, entered without scanning: paper against a base year, records, cabinets, a campaign with targets, indicators."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from custody import GENERAL, TAX, two_sections
from kept_records import Shelf, shelf

from scanpipe import config
from scanpipe.catalogue.paper_ledger import Brought
from scanpipe.catalogue.requests import Wish
from scanpipe.config import Settings
from scanpipe.core.campaign.indicators import Figure
from scanpipe.core.campaign.paper_counts import PaperRow, Source, Unit
from scanpipe.core.serial import as_json
from scanpipe.upkeep.campaign import cabinets, campaigns, indicators
from scanpipe.upkeep.campaign.ledger_a import terms_of

YEAR, BASE = 2026, 2025
DAY: Final = date(2026, 10, 31)
Rows = tuple[tuple[str, str, Unit, float], ...]


def months(year: int, count: int = 12) -> list[str]:
    """The first so many months of a fiscal year."""
    return [f"{year if n < 9 else year + 1}-{(n + 3) % 12 + 1:02d}" for n in range(count)]


def site_with(folder: Path, *, base_year: int = BASE, staff: int = 20, **keys: Any) -> Settings:
    """Two sections with staff, and a base year."""
    settings = two_sections(folder, language="en", **keys)
    text = settings.file.read_text("utf-8")
    assert "# base_year = 2022" in text
    settings.file.write_text(text.replace("# base_year = 2022", f"base_year = {base_year}"), "utf-8")
    sections = settings.file.with_name("departments.toml")
    plain = re.sub(r"(?m)^staff = .*\n", "", sections.read_text("utf-8"))
    sections.write_text(re.sub(r"(?m)^(code = .*)$", rf"\1\nstaff = {staff}", plain), "utf-8")
    return config.load(settings.file)


def ask(kept: Shelf, decide: Any, day: date = date(2026, 4, 1), who: str = "佐藤", **wants: Any) -> Mapping[str, Any]:
    """What the daemon answers to a wish."""
    wish = Wish(id=f"{kept.catalogue.journal.seq:06d}", at=datetime(day.year, day.month, day.day, 3, tzinfo=UTC), who=who, verb="x", wants=wants)
    answer: Mapping[str, Any] = decide(wish, kept.catalogue, kept.settings)
    return answer


def bring(kept: Shelf, rows: Rows) -> None:
    """Paper bought: (month, section, unit, quantity)."""
    brought = [PaperRow(month=month, department=section, source=Source.PURCHASE, unit=unit, quantity=quantity) for month, section, unit, quantity in rows]
    id = f"p{kept.catalogue.journal.seq}"
    kept.catalogue.paper_brought(Brought(id=id, by="佐藤", name="購入.csv", sha256=id), brought, terms_of(kept.settings))


def report(kept: Shelf, *figures: Figure) -> None:
    """Indicators, as if from a list."""
    ask(kept, indicators.take_in, figures=[as_json(one) for one in figures], name="指標.csv", sha256="0" * 64)


def fill(kept: Shelf) -> None:
    """GENERAL saves 3,200.5 of 10,000 sheets a month; TAX is too small for a rate. Records, cabinets, a campaign, e-approvals."""
    bring(kept, tuple((month, section, Unit.SHEET, sheets) for month in months(BASE) for section, sheets in ((GENERAL, 10_000.0), (TAX, 100.0))))
    bring(kept, tuple((month, section, Unit.SHEET, sheets) for month in months(YEAR, 6) for section, sheets in ((GENERAL, 6_799.5), (TAX, 130.0))))
    for section in (GENERAL, GENERAL, TAX):
        kept.record(section, "CORRESP", date(2026, 2, 1))
    ask(kept, cabinets.enter, cabinets=[{"id": "A-1", "department": GENERAL, "fm": 9.25}, {"id": "A-2", "department": GENERAL, "fm": 4.0}])
    ask(kept, cabinets.enter, cabinets=[{"id": "B-1", "department": TAX}])
    ask(kept, cabinets.empty, date(2026, 6, 1), ids=["A-2"])
    ask(kept, cabinets.sign_off, date(2026, 6, 2), "山本", ids=["A-2"])
    ask(kept, campaigns.begin, name="紙を減らす一年", **{"from": "2026-04-01", "to": "2027-03-31"})
    ask(kept, campaigns.set_target, department="", rate=0.3)
    ask(kept, campaigns.set_target, department=GENERAL, rate=0.4, fm=0.0)
    ask(kept, campaigns.advise, date(2026, 5, 2), department=TAX, text="両面印刷を勧めた")
    report(
        kept,
        Figure(month="2026-04", kind="e_approval", department="", value=94_840 / 152_000, numerator=94_840, denominator=152_000, source="文書管理システム"),
    )


def office(folder: Path, **keys: Any) -> Settings:
    """The whole of it."""
    settings = site_with(folder, **keys)
    with shelf(settings) as kept:
        fill(kept)
    return settings
