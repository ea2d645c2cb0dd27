"""Key ratios out to other offices and back as files, so that towns can compare without a common server."""

from datetime import date
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from scanpipe.config import Settings
from scanpipe.core.campaign.benchmarks import POPULATION, STAFF, Benchmark, class_of, is_sound, per_head
from scanpipe.core.campaign.campaigns import OFFICE, months_between
from scanpipe.core.serial import as_json, from_text, readable
from scanpipe.errors import Damaged, NotFound, ScanError
from scanpipe.i18n import N_
from scanpipe.upkeep.campaign.cabinets_shown import Shelves, last_day
from scanpipe.upkeep.campaign.campaigns_shown import sections_on

_MOST_BYTES: Final = 100_000

NO_FILE: Final = N_("There is no file {path}. Correct the path.")
NOT_ONE: Final = N_("{path} is no benchmark file of scanpipe, or of a version that is not known here. Ask for a new export: scanpipe campaign export-benchmark")


def own(db: Database, settings: Settings, fiscal_year: int, today: date, population: int = 0) -> Benchmark:
    """Our key ratios of a fiscal year. population: of the city, 0 = not said; only its class is told."""
    day = last_day(fiscal_year, today)
    staff = sum(section.staff for section in sections_on(settings, day))
    shelves = Shelves(db, settings, day)
    base, saved, months = _paper(db, fiscal_year)
    digitised = db.conn.execute("SELECT sum(digitised) FROM tally WHERE fiscal_year = ?", [fiscal_year]).fetchone()[0]
    held = shelves.counts(OFFICE)
    zero = [shelves.reached_zero(code) for code in shelves.of_section]
    return Benchmark(
        fiscal_year=fiscal_year, months=months, population=class_of(population, POPULATION), staff=class_of(staff, STAFF), base_per_head=per_head(base, staff),
        rate=round(saved / base, 3) if base and saved is not None else None, fm_per_head=per_head(held["fm_now"], staff) if held["cabinets"] else None,
        digitised_per_head=per_head(digitised, staff), digitised_months=len(months_between(date(fiscal_year, 4, 1), day)), zero_sections=round(sum(zero) / len(zero), 2) if zero else None,
    )  # fmt: skip


def _paper(db: Database, fiscal_year: int) -> tuple[float | None, float | None, int]:
    """base with the staff ratio, saved, and how many months have both, of ledger A."""
    sql = (
        "SELECT sum(saved + current), sum(saved), count(DISTINCT month) FROM paper_saved_monthly"
        " WHERE fiscal_year = ? AND saved IS NOT NULL AND current IS NOT NULL"
    )
    base, saved, months = db.conn.execute(sql, [fiscal_year]).fetchone()
    return base, saved, months


def written(one: Benchmark) -> bytes:
    """The file."""
    return readable(as_json(one))


def read(path: Path) -> Benchmark:
    """Another office's file. Raises NotFound, ScanError for what is none."""
    try:
        if not path.is_file():
            raise NotFound(NO_FILE, path=path)
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise NotFound(NO_FILE, path=path) from error
    try:
        found = from_text(Benchmark, text) if len(text) <= _MOST_BYTES else None
    except Damaged as error:
        raise ScanError(NOT_ONE, path=path.name) from error
    if found is None or not is_sound(found):
        raise ScanError(NOT_ONE, path=path.name)
    return found
