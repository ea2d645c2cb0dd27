"""The certificate of a disposal list (廃棄・移管証明書): on one sheet or several to sign and keep, as a list for spreadsheets, and as facts.

archive/disposals/D2026-001/
    certificate.pdf      for the binder of disposal records
    list.csv             every record, UTF-8 with its mark (廃棄簿)
    certificate.json     schema 1: the list and what each tombstone says; its digest closes the list in the journal
    interim-1/ …         the same of the records that were gone while the list waited (interim: the number of the issue); the certificate tells of them, too
"""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import TableCellFillMode, WrapMode, XPos, YPos
from fpdf.fonts import FontFace

from scanpipe import storage
from scanpipe.catalogue.journal import Event
from scanpipe.config import Settings
from scanpipe.core.disposing.disposals import TRANSFER, WITHDRAWAL, Act, Disposal, ended
from scanpipe.core.serial import as_json, canonical, readable
from scanpipe.i18n import N_, _, current_language, speaking
from scanpipe.upkeep.disposal.certified import FACTS, LIST, SHEET
from scanpipe.upkeep.machine.fonts import japanese_font
from scanpipe.upkeep.reports import harmless

SCHEMA = 1
_FAMILY, _MARGIN = "japanese", 15.0  # mm
_READ_ONLY = 0o440
_DIGEST_SIGNS = 10  # on the sheet; enough to compare by eye
_GREY, _LINE = (232, 236, 242), (120, 126, 138)

_HEADINGS = {
    "number": N_("Record"),
    "title": N_("Title"),
    "document_number": N_("Document number"),
    "category": N_("Category"),
    "period": N_("Retention period"),
    "completed": N_("Completed"),
    "expires": N_("End of period"),
    "pages": N_("Pages"),
    "sheets": N_("Sheets"),
    "action": N_("Disposed of by"),
    "at": N_("Disposed of on"),
    "department": N_("Section"),
    "sha256": N_("Digest of the original (SHA-256)"),
    "manifest_sha256": N_("Digest of the manifest (SHA-256)"),
}
ERASED = N_("Files erased: record folder, access copy, cabinet link, search terms and page texts; what remains is the tombstone with the digests.")
HANDED_OVER = N_("Transferred to the archives as a BagIt bag (SHA-512), receipt {reference}; afterwards the files here were erased.")
WITHHELD = N_("(title withheld)")
ALONG = N_(" [proof of delivery only; not counted]")


def write(disposal: Disposal, events: Sequence[Event], at: datetime, folder: Path, settings: Settings, *, issue: int | None = None) -> dict[str, str]:
    """Writes the three files, durable; returns the sha256 of each by its name. events: `disposed` of each record, in the order of the list.

    issue: number of an interim certificate, from 1; None = the list is done.

    Without a Japanese font on this machine the sheet is in English and without titles; list and facts say everything all the same. Raises PlaceError.
    """
    font = japanese_font()
    with speaking(settings.site.language):
        rows = [_row(event, settings) for event in events]
        files = {FACTS: facts(disposal, events, at, issue), LIST: _csv(rows)}
    with speaking(settings.site.language if font else "en"):
        rows = [_row(event, settings) for event in events]
        files[SHEET] = _Sheet(disposal, rows, at, settings, font, issue).drawn()
    with storage.place(folder):
        storage.make_folder(folder)
        for name, data in files.items():
            storage.replace(folder / name, data, _READ_ONLY)
            storage.sync_file(folder / name)
        storage.sync_folder(folder)
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def facts(disposal: Disposal, events: Sequence[Event], at: datetime, issue: int | None = None) -> bytes:
    """certificate.json. issue: as `write` has it."""
    told = {name: value for name, value in as_json(disposal).items() if name not in ("entries", "done")}
    return readable(
        {
            "schema": SCHEMA,
            "at": at.isoformat(),
            **({"interim": issue} if issue else {}),
            **told,
            "records": [{"at": one.at.isoformat(), **json.loads(canonical(one.data))} for one in events],
        }
    )


def _row(event: Event, settings: Settings) -> dict[str, str]:
    """A record in words, by the names of _HEADINGS; along: why it is not counted, "" where it is."""
    told = event.data
    record = told["record"]
    section = next((one.name for one in settings.departments if one.code == told["department"]), "")
    title = record["title"] or (WITHHELD if record["restricted"] else "-")
    along = _(ALONG) if record.get("is_batch") else ""
    return {
        "number": told["number"],
        "title": (_(title) if title == WITHHELD else title) + (f"({record['kind']})" if record["kind"] and record["title"] else "") + along,
        "along": along,
        "document_number": record["document_number"] or "",
        "category": f"{record['category']} {record['category_name'] or ''}".strip(),
        "period": _period(record["retention"]["period"]),
        "completed": record["completed"],
        "expires": record["retention"]["expires"] or "",
        "pages": str(record["pages"]),
        "sheets": str(record["sheets"]),
        "action": _("transfer") if told["action"] == TRANSFER else _("erasure"),
        "at": event.at.date().isoformat(),
        "department": f"{told['department']} {section}".strip(),
        "sha256": told["original"]["sha256"],
        "manifest_sha256": told["manifest_sha256"],
    }


def _counted(rows: Sequence[dict[str, str]]) -> int:
    """How many are records of their own; what only proves what was delivered went along with them."""
    return sum(not row["along"] for row in rows)


def _period(period: str | None) -> str:
    if period is None:
        return ""
    if not period.isdecimal():
        return period
    return _("less than one year") if period == "0" else _("kept {n} years").format(n=period)


def _csv(rows: Sequence[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_(heading) for heading in _HEADINGS.values()])
    writer.writerows([harmless(row[name]) for name in _HEADINGS] for row in rows)
    return text.getvalue().encode("utf-8-sig")


class _Page(FPDF):
    """A4 with the list's number and the page at its foot."""

    foot = ""
    family = "helvetica"

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(self.family, size=8)
        self.set_text_color(90)
        self.cell(0, 5, f"{self.foot}   {self.page_no()} / {{nb}}", align="C")
        self.set_text_color(0)


class _Sheet:
    """The certificate as a PDF."""

    def __init__(
        self, disposal: Disposal, rows: Sequence[dict[str, str]], at: datetime, settings: Settings, font: Path | None, issue: int | None = None
    ) -> None:
        self.disposal, self.rows, self.at, self.settings, self.issue = disposal, rows, at, settings, issue
        self.titles = font is not None
        self.page = _Page(format="A4")
        self.page.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.page.set_auto_page_break(True, margin=18)
        if font:
            self.page.add_font(_FAMILY, fname=str(font))
            self.page.family = _FAMILY
        self.page.foot = f"{settings.site.name if font else 'scanpipe'}  {disposal.number}"

    def drawn(self) -> bytes:
        self.page.add_page()
        self.page.set_title(self.disposal.number)
        self._head()
        self._facts()
        by_section = sorted(self.rows, key=lambda row: row["department"])
        for section, several in groupby(by_section, key=lambda row: row["department"]):
            self._section(section, list(several))
        self._signatures()
        return bytes(self.page.output())

    def _head(self) -> None:
        transferred = any(row["action"] == _("transfer") for row in self.rows)
        heading = (
            _("Certificate of withdrawal")
            if self.disposal.kind == WITHDRAWAL
            else _("Certificate of disposal and transfer")
            if transferred
            else _("Certificate of disposal")
        )
        if self.issue is not None:
            heading = _("{heading} (interim, no. {issue})").format(heading=heading, issue=self.issue)
        self._font(20)
        self.page.cell(0, 12, heading, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._font(10.5)
        self.page.cell(
            0, 7, self._said(f"{self.settings.site.name}    {self.disposal.number}    {self.at:%Y-%m-%d}"), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )
        self.page.ln(1)
        self.page.multi_cell(0, 6, _("This is to certify that the records listed here were disposed of as follows."), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if self.issue is not None:
            says = _("Other records of the list still wait. The certificate that closes the list will name all of them, these included.")
            self.page.multi_cell(0, 6, says, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.page.ln(3)

    def _facts(self) -> None:
        found = self.disposal
        sheets = sum(int(row["sheets"]) for row in self.rows)
        lines = [
            (_("List"), found.number),
            (_("Records"), _("{n} records, {sheets} sheets").format(n=_counted(self.rows), sheets=sheets)),
            (_("Ground"), self._ground()),
            (_("Proposed by"), _by(Act(by=found.by, at=found.at))),
            *((_("Agreed: {section}").format(section=self._name(code)), _by(act)) for code, act in sorted(found.answers.items())),
            *((_("Approved by"), _by(act)) for act in found.approvals),
            (_("Carried out"), f"{self._moment(found.begun)} - {self.at:%Y-%m-%d %H:%M}"),
            (_("Method"), self._method()),
        ]
        if found.replaced_by:
            lines.append((_("Replaced by"), found.replaced_by))
        self._table([(self._said(name), self._said(value)) for name, value in lines], (42, 138), heading=None)

    def _ground(self) -> str:
        reason = self.disposal.reason
        if self.disposal.kind == WITHDRAWAL or reason == ended(self.disposal.last):
            return reason
        ground = _("The retention period ended on {day} or before.").format(day=self.disposal.last.isoformat())
        return f"{ground} {reason}".strip()

    def _method(self) -> str:
        actions = {row["action"] for row in self.rows}
        reference = self.disposal.handed_over.text if self.disposal.handed_over else "-"
        said = [_(ERASED)] if _("erasure") in actions or not actions else []
        return " ".join([*said, _(HANDED_OVER).format(reference=reference)] if _("transfer") in actions else said)

    def _moment(self, act: Act | None) -> str:
        return f"{act.at:%Y-%m-%d %H:%M}" if act else "-"

    def _name(self, code: str) -> str:
        return f"{code} {next((one.name for one in self.settings.departments if one.code == code), '')}".strip()

    def _section(self, section: str, rows: Sequence[dict[str, str]]) -> None:
        self.page.ln(6)
        self._font(12)
        if self.page.get_y() > 240:
            self.page.add_page()
        sheets = sum(int(row["sheets"]) for row in rows)
        self.page.cell(
            0,
            8,
            self._said(_("{section}: {n} records, {sheets} sheets").format(section=section, n=_counted(rows), sheets=sheets)),
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )
        names = ("number", "title", "category", "period", "expires", "sheets", "action")
        body = [tuple(self._cell(row, name) for name in names) for row in rows]
        self._table(body, (25, 60, 34, 15, 21, 12, 13), heading=tuple(self._said(_(_HEADINGS[name])) for name in names), size=8)

    def _cell(self, row: dict[str, str], name: str) -> str:
        """The number with the beginning of the digest under it; else as it is."""
        return f"{row[name]}\n{row['sha256'][:_DIGEST_SIGNS]}..." if name == "number" else self._said(row[name])

    def _signatures(self) -> None:
        if self.page.get_y() > 235:
            self.page.add_page()
        self.page.ln(8)
        self._font(9)
        self.page.multi_cell(
            0,
            5,
            _("Full digests are in list.csv and certificate.json beside this sheet; the digest of certificate.json closes the list in the journal."),
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )
        self.page.ln(5)
        top, width = self.page.get_y(), 42.0
        for place, who in enumerate((_("Proposed by"), *(_("Approved by") for _act in self.disposal.approvals))):
            left = 210 - _MARGIN - width * (len(self.disposal.approvals) + 1 - place)
            name = (self.disposal.by, *(act.by for act in self.disposal.approvals))[place]
            self.page.rect(left, top, width, 7)
            self.page.rect(left, top + 7, width, 22)
            self._put(left, top + 1, width, who)
            self._put(left, top + 9, width, self._said(name))

    def _put(self, left: float, top: float, width: float, text: str) -> None:
        self.page.set_xy(left, top)
        self.page.multi_cell(width, 5, text, align="C", wrapmode=WrapMode.CHAR)

    def _table(self, rows: Sequence[Sequence[str]], widths: tuple[float, ...], *, heading: Sequence[str] | None, size: float = 9.5) -> None:
        self._font(size)
        self.page.set_draw_color(*_LINE)
        style = FontFace(emphasis="", fill_color=_GREY)
        with self.page.table(
            col_widths=widths, width=sum(widths), align="L", text_align="L", line_height=size * 0.52, padding=1.2, wrapmode=WrapMode.WORD if current_language() == "en" else WrapMode.CHAR,
            first_row_as_headings=heading is not None, headings_style=style, cell_fill_mode=TableCellFillMode.NONE,
        ) as table:  # fmt: skip
            for cells in [*([heading] if heading else []), *rows]:
                line = table.row()
                for place, cell in enumerate(cells):
                    line.cell(cell, style=style if heading is None and place == 0 else None)

    def _font(self, size: float) -> None:
        self.page.set_font(self.page.family, size=size)

    def _said(self, text: str) -> str:
        """Without a Japanese font what it could not show is left out."""
        return text if self.titles else text.encode("ascii", "replace").decode()


def _by(act: Act) -> str:
    return f"{act.by}    {act.at:%Y-%m-%d %H:%M}"


def bundle(folder: Path) -> dict[str, str | None]:
    """The sha256 of each file of the certificate as it lies there; None for one that is missing."""
    return {name: storage.digest(folder / name) if (folder / name).is_file() else None for name in (FACTS, LIST, SHEET)}
