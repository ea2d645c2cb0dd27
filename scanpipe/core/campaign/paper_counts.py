"""What is known of paper that was printed: rows of purchases, counters and estimates, and how many A4 sheets each stands for (domain §5).

Raw counts are kept and sheets derived from them, so that a factor which turns out otherwise changes every figure made from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final

from scanpipe.core.campaign.devices import Device
from scanpipe.core.dates import fiscal_year
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

WHOLE: Final = "*"  # in place of a section: the whole city, where paper is bought in one place
SIZES: Final = ("A4", "A3", "B4", "B5", "A5")


class Source(StrEnum):
    """Where a figure comes from, the best first. One of them counts for a section and month; they are never summed."""

    PURCHASE = "purchase"  # bought or issued: printers and both sides are in it
    COUNTER = "counter"  # clicks of devices
    ESTIMATE = "estimate"


class Unit(StrEnum):
    """What was counted. A counter counts sides: a sheet printed on both is two."""

    SHEET = "sheet"
    SIDE = "side"
    REAM = "ream"
    BOX = "box"


class BadRow(UsageError):
    """A row that nothing can be made of."""


BAD_MONTH: Final = N_("{month} is not a month. Write it like 2025-04.")
BAD_QUANTITY: Final = N_("{quantity} is not a quantity of paper. Write a number of 0 or more.")
BAD_SIZE: Final = N_("{size} is not a paper size that is known. Write one of: {sizes}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """One figure as the office has it.

    month: YYYY-MM. department: code, or WHOLE. duplex: share 0-1 of the sides that are two on a sheet, None = as the device says.
    device: id in the device register, "" = not said. line: of the file it was read from, from 1; 0 = entered by hand.
    """

    month: str
    department: str
    source: Source
    unit: Unit
    quantity: float
    size: str = "A4"
    duplex: float | None = None
    device: str = ""
    note: str = ""
    line: int = 0

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a later import of the same figure replaces."""
        return self.month, self.department, self.source.value, self.device

    @property
    def day(self) -> date:
        """The first of its month."""
        return first_day(self.month)

    @property
    def fiscal_year(self) -> int:
        return fiscal_year(self.day)


def first_day(month: str) -> date:
    """The first day of YYYY-MM. Raises BadRow."""
    try:
        if len(month) != 7:
            raise ValueError
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        raise BadRow(BAD_MONTH, month=month) from None


def check(row: PaperRow) -> None:
    """Raises BadRow unless the row can be counted."""
    first_day(row.month)
    if not 0 <= row.quantity < 1e12:
        raise BadRow(BAD_QUANTITY, quantity=row.quantity)
    if row.size not in SIZES:
        raise BadRow(BAD_SIZE, size=row.size, sizes=", ".join(SIZES))
    if row.duplex is not None and not 0 <= row.duplex <= 1:
        raise BadRow(BAD_QUANTITY, quantity=row.duplex)


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """What of a section decides where its figures count. valid_to: its last day. base_sheets: A4 sheets a year of the base year, None = not known."""

    code: str
    valid_to: date | None = None
    successor: str | None = None
    base_sheets: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the configuration says of ledger A. factors: by name ([metrics]). confirmed: names of factors that this body has checked.

    base_year: fiscal year to compare with, None = none chosen. staff_ratio: staff now ÷ staff of the base year. hide_below: base in sheets under which
    a rate says nothing.
    """

    factors: Mapping[str, float]
    confirmed: tuple[str, ...] = ()
    base_year: int | None = None
    staff_ratio: float = 1.0
    hide_below: float = 1000.0
    divisions: tuple[Division, ...] = ()

    def unconfirmed(self, names: frozenset[str]) -> tuple[str, ...]:
        """Those of these factors because of which a figure carries 仮."""
        return tuple(sorted(names - set(self.confirmed)))


@dataclass(frozen=True, slots=True)
class Sheets:
    """A4 sheets, and the factors they were made from."""

    count: float = 0.0
    made_from: frozenset[str] = frozenset()

    def __add__(self, other: "Sheets") -> "Sheets":
        return Sheets(self.count + other.count, self.made_from | other.made_from)


def sheets_of(row: PaperRow, terms: Terms, device: Device | None = None) -> Sheets:
    """The A4 sheets that this row stands for. device: that which it names, None where it names none that is known.

    sheets = sides x (1 - d / 2) with d the duplex share; a box or ream of another size by the area of its sheets.
    """
    if row.unit is Unit.SIDE:
        return _of_sides(row, terms, device)
    names = _factors(row.unit, row.size)
    count = row.quantity
    for name in names:
        count *= terms.factors[name]
    return Sheets(count, frozenset(names))


@cache
def _factors(unit: Unit, size: str) -> tuple[str, ...]:
    return {Unit.SHEET: (), Unit.REAM: ("sheets_per_ream",), Unit.BOX: (_box(size),)}[unit] + _size(size)


def _box(size: str) -> str:
    return "sheets_per_a3_box" if size == "A3" else "sheets_per_box"


def _size(size: str) -> tuple[str, ...]:
    return () if size == "A4" else (f"{size.lower()}_sheets",)


def _of_sides(row: PaperRow, terms: Terms, device: Device | None) -> Sheets:
    count, names = row.quantity, set[str]()
    share, clicks = (device.a3_share, device.a3_counts) if device else (0.0, 1)
    if row.size == "A3":
        share = 1.0
    elif row.size != "A4":
        names |= set(_size(row.size))
        count *= terms.factors[_size(row.size)[0]]
    if share:  # of A3 sides the contract counts one click or two
        names.add("a3_sheets")
        count *= 1 - share + share * terms.factors["a3_sheets"] / clicks
    duplex = row.duplex if row.duplex is not None else device.duplex if device else None
    if duplex is None:
        names.add("duplex_share")
        duplex = terms.factors["duplex_share"]
    return Sheets(count * (1 - duplex / 2), frozenset(names))
