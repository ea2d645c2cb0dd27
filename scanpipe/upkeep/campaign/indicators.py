"""Indicators that offices report every month, taken in from CSV or Excel and listed: their own panel, never a part of any ledger."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from scanpipe.catalogue.indicators import Import, figures
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.campaign.indicators import KINDS, OFFICE, BadFigure, Figure, figure, kind_of, of_office, summed
from scanpipe.core.campaign.paper_counts import WHOLE, first_day
from scanpipe.core.campaign.paper_words import Calendar, month_of
from scanpipe.core.serial import as_json, from_json
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _, current_language
from scanpipe.upkeep.campaign.office_tables import BadTable, Row, read, section_of

Answer = Mapping[str, Any]
JsonObject = dict[str, Any]

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "month": ("年月", "月", "対象月", "対象年月"),
    "kind": ("指標", "指標名", "項目", "indicator"),
    "department": ("課", "課名", "課コード", "所属", "所属名", "部署"),
    "numerator": ("分子", "電子", "電子決裁件数", "件数", "実施数", "electronic"),
    "denominator": ("分母", "全体", "総数", "決裁件数", "all"),
    "value": ("値", "率", "割合", "数値"),
    "source": ("出典", "根拠", "資料"),
    "note": ("備考", "注記", "メモ"),
}
NO_MONTH: Final = N_("{value} is no month; write for example 2025-04 or R7.4")
NO_KIND: Final = N_("{value} is no indicator; write one of: {kinds}")
TWICE: Final = N_("the same figure stands at {where}, too; leave one of them")
MISSING: Final = N_("the month or the indicator is missing")


@dataclass(frozen=True, slots=True)
class IndicatorList:
    """What a file says. remarks: rows that were left out."""

    figures: tuple[Figure, ...]
    name: str
    sha256: str
    remarks: tuple[str, ...]


def read_list(path: Path, settings: Settings, source: str = "") -> IndicatorList:
    """The figures of a file. source: where they come from, for rows that do not say. Raises NotATable, BadTable with every wrong row."""
    table = read(path, COLUMNS, ("month", "kind"), settings)
    faults: list[str] = []
    found: dict[tuple[str, str, str], tuple[Row, Figure]] = {}
    for row in table.rows:
        try:
            one = _figure(row, settings, source)
        except BadFigure as error:
            faults.append(f"{row.where}: {_(error.template).format(**error.facts)}")
        except UsageError as error:
            faults.append(f"{row.where}: {error}")
        else:
            known = found.setdefault((one.month, one.kind, one.department), (row, one))[0]
            if known is not row:
                faults.append(f"{row.where}: {_(TWICE).format(where=known.where)}")
    if faults:
        raise BadTable(faults)
    remarks = tuple(_("{where}: a row of totals, left out").format(where=place) for place in table.totals)
    return IndicatorList(tuple(one for _row, one in found.values()), path.name, hashlib.sha256(path.read_bytes()).hexdigest(), remarks)


def _figure(row: Row, settings: Settings, source: str) -> Figure:
    if "month" not in row.cells or "kind" not in row.cells:
        raise BadFigure(MISSING)
    month, kind = month_of(row.cells["month"], Calendar()), kind_of(row.cells["kind"])
    if month is None:
        raise BadFigure(NO_MONTH, value=row.cells["month"])
    if kind is None:
        raise BadFigure(NO_KIND, value=row.cells["kind"], kinds=", ".join(_written()))
    return figure(month, kind, _section(row.cells.get("department", ""), month, settings), row.cells, source)


def _written() -> list[str]:
    """The kinds as people write them in their language."""
    return [one.words[0] for one in KINDS.values()] if current_language() == "ja" else list(KINDS)


def _section(written: str, month: str, settings: Settings) -> str:
    """Who answered for it in that month: what was reported before a change of sections stays where it was."""
    code = section_of(written, settings, first_day(month), whole=True) if written else OFFICE
    return OFFICE if code == WHOLE else code


def take_in(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{name, sha256, figures, dry_run}: new figures are entered, other ones supersede what stands; the same ones change nothing."""
    wanted = [from_json(Figure, one) for one in wish.wants["figures"]]
    standing = {(one.month, one.kind, one.department): one for one in figures(catalogue.db)}
    new = [one for one in wanted if (one.month, one.kind, one.department) not in standing]
    changed = [one for one in wanted if standing.get((one.month, one.kind, one.department), one) != one]
    if (new or changed) and not wish.wants.get("dry_run"):
        source = Import(id=wish.id, at=wish.at, by=wish.who, name=wish.wants["name"], sha256=wish.wants["sha256"])
        catalogue.indicators_imported(source, [*new, *changed])
    counts = {"new": len(new), "changed": len(changed), "unchanged": len(wanted) - len(new) - len(changed)}
    return {"figures": [as_json(one) for one in wanted], **counts, "dry_run": bool(wish.wants.get("dry_run"))}


def listed(db: Database, settings: Settings, *, kind: str | None = None, fiscal_year: int | None = None, department: str | None = None) -> JsonObject:
    """Each kind with its definition, its months and its fiscal years, of the whole office or of one section."""
    found = [one for one in figures(db) if kind in (None, one.kind) and fiscal_year in (None, one.year)]
    mine = of_office(found) if department is None else [one for one in found if one.department == department]
    by_year: dict[int, list[Figure]] = defaultdict(list)
    for one in mine:
        by_year[one.year].append(one)
    years = {year: summed(several) for year, several in sorted(by_year.items())}
    return {name: _kind(name, mine, years) for name in KINDS if any(one.kind == name for one in mine)}


def _kind(name: str, mine: list[Figure], years: Mapping[int, Mapping[str, Any]]) -> JsonObject:
    definition = KINDS[name]
    return {
        "name": _(definition.name),
        "definition": _(definition.says),
        "unit": definition.unit.value,
        "months": [as_json(one) for one in mine if one.kind == name],
        "fiscal_years": {str(year): as_json(sums[name]) for year, sums in years.items() if name in sums},
    }


def template(today: date) -> bytes:
    """The empty list as CSV that Excel opens, with rows as examples to write over."""
    month = f"{today:%Y-%m}"
    rows = [
        "年月,指標,課,分子,分母,値,出典,備考",
        f"{month},電子決裁率,,94840,152000,,文書管理システム集計,電子決裁した件数と全決裁件数",
        f"{month},文書電子化率,,,,77%,調査,件数がわからないときは率だけ",
        f"{month},ペーパーレス会議,総務課,7,10,,会議調査,課ごとの会議数",
        f"{month},削減台数,,,,3,機器台帳,この月に減らした台数",
        f"{month},削減時間,,,,120,各課の見積り,この月に減った時間",
    ]
    return ("\r\n".join(rows) + "\r\n").encode("utf-8-sig")
