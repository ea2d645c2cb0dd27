"""The campaign at the size of a large city: python tests/bench/bench_campaign.py [--records 2000000] [--years 10] [--sections 110]

A catalogue is written directly, as if so many records had been filed over ten years: deliveries, accessions, what waits to be checked, marks and tallies of ledger
B with their events, ledger A by month and section, cabinets, a campaign with targets, indicators. Measured: the data of the dashboard, cold, and the
recomputation of ledger B from the log, whose result must be the tallies that stood before.
"""

import argparse
import gc
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from figures import Row, Target, show

from scanpipe import config
from scanpipe.catalogue.database import transaction
from scanpipe.catalogue.paper_ledger import Brought
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.campaign.indicators import KINDS, Figure
from scanpipe.core.campaign.paper_counts import PaperRow, Source, Unit
from scanpipe.core.serial import as_json
from scanpipe.upkeep.campaign import cabinets, campaigns, indicators
from scanpipe.upkeep.campaign.figures import figures
from scanpipe.upkeep.campaign.ledger_a import terms_of
from scanpipe.upkeep.machine import site

DASHBOARD, FOLD = Target(most=200.0), Target(most=60.0)
CATEGORIES = ("ACCOUNT", "CONTRACT", "CORRESP", "SUBSIDY", "SERVICE", "TAX")
LAST = date(2026, 11, 20)


def rows(records: int = 2_000_000, years: int = 10, sections: int = 110) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as temporary:
        settings = _site(Path(temporary), sections)
        catalogue = _catalogue(settings)  # one for all: the journal has none of the events that are written past it
        try:
            _fill(catalogue, settings, records, years)
            size = settings.layout.catalogue_db.stat().st_size / 1e9
            note = f"{records:,} records, {years} years, {sections} sections, catalogue {size:.1f} GB"
            gc.freeze()  # as the web process does when it begins
            times = [_dashboard(settings) for _ in range(5)]
            yield Row(
                what="data of the campaign's dashboard, each time from the tables", figure=statistics.median(times), unit="ms", target=DASHBOARD, note=note
            )
            yield Row(
                what="ledger B recomputed from the log",
                figure=_recounted(catalogue),
                unit="s",
                target=FOLD,
                note="all sums made anew and compared with those that stand",
            )
        finally:
            catalogue.close()


def _site(folder: Path, sections: int) -> Settings:
    listed = folder / "sections.csv"
    listed.write_text("code,name,staff\n" + "".join(f"{1000 + n},第{n}課,18\n" for n in range(sections)), "utf-8")
    file = site.init(folder / "site", departments_csv=listed)
    file.write_text(file.read_text("utf-8").replace("# base_year = 2022", f"base_year = {LAST.year - 9}"), "utf-8")
    return config.load(file)


def _dashboard(settings: Settings) -> float:
    """Milliseconds from opening the catalogue to all figures of the current year."""
    began = time.perf_counter()
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        found = figures(reader, settings, LAST, fiscal_year=LAST.year)
    finally:
        reader.close()
    assert found.campaign and found.city.ledger_a.saved and found.city.ledger_b.digitised and found.indicators
    return (time.perf_counter() - began) * 1000


def _recounted(catalogue: Catalogue) -> float:
    before = _tallies(catalogue)
    began = time.perf_counter()
    changed = catalogue.sheets_counted_again()
    took = time.perf_counter() - began
    assert not changed and _tallies(catalogue) == before
    return took


def _tallies(catalogue: Catalogue) -> list[Any]:
    return [tuple(row) for row in catalogue.db.conn.execute("SELECT * FROM tally_month ORDER BY month, department")]


def _catalogue(settings: Settings) -> Catalogue:
    layout = settings.layout
    layout.catalogue_db.parent.mkdir(parents=True, exist_ok=True)
    layout.journal.mkdir(parents=True, exist_ok=True)
    return Catalogue(layout.catalogue_db, layout.journal, lambda: datetime.now(UTC), lambda _path: None)


# --- what ten years leave behind ---


def _fill(catalogue: Catalogue, settings: Settings, records: int, years: int) -> None:
    _enter(catalogue, settings, years)
    catalogue.db.execute("PRAGMA synchronous = 0")
    with transaction(catalogue.db):
        _records(catalogue, settings, records, years)
    catalogue.sheets_counted_again()
    catalogue.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    catalogue.db.execute("PRAGMA synchronous = 2")


def _ask(catalogue: Catalogue, settings: Settings, decide: Any, day: date, who: str = "佐藤", **wants: Any) -> None:
    at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    decide(Wish(id=f"w{catalogue.journal.seq:09d}", at=at, who=who, verb="x", wants=wants), catalogue, settings)


def _months(years: int) -> list[str]:
    first = LAST.year - years + 1
    return [name for year in range(first, LAST.year + 1) for n in range(12) if (name := f"{year + (n > 8)}-{(n + 3) % 12 + 1:02d}") <= f"{LAST:%Y-%m}"]


def _enter(catalogue: Catalogue, settings: Settings, years: int) -> None:
    chosen, codes = random.Random(5), [one.code for one in settings.departments]
    months = _months(years)
    for year in range(years):
        rows = [
            PaperRow(month=month, department=code, source=Source.PURCHASE, unit=Unit.BOX, quantity=float(chosen.randint(1, 9)))
            for month in months[year * 12 : year * 12 + 12]
            for code in codes
        ]
        catalogue.paper_brought(Brought(id=f"p{year}", by="佐藤", name=f"{year}.csv", sha256=f"{year:064x}"), rows, terms_of(settings))
    begun = date(LAST.year, 4, 1)
    held = [{"id": f"{code}-{n:02d}", "department": code, "fm": 3.5} for code in codes for n in range(20)]
    _ask(catalogue, settings, cabinets.enter, begun, cabinets=held)
    for week in range(1, 30):
        ids = [one["id"] for one in held if chosen.random() < 0.02]
        held = [one for one in held if one["id"] not in ids]
        if ids:
            _ask(catalogue, settings, cabinets.empty, begun + timedelta(weeks=week), ids=ids)
            _ask(catalogue, settings, cabinets.sign_off, begun + timedelta(weeks=week), "山本", ids=ids)
    _ask(catalogue, settings, campaigns.begin, begun, name="一年", **{"from": begun.isoformat(), "to": f"{LAST.year + 1}-03-31"})
    for code in ("", *codes):
        _ask(catalogue, settings, campaigns.set_target, begun, department=code, rate=0.3, fm=0.0, scans_week=50)
    told = [
        Figure(month=month, kind=kind, department=code, value=0.5)
        for month in months
        for kind in KINDS
        for code in ("", *codes[: 20 if kind == "paperless_meetings" else 0])
    ]
    _ask(catalogue, settings, indicators.take_in, begun, figures=[as_json(one) for one in told], name="x.csv", sha256="0" * 64)


def _records(catalogue: Catalogue, settings: Settings, records: int, years: int) -> None:
    chosen, codes = random.Random(7), [one.code for one in settings.departments]
    days = [date(LAST.year - years + 1, 4, 1) + timedelta(days=n) for n in range((LAST - date(LAST.year - years + 1, 4, 1)).days + 1)]
    days = [day for day in days if day.weekday() < 5]
    seq, db = catalogue.journal.seq, catalogue.db.conn
    waiting = records // 1000
    batch = 50_000
    for first in range(0, records, batch):
        several = range(first, min(first + batch, records))
        facts = [
            (
                f"01J{n:023d}",
                n,
                days[n * len(days) // records],
                chosen.choice(codes),
                chosen.choice(CATEGORIES),
                float(chosen.randint(1, 20)),
                n >= records - waiting,
            )
            for n in several
        ]
        db.executemany(
            "INSERT INTO delivery (id, key, department, name, sha256, bytes, received, outcome, own_scan) VALUES (?, ?, ?, 'scan.pdf', ?, 1, ?, 'accession', 1)",
            [(id, id, code, f"{n:064x}", f"{day}T09:00:00+09:00") for id, n, day, code, _c, _s, _w in facts],
        )
        db.executemany(_ACCESSION, [(id, n + 1, f"{day.year}-{n:07d}", code, f"{n:064x}", f"{day}T09:00:00+09:00") for id, n, day, code, _c, _s, _w in facts])
        db.executemany(
            "INSERT INTO event (seq, at, kind, accession_id, actor, data, prev, hash) VALUES (?, ?, 'accounted', ?, 'scanpipe', ?, '', '')",
            [(seq + n + 1, f"{day}T09:01:00+09:00", id, _credit(day, code, category, sheets)) for id, n, day, code, category, sheets, _w in facts],
        )
        db.executemany(_DESCRIPTION, [(id, category, day.isoformat(), day.year) for id, _n, day, _c, category, _s, waits in facts if waits])


def _credit(day: date, department: str, category: str, sheets: float) -> str:
    year = day.year if day.month >= 4 else day.year - 1
    return json.dumps({"day": day.isoformat(), "fiscal_year": year, "department": department, "category": category, "digitised": sheets})


_ACCESSION = (
    "INSERT INTO accession (id, serial, number, fiscal_year, department, name, sha256, bytes, media_type, received, declared, state)"
    " VALUES (?, ?, ?, 2026, ?, 'scan.pdf', ?, 1, 'application/pdf', ?, '{}', 'accounted')"
)
_DESCRIPTION = (
    "INSERT INTO description (accession_id, category, confidence, completed, fiscal_year, pages, blank_pages, sides, sheets, a4_sheets, sizes, needs_review, proof_only, fact)"
    " VALUES (?, ?, 0.5, ?, ?, 1, 0, 2, 2, 2.0, json_object('A4', 2), 1, 0, '{}')"
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=2_000_000)
    options.add_argument("--years", type=int, default=10)
    options.add_argument("--sections", type=int, default=110)
    chosen = options.parse_args()
    show(list(rows(chosen.records, chosen.years, chosen.sections)))


if __name__ == "__main__":
    main()
