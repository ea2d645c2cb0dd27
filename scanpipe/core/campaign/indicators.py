"""Figures that offices report beside their paper: e-approval rate, digitised share, paperless meetings, devices, hours. Never mixed into sheets (domain §5).

Each is kept with its definition and with the source that whoever entered it named.
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from scanpipe.core.schedules.schedule_terms import plain
from scanpipe.i18n import N_

OFFICE: Final = ""  # the whole office, where a section's code would stand
PAPERLESS_FROM: Final = 0.7  # of its meetings: the section counts as one that meets without paper


class Unit(StrEnum):
    SHARE = "share"
    PIECES = "pieces"
    HOURS = "hours"
    YEN = "yen"


@dataclass(frozen=True, slots=True)
class Definition:
    """What an indicator is. name, says: message ids. words: what offices write for it. of_sections: in the office it is the share of sections above PAPERLESS_FROM."""

    name: str
    says: str
    unit: Unit
    words: tuple[str, ...]
    of_sections: bool = False


KINDS: Final[Mapping[str, Definition]] = {
    "e_approval": Definition(
        N_("e-approval rate"), N_("decisions made in the electronic approval system ÷ all decisions"), Unit.SHARE,
        ("電子決裁率", "電子決裁", "電子決裁割合", "文書決裁の電子化率"),
    ),
    "digitised_share": Definition(
        N_("digitised share of documents"), N_("electronic documents ÷ all registered documents"), Unit.SHARE,
        ("文書電子化率", "文書の電子化率", "電子化率", "電子文書の割合", "電子化割合"),
    ),
    "paperless_meetings": Definition(
        N_("paperless meetings"),
        N_("of a section: meetings without paper ÷ all meetings; of the office: sections with 70 percent or more ÷ all sections that reported"), Unit.SHARE,
        ("ペーパーレス会議", "ペーパーレス会議率", "ペーパーレス会議の割合", "会議のペーパーレス化率", "ペーパーレス会議の課の割合"), of_sections=True,
    ),
    "devices_removed": Definition(
        N_("devices removed"), N_("printers, copiers and fax machines given up in the month"), Unit.PIECES,
        ("削減台数", "機器削減台数", "複合機削減台数", "プリンター削減台数", "プリンタ削減台数", "撤去台数", "削減機器台数"),
    ),
    "hours_saved": Definition(
        N_("hours saved"), N_("working hours saved in the month, as the office estimates them"), Unit.HOURS, ("削減時間", "業務削減時間", "時間削減", "効果時間"),
    ),
    "yen_saved": Definition(
        N_("yen saved"), N_("cost saved in the month, as the office estimates it"), Unit.YEN, ("削減額", "経費削減額", "コスト削減額", "削減費用"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One indicator in one month.

    month: 2025-04. department: code, OFFICE for all together. numerator, denominator: counts behind a share, None where only the share was reported.
    value: a share 0-1, pieces, hours or yen.
    """

    month: str
    kind: str
    department: str
    value: float
    numerator: float | None = None
    denominator: float | None = None
    source: str = ""
    note: str = ""

    @property
    def year(self) -> int:
        """The fiscal year of its month."""
        year, month = map(int, self.month.split("-"))
        return year if month >= 4 else year - 1


def kind_of(text: str) -> str | None:
    """The indicator that a cell names, by its key or as offices call it; None if none."""
    said = _short(text)
    for kind, definition in KINDS.items():
        if plain(text).lower() == kind or any(said == _short(word) for word in definition.words):
            return kind
    return None


def _short(text: str) -> str:
    """Without what offices write or leave out: 削減した時間 is 削減時間."""
    return re.sub("の|した|化された", "", plain(text))


# --- what is written in cells ---

NOT_A_NUMBER: Final = N_("{value} is not a number; write for example 94840 or 62.39%")
NOT_A_SHARE: Final = N_("{value} is not a share; write it between 0 % and 100 %, for example 62.39%")
MORE_THAN_ALL: Final = N_("{numerator} of {denominator} is more than all; correct the two numbers")
NO_FIGURE: Final = N_("there is no number; write the share or the two counts behind it")
_NUMBER: Final = re.compile(r"[-+]?[0-9][0-9,]*(?:\.[0-9]+)?")
_UNITS: Final = re.compile("(?:件|台|時間|円|課|回|h|hours|人)$")


class BadFigure(ValueError):
    """A row that cannot be; template (a message id) and facts say why."""

    def __init__(self, template: str, /, **facts: Any) -> None:
        super().__init__(template)
        self.template, self.facts = template, facts


def number(text: str) -> float | None:
    """The number in a cell, 全角 and with its unit too; of 62.39% it is 0.6239. None where the cell is empty. Raises BadFigure."""
    said = _UNITS.sub("", unicodedata.normalize("NFKC", text).strip().replace(" ", ""))
    if said in ("", "-", "ー", "―"):
        return None
    found = _NUMBER.fullmatch(said.removesuffix("%"))
    value = float(found[0].replace(",", "")) if found else math.nan
    if not math.isfinite(value):
        raise BadFigure(NOT_A_NUMBER, value=text.strip())
    return value / 100 if said.endswith("%") else value


def figure(month: str, kind: str, department: str, cells: Mapping[str, str], source: str) -> Figure:
    """One row. cells: numerator, denominator, value, source, note as written. source: where the row names none. Raises BadFigure.

    A share without its % sign is one if it is at most 1, else per cent: 77 is 77 %.
    """
    numbers = {name: number(cells.get(name, "")) for name in ("numerator", "denominator", "value")}
    numerator, denominator, value = (numbers[name] for name in ("numerator", "denominator", "value"))
    if KINDS[kind].unit is Unit.SHARE:
        value = _share(numerator, denominator, value, cells.get("value", ""))
    elif value is None:
        value = numerator
    if value is None:
        raise BadFigure(NO_FIGURE)
    counts = (numerator, denominator) if numerator is not None and denominator is not None else (None, None)
    return Figure(
        month=month, kind=kind, department=department, value=value, numerator=counts[0], denominator=counts[1],
        source=cells.get("source", "").strip() or source, note=cells.get("note", "").strip(),
    )  # fmt: skip


def _share(numerator: float | None, denominator: float | None, value: float | None, written: str) -> float | None:
    if numerator is not None and denominator:
        if not 0 <= numerator <= denominator:
            raise BadFigure(MORE_THAN_ALL, numerator=f"{numerator:,g}", denominator=f"{denominator:,g}")
        return numerator / denominator
    if value is not None and value > 1 and "%" not in unicodedata.normalize("NFKC", written):
        value /= 100
    if value is not None and not 0 <= value <= 1:
        raise BadFigure(NOT_A_SHARE, value=written.strip())
    return value


# --- together ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """An indicator of the office, or of one section, over several months.

    value: a share is made of the counts of all months where they are known, else of the newest month; anything else is their sum. counted: False = the share
    is one that was reported without its counts. months: how many have a figure.
    """

    kind: str
    value: float
    numerator: float | None
    denominator: float | None
    months: int
    counted: bool


def of_office(figures: Iterable[Figure]) -> list[Figure]:
    """One figure of the whole office a month and kind: the one that was reported for it, else made of the sections'. Never both."""
    groups: dict[tuple[str, str], list[Figure]] = defaultdict(list)
    for one in figures:
        groups[one.kind, one.month].append(one)
    return [_office(several) for _key, several in sorted(groups.items())]


def _office(several: list[Figure]) -> Figure:
    own = next((one for one in several if one.department == OFFICE), None)
    if own:
        return own
    first, definition = several[0], KINDS[several[0].kind]
    facts: dict[str, Any] = {
        "month": first.month,
        "kind": first.kind,
        "department": OFFICE,
        "source": "; ".join(sorted({one.source for one in several} - {""})),
    }
    if definition.of_sections:
        above = sum(one.value >= PAPERLESS_FROM for one in several)
        return Figure(**facts, value=above / len(several), numerator=float(above), denominator=float(len(several)))
    if definition.unit is not Unit.SHARE:
        return Figure(**facts, value=sum(one.value for one in several))
    return _counted(facts, several)


def _counted(facts: Mapping[str, Any], several: list[Figure]) -> Figure:
    """A share of several sections: of their counts; where one has none, the mean of the shares, which is all that can be said."""
    counts = [(one.numerator, one.denominator) for one in several if one.numerator is not None and one.denominator]
    if len(counts) < len(several):
        return Figure(**facts, value=sum(one.value for one in several) / len(several))
    numerator, denominator = sum(n for n, _d in counts if n is not None), sum(d for _n, d in counts if d)
    return Figure(**facts, value=numerator / denominator, numerator=numerator, denominator=denominator)


def summed(figures: Iterable[Figure]) -> dict[str, Sum]:
    """Each kind over all these months, which are of one section or of the office."""
    groups: dict[str, list[Figure]] = defaultdict(list)
    for one in sorted(figures, key=lambda each: each.month):
        groups[one.kind].append(one)
    return {kind: _sum(kind, several) for kind, several in groups.items()}


def _sum(kind: str, several: list[Figure]) -> Sum:
    months = len(several)
    if KINDS[kind].unit is not Unit.SHARE:
        return Sum(kind=kind, value=sum(one.value for one in several), numerator=None, denominator=None, months=months, counted=True)
    counts = [(one.numerator, one.denominator) for one in several if one.numerator is not None and one.denominator]
    if len(counts) < months or KINDS[kind].of_sections:
        newest = several[-1]
        return Sum(
            kind=kind, value=newest.value, numerator=newest.numerator, denominator=newest.denominator, months=months, counted=newest.numerator is not None
        )
    numerator, denominator = sum(n for n, _d in counts if n is not None), sum(d for _n, d in counts if d)
    return Sum(kind=kind, value=numerator / denominator, numerator=numerator, denominator=denominator, months=months, counted=True)
