"""Binders (簿冊, 行政文書ファイル): the records of one section, year and category, kept and disposed of together; what the register says of one (domain §2.1, 2.6)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from scanpipe.core.disposing.holds import Hold
from scanpipe.core.model import Retention
from scanpipe.core.retention import compared, longest


@dataclass(frozen=True, slots=True, kw_only=True)
class Binder:
    """One binder. department, category: codes. year: of completion; under the rules of the accounting year that one; the calendar year where calendar.

    calendar: its records' periods begin by the calendar year. category_name: as the records have it, None if they do not say.
    """

    department: str
    year: int
    calendar: bool
    category: str
    category_name: str | None

    @property
    def id(self) -> str:
        """`2025-0101-CONTRACT`; `2025c-…` for a calendar year. The same as long as section, year and category are."""
        return f"{self.year}{'c' if self.calendar else ''}-{self.department}-{self.category}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One record in a binder. sheets: of its paper, >= 0. extended: the end of its period was moved by a person. path: in the cabinet, None = not shown there."""

    number: str
    retention: Retention
    sheets: int
    born_digital: bool
    extended: bool = False
    restricted: bool = False
    path: str | None = None
    holds: tuple[Hold, ...] = ()

    @property
    def paper_sheets(self) -> int:
        """Sheets that stand in the binder: a record that was born digital has none."""
        return 0 if self.born_digital else self.sheets


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What all records of a binder, or of one of its volumes, come to.

    retention: the one that reaches furthest, since a binder is kept together (domain §2.3: the latest document, the longest period). years: whole years from
    start to end, extension included; None where the end is open or they are not whole. shorter: records whose own period ends before.
    extended: whether an extension moved the end. paper: whether any came on paper. holds: on any of its records, each once.
    """

    retention: Retention
    years: int | None
    records: int
    sheets: int
    shorter: int
    extended: bool
    paper: bool
    restricted: bool
    path: str | None
    holds: tuple[Hold, ...]


def volumes(sheets: Iterable[int], most: int) -> list[int]:
    """The volume (分冊), from 1, of each record, in the order in which the records came into their binder. sheets: of the paper of each, >= 0.

    A volume is closed when the next record's paper would make it thicker than `most` sheets: what comes later never moves what is there.
    A record is never divided, so one of more sheets is a volume by itself; one without paper goes with the one before.
    """
    numbers: list[int] = []
    volume, filled = 1, 0
    for count in sheets:
        if filled and count and filled + count > most:
            volume, filled = volume + 1, 0
        filled += count
        numbers.append(volume)
    return numbers


def by_volume(members: Sequence[Member], most: int) -> list[Summary]:
    """What each volume of a binder comes to, the first first; one for a binder that is not divided. members: as they came into it.

    All volumes are kept as long as the binder as a whole. Raises ValueError for no members.
    """
    whole = summary(members)
    numbers = volumes((member.paper_sheets for member in members), most)
    parts = [[member for member, number in zip(members, numbers, strict=True) if number == volume] for volume in range(1, numbers[-1] + 1)]
    return [replace(summary(part, whole.retention), extended=whole.extended) for part in parts] if len(parts) > 1 else [whole]


def summary(members: Sequence[Member], of_binder: Retention | None = None) -> Summary:
    """of_binder: the retention of all of it, where these are the records of one volume. Raises ValueError for no members."""
    kept = of_binder or longest(member.retention for member in members)
    return Summary(
        retention=kept,
        years=whole_years(kept),
        records=len(members),
        sheets=sum(member.sheets for member in members),
        shorter=sum(compared(member.retention, kept) < 0 for member in members),
        extended=any(member.extended and compared(member.retention, kept) == 0 for member in members),
        paper=any(not member.born_digital for member in members),
        restricted=any(member.restricted for member in members),
        path=next((member.path for member in reversed(members) if member.path), None),
        holds=tuple({hold.id: hold for member in members for hold in member.holds}.values()),
    )


def whole_years(retention: Retention) -> int | None:
    """Years from start to end; None while either is open, and where the end is not on an anniversary of the start."""
    if retention.starts is None or retention.expires is None or retention.expires == date.max:
        return None
    after = retention.expires + timedelta(days=1)
    years = after.year - retention.starts.year
    leap_start = (retention.starts.month, retention.starts.day) == (2, 29) and (after.month, after.day) == (3, 1)
    return years if leap_start or (after.month, after.day) == (retention.starts.month, retention.starts.day) else None


def head_of(section: str) -> str:
    """The office title of who answers for a section: 総務課 -> 総務課長, 監理課(契約) -> 監理課長(契約)."""
    return re.sub(r"(?=[(（])|$", "長", section, count=1)
