"""Binders (簿冊) and their register (行政文書ファイル管理簿): as rows, as CSV and as an Excel workbook."""

import csv
import io
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from scanpipe.catalogue.database import SQL, Row
from scanpipe.catalogue.holdings import holds_by_record
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.binders import Binder, Member, Summary, by_volume, head_of, summary, volumes
from scanpipe.core.disposing.holds import KINDS, Hold, effective_end, in_force
from scanpipe.core.model import Retention
from scanpipe.core.retention import CURRENT, PERMANENT, successor_of
from scanpipe.i18n import N_, _
from scanpipe.upkeep.reports import harmless

JsonObject = dict[str, Any]
_DISPOSITIONS = {"transfer": N_("Transfer"), "dispose": N_("Destroy"), "review": N_("Decided at expiry")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the register: its 13 fields (domain §2.6) in the site's language. Days are None where the end is open.

    class_1, class_2: major and middle class as the retention schedule has them, "" where it does not say, and for a category that is gone from it.
    A binder of several volumes (分冊) has a line for each; its period and disposition are those of the whole.
    """

    created: str
    class_1: str
    class_2: str
    name: str
    author: str
    starts: date | None
    period: str
    expires: date | None
    media: str
    place: str
    keeper: str
    disposition: str
    remarks: str


HEADINGS = {
    "created": N_("Year of creation or receipt"),
    "class_1": N_("Major class"),
    "class_2": N_("Middle class"),
    "name": N_("Name (minor class)"),
    "author": N_("Created or received by"),
    "starts": N_("Start of period"),
    "period": N_("Retention period"),
    "expires": N_("End of period"),
    "media": N_("Medium"),
    "place": N_("Place of storage"),
    "keeper": N_("Kept by"),
    "disposition": N_("Disposition at the end"),
    "remarks": N_("Remarks"),
}
assert tuple(HEADINGS) == tuple(field.name for field in fields(Entry))


def binders(reader: CatalogueReader, most: int, year: int | None = None, department: str | None = None) -> JsonObject:
    """{binders: [id, department, year, calendar, category, category_name, records, sheets, first_completed, last_completed, volumes], loose}.

    most: sheets in a volume. volumes: [records, sheets], the first volume first, one for a binder that is not divided.
    loose: filed records that are in no binder, since nobody knows their category yet, of all sections and years.
    """
    divided = _divided(reader, most, year, department)
    found = []
    for row in reader.db.conn.execute(SQL["binders"], {"year": year, "department": department}):
        id = _binder(row).id
        whole = {"records": row["records"], "sheets": row["sheets"]}
        found.append({"id": id} | dict(row) | {"calendar": bool(row["calendar"]), "volumes": divided.get(id, [whole])})
    (loose,) = reader.db.conn.execute(SQL["loose"]).fetchone()
    return {"binders": found, "loose": loose}


def _divided(reader: CatalogueReader, most: int, year: int | None, department: str | None) -> dict[str, list[dict[str, int]]]:
    """The volumes of each binder that holds more sheets than one can, by its id."""
    rows = reader.db.conn.execute(SQL["thick_binder_sheets"], {"most": most, "year": year, "department": department})
    found: dict[str, list[dict[str, int]]] = {}
    for key, several in groupby(rows, key=_key):
        members = list(several)
        numbers = volumes((0 if row["born_digital"] else row["sheets"] for row in members), most)
        filled = [{"records": 0, "sheets": 0} for _volume in range(numbers[-1])]
        for row, number in zip(members, numbers, strict=True):
            filled[number - 1]["records"] += 1
            filled[number - 1]["sheets"] += row["sheets"]
        found[_id(*key)] = filled
    return found


def register(reader: CatalogueReader, settings: Settings, today: date, year: int | None = None, department: str | None = None) -> list[Entry]:
    """A line for each volume of each binder of that year, or of all, by year, section and category, as of today, in the language of this context.

    department: of one section only.
    """
    found = []
    for binder, members in _filled(reader, year):
        if department not in (None, binder.department):
            continue
        parts = by_volume(members, settings.binders.volume_sheets)
        found += [_entry(binder, facts, settings, today, (number, len(parts))) for number, facts in enumerate(parts, 1)]
    return found


def of_records(reader: CatalogueReader, settings: Settings, today: date, numbers: Collection[str]) -> dict[str, Entry]:
    """A line for each of these records by its number, as the register would have it if its binder held nothing else; none for records in no binder."""
    found = {}
    for binder, members in _filled(reader, None):
        for one in members:
            if one.number in numbers:
                found[one.number] = _entry(binder, summary([one]), settings, today, (1, 1))
    return found


def _id(year: int, department: str, category: str, calendar: int) -> str:
    return Binder(department=department, year=year, calendar=bool(calendar), category=category, category_name=None).id


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("year", "department", "category", "calendar"))


def _filled(reader: CatalogueReader, year: int | None) -> Iterator[tuple[Binder, list[Member]]]:
    held = holds_by_record(reader.db)
    rows = reader.db.conn.execute(SQL["binder_members"], {"year": year})
    for _of, several in groupby(rows, key=_key):
        members = list(several)
        yield _binder(members[-1]), [_member(row, tuple(held.get(row["id"], ()))) for row in members]


def _binder(row: Row) -> Binder:
    names = ("department", "year", "category", "category_name")
    return Binder(**{name: row[name] for name in names}, calendar=bool(row["calendar"]))


def _member(row: Row, holds: tuple[Hold, ...]) -> Member:
    days = {name: date.fromisoformat(row[name]) if row[name] else None for name in ("starts", "expires")}
    return Member(
        number=row["number"],
        retention=Retention(period=row["period"], start_rule=row["start_rule"], disposition=row["disposition"], **days),
        sheets=row["sheets"],
        born_digital=bool(row["born_digital"]),
        extended=row["extended"] is not None,
        restricted=bool(row["restricted"]),
        path=row["path"],
        holds=holds,
    )


def _entry(binder: Binder, facts: Summary, settings: Settings, today: date, volume: tuple[int, int]) -> Entry:
    """volume: its number, and how many there are."""
    keeper = _section(settings, successor_of(settings.departments, binder.department, today))
    kept, name = facts.retention, binder.category_name or binder.category
    category = settings.schedule.categories.get(binder.category)
    class_1, class_2 = (*(category.classes if category else ()), "", "")[:2]
    return Entry(
        created=(_("{year}, calendar year") if binder.calendar else _("{year}, fiscal year")).format(year=binder.year),
        class_1=class_1,
        class_2=class_2,
        name=name if volume[1] == 1 else _("{name} ({volume}/{of})").format(name=name, volume=volume[0], of=volume[1]),
        author=head_of(_section(settings, binder.department)),
        starts=kept.starts,
        period=_period(facts),
        expires=kept.expires,
        media=_("paper and electronic") if facts.paper else _("electronic"),
        place=_place(facts, keeper),
        keeper=head_of(keeper),
        disposition=_(_DISPOSITIONS.get(kept.disposition or "", "")),
        remarks=_remarks(binder.id if volume[1] == 1 else f"{binder.id}/{volume[0]}", facts, today),
    )


def _section(settings: Settings, code: str) -> str:
    return next((section.name for section in settings.departments if section.code == code), code)


def _period(facts: Summary) -> str:
    """A period that cannot be counted yet is 「その他」; one made longer is shown with its extension in total (domain §2.6)."""
    period = facts.retention.period
    if period in (PERMANENT, CURRENT):
        return _("for ever") if period == PERMANENT else _("as long as in use")
    if period == "0":
        return _("less than one year")
    if facts.retention.expires is None:
        return _("other")
    return _("kept {n} years").format(n=period if facts.years is None else facts.years)


def _place(facts: Summary, keeper: str) -> str:
    electronic = str(PurePosixPath(facts.path).parent) if facts.path and not facts.restricted else _("record store (restricted)")
    return _("{electronic}; paper: {section}").format(electronic=electronic, section=keeper) if facts.paper else electronic


def _remarks(id: str, facts: Summary, today: date) -> str:
    said = [id, _("{n} records, {sheets} sheets").format(n=facts.records, sheets=facts.sheets)]
    if facts.retention.expires is None and (facts.retention.period or "").isdecimal():
        said.append(_("{n} years from an event that is not known yet").format(n=facts.retention.period))
    if facts.extended:
        said.append(_("extended; the schedule says {n} years").format(n=facts.retention.period))
    if facts.shorter:
        said.append(_("{n} records may go earlier").format(n=facts.shorter))
    said += [_held(hold) for hold in facts.holds if in_force(hold, today)]
    return " / ".join(said)


def _held(hold: Hold) -> str:
    end = effective_end(hold)
    until = end.isoformat() if end else hold.until_event or _("until further notice")
    return _("held: {kind} {reference} ({until})").format(kind=_(KINDS[hold.kind]), reference=hold.reference, until=until)


# --- files ---


def as_json(entries: Iterable[Entry]) -> list[JsonObject]:
    """By the names of the fields."""
    return [{name: _iso(getattr(entry, name)) for name in HEADINGS} for entry in entries]


def as_csv(entries: Iterable[Entry]) -> bytes:
    """UTF-8 with its mark, which Excel wants, and no cell that a spreadsheet would run."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_(heading) for heading in HEADINGS.values()])
    writer.writerows([harmless(value or "") for value in row.values()] for row in as_json(entries))
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(entries: Iterable[Entry], title: str) -> bytes:
    """An Excel workbook with one sheet of this title: days as days, a row of headings that stays in sight and filters. Nothing in it is a formula."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    sheet = book.active
    sheet.title = title
    sheet.append([_(heading) for heading in HEADINGS.values()])
    for entry in entries:
        sheet.append([getattr(entry, name) for name in HEADINGS])
    for column, name in enumerate(HEADINGS, 1):
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = _WIDTHS.get(name, 16)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if isinstance(cell.value, str):
                cell.data_type = "s"  # also what begins like a formula
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


_WIDTHS = {"name": 28, "place": 40, "remarks": 50}


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
