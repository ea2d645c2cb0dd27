"""受付簿: what each section's clerks look at: one list a day on their share, as a page and as a spreadsheet."""

import csv
import html
import io
import threading
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import structlog

from scanpipe import storage
from scanpipe.catalogue.reader import CatalogueReader, ReceiptRow
from scanpipe.config import Department, Settings
from scanpipe.core.describing.my_number import masked
from scanpipe.core.model import UNCLASSIFIED, State
from scanpipe.core.scans.readiness import RECEIPT_FOLDER, SENTINEL
from scanpipe.errors import PlaceError
from scanpipe.i18n import N_, _, speaking
from scanpipe.upkeep.proving import proofs

log = structlog.get_logger()

_HEADINGS = (
    N_("Received"), N_("File"), N_("Pages"), N_("Number"), N_("Title"), N_("Category"), N_("Where it went"),
)  # fmt: skip
_STYLE = (
    "body{font:16px/1.7 'Noto Sans JP','BIZ UDGothic','Yu Gothic UI',Meiryo,sans-serif;margin:1.5rem;color:#1a1a1c;background:#fff}"
    "h1{font-size:1.4rem}table{border-collapse:collapse;width:100%}th,td{border:1px solid #b4b4b7;padding:.35rem .6rem;text-align:left;vertical-align:top}"
    "th{background:#e8f1fe}th,td:nth-child(1),td:nth-child(4){white-space:nowrap}tr.look td{background:#fff5d6}tr.refused td{background:#ffe5e5}td.n{text-align:right}p.sum{margin:.5rem 0 1rem}p.root{font-size:.75rem;color:#4d4d4f;overflow-wrap:anywhere}"
    "@media print{body{margin:0}th{background:none}}"
)
_FORMULA_SIGNS = tuple("=+-@\t\r＝＋－＠")


def write(settings: Settings, reader: CatalogueReader, department: Department, day: date) -> Path:
    """Writes the section's lists of that day onto its share; returns the page. Raises PlaceError if the share refuses."""
    rows = reader.receipts(department.code, day)
    folder = settings.inbox(department) / RECEIPT_FOLDER
    shown = frozenset(settings.schedule.categories) - settings.schedule.restricted | {UNCLASSIFIED, None}
    if not (folder.parent / SENTINEL).exists():  # the share is not mounted: what lies here now is not it
        raise storage.PlaceGone(path=str(folder.parent))
    with speaking(settings.site.language), storage.place(folder):
        folder.mkdir(exist_ok=True)
        table = [_cells(row, shown) for row in rows]
        page = folder / f"{day.isoformat()}.html"
        storage.replace(page, _page(department, day, rows, table, proofs.newest(settings.layout)).encode(), 0o644)
        storage.replace(folder / f"{day.isoformat()}.csv", _csv(table), 0o644)
    return page


def _cells(row: ReceiptRow, shown: frozenset[str | None]) -> tuple[str, ...]:
    hidden = row.path is None and (row.restricted or row.category not in shown)  # one whose category was taken out of the schedule stays as it was filed
    title = _("(not shown)") if hidden else row.title or ""
    category = "" if hidden or not row.category else _("not classified yet") if row.category == UNCLASSIFIED else f"{row.category_name}"
    pages = str(row.pages) if row.pages else ""
    return (f"{row.received:%H:%M}", masked(row.name), pages, row.number or "", title, category, _whereabouts(row, hidden))


def _whereabouts(row: ReceiptRow, hidden: bool) -> str:
    if row.outcome == "rejected":
        told = row.reason or ""
        reason = _(told).format(**row.params)
        return _("Not taken: {reason} See the folder 要確認.").format(reason=reason)
    if row.outcome == "duplicate":
        return _("The same file came before and is kept as {number}. It is not counted again.").format(number=row.number)
    if row.state == State.DISPOSED:
        return _("Disposed of by decision; only its number is kept")
    if row.state in (State.ACCESSIONED, State.RECOGNISED, State.DESCRIBED):
        return _("Safe; being read")
    where = _("Filed (restricted)") if hidden or row.path is None else (row.path or "").removeprefix("cabinet/").rpartition("/")[0]
    return _("{where} — a person will check it").format(where=where) if row.needs_review else where


def _page(department: Department, day: date, rows: list[ReceiptRow], table: Iterable[tuple[str, ...]], root: proofs.Root | None) -> str:
    heading = _("Receipt list {day} {section}").format(day=f"{day:%Y-%m-%d}", section=department.name)
    filed = sum(row.outcome == "accession" for row in rows)
    summary = _("{taken} taken, {twice} came twice, {refused} not taken").format(
        taken=filed, twice=sum(row.outcome == "duplicate" for row in rows), refused=sum(row.outcome == "rejected" for row in rows)
    )
    kinds = ("refused" if row.outcome == "rejected" else "look" if row.needs_review else "" for row in rows)
    lines = "".join(_line(kind, cells) for kind, cells in zip(kinds, table, strict=True))
    head = "".join(f'<th scope="col">{html.escape(_(heading))}</th>' for heading in _HEADINGS)
    return (
        f'<!doctype html><html lang="ja"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(heading)}</title>'
        f'<style>{_STYLE}</style><h1>{html.escape(heading)}</h1><p class="sum">{html.escape(summary)}</p>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>{_footer(root)}</html>\n"
    )


def _footer(root: proofs.Root | None) -> str:
    """The newest daily root: a list that was printed is a witness that the journal of that day was what it is."""
    if root is None:
        return ""
    says = _("Root of all records until the end of {day} (proof that none was altered): {root}").format(day=root.day.isoformat(), root=root.root)
    return f'<footer><p class="root">{html.escape(says)}</p></footer>'


def _line(kind: str, cells: tuple[str, ...]) -> str:
    tags = "".join(f"<td{' class=n' if i == 2 else ''}><bdi>{html.escape(cell)}</bdi></td>" for i, cell in enumerate(cells))
    return f"<tr{f' class={kind}' if kind else ''}>{tags}</tr>"


def _csv(table: Iterable[tuple[str, ...]]) -> bytes:
    return as_csv([[_(heading) for heading in _HEADINGS], *table])


def as_csv(rows: Iterable[Iterable[str]]) -> bytes:
    """UTF-8 with its mark, which Excel wants, and no cell that a spreadsheet would run."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")  # Excel knows UTF-8 by its mark


def harmless(cell: str) -> str:
    """A spreadsheet would run a cell that begins like a formula."""
    return "'" + cell if cell.startswith(_FORMULA_SIGNS) else cell


class ReceiptLists:
    """Keeps the lists of the day up to date: marks what changed, writes it soon after."""

    def __init__(self, settings: Settings, open_reader: Callable[[], CatalogueReader]) -> None:
        self.settings, self._open_reader = settings, open_reader
        self._reader: CatalogueReader | None = None
        self._changed: set[tuple[str, date]] = set()
        self._lock = threading.Lock()
        self._rest_until = 0.0

    def changed(self, department: str, day: date) -> None:
        with self._lock:
            self._changed.add((department, day))

    def write(self, *, now: bool = False) -> None:
        """Writes what changed. A long list rests for ten times as long as it took, unless `now`."""
        if not now and time.monotonic() < self._rest_until:
            return
        with self._lock:
            changed, self._changed = self._changed, set()
        if not changed:
            return
        began = time.monotonic()
        if self._reader is None:
            self._reader = self._open_reader()
        for code, day in sorted(changed):
            self._write_one(code, day)
        self._rest_until = time.monotonic() + max(0.5, 10 * (time.monotonic() - began))

    def _write_one(self, code: str, day: date) -> None:
        department = next((d for d in self.settings.departments if d.code == code), None)
        if department is None or self._reader is None:
            return
        try:
            write(self.settings, self._reader, department, day)
        except PlaceError as error:
            log.warning("receipt list not written", department=code, reason=str(error))
            self.changed(code, day)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
