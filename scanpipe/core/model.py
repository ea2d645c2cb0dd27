"""The states of the line and the frozen facts that its stages leave behind. Everything here is data; nothing acts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from scanpipe.core import review

UNCLASSIFIED = "unclassified"

Day = date  # a field of Description is called "date"


class State(StrEnum):
    """How far a scan has come. The state column is the queue: each stage takes one state and leaves the next."""

    ACCESSIONED = "accessioned"  # custody is durable, the number is given
    RECOGNISED = "recognised"  # text and access copy are in work/
    DESCRIBED = "described"  # title, dates, category, retention are known
    FILED = "filed"  # published in the vault, linked into the cabinet
    INDEXED = "indexed"  # found by search
    ACCOUNTED = "accounted"  # its sheets are in the tallies: the end of the line
    DISPOSED = "disposed"  # its folder is a tombstone: the end of its life


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One file of a scanner that writes a file for each page. name: the sender's, NFC, for display only. sha256: 64 hex digits. bytes: > 0."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accession:
    """One scan taken into custody: written by stages/intake.py.

    id: ULID, the identity from custody on. number: `2025-000123`, fiscal year of receipt and a running number, never reused.
    serial: sequence number of its accession event, > 0; orders records by arrival.
    department: section code. name: the sender's file name, NFC, for display only. sha256: of the original, 64 hex digits.
    media_type: sniffed from content. received: aware. duplex: as the section's profile had it; None = judge by page pairs.
    declared: what a sidecar or a cover sheet said (title, sheets, category, box, …; for a part of a batch also batch, the batch's number, and part, "2/5"), never a path;
    for one that a person split from others or merged of them also what core/partings.py puts there; missing: page numbers that a scan's file names leave out,
    "3, 7-9". files: what a joined scan came in, in the order of its pages; empty for a scan that came as one file.
    """

    id: str
    number: str
    serial: int
    department: str
    name: str
    sha256: str
    bytes: int
    media_type: str
    received: datetime
    fiscal_year: int
    duplex: bool | None = None
    declared: Mapping[str, str] = field(default_factory=dict)
    files: tuple[PageFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of text in reading order.

    box: (left, top, right, bottom) in pixels of the upright page image of size Page.width x Page.height.
    confidence: 0-100, None for born-digital text. direction: "h" horizontal, "v" vertical (read top to bottom).
    block: index of the text block (column, cell, paragraph group) that the line belongs to, >= 0, in reading order.
    seal: pressed in red, perhaps over other text; the seals of a page follow its own text.
    """

    text: str
    box: tuple[int, int, int, int]
    confidence: float | None = None
    direction: Literal["h", "v"] = "h"
    block: int = 0
    seal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page as it was read. `number` counts from 1.

    width, height: pixels of the upright image at `dpi`. dpi: > 0, as declared by the file, or derived from the paper size.
    rotation: clockwise degrees (0, 90, 180, 270) that turn the stored page upright. rotation_confidence: 0-1; None = not judged.
    blank: no content on this side (marked, never removed). source: "ocr", "digital" (text of a born-digital PDF), "none" (not read).
    text: lines in reading order joined by newlines, NFC as read; empty if nothing was read. confidence: mean over signs, 0-100; None if no line was read by OCR.
    """

    number: int
    width: int
    height: int
    dpi: float
    rotation: int = 0
    rotation_confidence: float | None = None
    blank: bool = False
    source: Literal["ocr", "digital", "none"] = "ocr"
    engine: str = ""
    text: str = ""
    confidence: float | None = None
    lines: tuple[Line, ...] = ()

    @property
    def size_mm(self) -> tuple[float, float]:
        """Upright width and height of the paper in millimetres."""
        return self.width / self.dpi * 25.4, self.height / self.dpi * 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCode:
    """A page that is no page of a record: it begins the next one (domain §4.1).

    kind: "cover" tells what follows, "separator" only parts. source: what was read on it. department, category: codes as printed, which
    the configuration may not know; title; sheets: of the paper behind the cover, > 0; box: the number of the box that the paper goes into, as
    core/disposing/papers.py gives it; all None where it says nothing. blank_back: the page after it shows nothing.
    """

    kind: Literal["cover", "separator"]
    source: Literal["qr", "patch-t", "patch-2"] = "qr"
    department: str | None = None
    category: str | None = None
    title: str | None = None
    sheets: int | None = None
    box: str | None = None
    blank_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What was read from one accession: written by stages/recognise.py.

    access_sha256: of access.pdf, None when the original is filed alone. settings: digest of what the reading depended on.
    flags: reasons for a person to look, and notes, as codes (see core/review.py), e.g. "encrypted", "unreadable", "access-copy-differs", "batch".
    parts: into how many records of their own a batch was split; None where the scan is a record itself.
    """

    accession_id: str
    pages: tuple[Page, ...]
    engine: str
    settings: str
    access_sha256: str | None
    born_digital: bool = False
    flags: tuple[str, ...] = ()
    parts: int | None = None

    @property
    def text(self) -> str:
        """All pages joined by form feeds."""
        return "\f".join(page.text for page in self.pages)

    @property
    def confidence(self) -> float | None:
        """Mean confidence of the pages that were read by OCR, weighted by signs; None if none was."""
        read = [(page.confidence, len(page.text)) for page in self.pages if page.confidence is not None]
        signs = sum(n for _, n in read)
        return sum(c * n for c, n in read) / signs if signs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One reason, in words a person can check. about: the fact it speaks for ("category", "title", "date", …).

    rule: stable id of the rule ("word:請求書", "title:納品書", "date:issue"). weight: points it gave; None where points do not apply.
    quote: the words on the page; page: counted from 1, None if the reason is not on a page.
    """

    about: str
    rule: str
    quote: str = ""
    weight: float | None = None
    page: int | None = None


def is_past(rule: str) -> bool:
    """Whether evidence under this rule tells of earlier decisions."""
    return rule.startswith(("similar:", "elsewhere:", "section:"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One fact that a page states, and where (design §7).

    name: "title", "kind", "form", "document_number", "case_number", "ordinance_number", "directive_number", "notice_number", "bill_number",
    "sender", "addressee", "partner", "amount", "amount_with_tax", "amount_without_tax", "tax" (yen), "date", "date_drafted" and the other roles of
    core/describing/fields.py (YYYY-MM-DD), "my_number" (masked).
    confidence: 0-1, of rule and reading together. page: counted from 1, None if it is not on a page (said by a cover sheet).
    box: (left, top, right, bottom) in pixels of the page's upright image, None where the page came without boxes. quote: the words as printed.
    """

    name: str
    value: str | int
    confidence: float
    page: int | None = None
    box: tuple[int, int, int, int] | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A category that the record might have, with a confidence in 0-1."""

    category: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Until when a record is kept. period: "5" (years), "永年" or "常用". starts, expires: None while the event is unknown or there is no end.

    disposition: "transfer", "dispose" or "review", None while unclassified.
    """

    period: str | None
    start_rule: str | None
    starts: date | None
    expires: date | None
    disposition: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a record is: written by stages/describe.py; a pure function of text, schedule and learnt model.

    category: a code of the schedule, or "unclassified"; category_name as the schedule had it then, None if unclassified. confidence: 0-1. suggestions: best first, also when unclassified.
    title, kind, document_number, date: as in the contract (design §10); None when not found. completed: the day that drives retention.
    fiscal_year: of `completed`. name: file name in the cabinet with its extension, NFC, <= 240 bytes. schedule: digest of the retention schedule used;
    model: of the learnt model, None where there was none.
    accounting_year: that the money belongs to (会計年度所属), None where it is not said. event: the day of what starts the period (契約終了 …), extended: until when
    the period was made longer; both are entered by a person, None until then.
    flags: reasons for a person to look, and notes, as codes. fields: what the pages state, each with its place; several of one name are possible.
    restricted: only people with a grant may see it: its category is, or an individual number (個人番号) stands on it. None in facts of an
    earlier version: the category alone decides. In no text of this fact is an individual number spelled out.
    sizes: sheets by the size of their paper, "A4", "B5", "80x200" in mm; empty where there is no paper, and in facts of an earlier version.
    """

    accession_id: str
    category: str
    category_name: str | None
    confidence: float
    suggestions: tuple[Suggestion, ...]
    title: str | None
    kind: str | None
    document_number: str | None
    date: Day | None
    completed: Day
    fiscal_year: int
    amount: int | None
    sender: str | None
    addressee: str | None
    retention: Retention
    pages: int
    blank_pages: int
    sides: int
    sheets: int
    a4_sheets: float
    name: str
    evidence: tuple[Evidence, ...]
    flags: tuple[str, ...]
    schedule: str
    fields: tuple[Field, ...] = ()
    accounting_year: int | None = None
    event: Day | None = None
    extended: Day | None = None
    restricted: bool | None = None
    model: str | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def needs_review(self) -> bool:
        """Whether any flag asks for a person."""
        return any(flag not in review.NOTES for flag in self.flags)

    @property
    def is_batch(self) -> bool:
        """Whether this is the record of a batch, whose parts are records of their own: bytes to prove them by, no paper and nothing to browse."""
        return review.BATCH in self.flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """Where a record lies: written by stages/file.py. Paths are POSIX, relative to store/archive.

    path: in the cabinet; None for restricted categories, which are not linked. vault_path: the record folder. manifest_sha256: digest of its manifest file.
    """

    accession_id: str
    path: str | None
    vault_path: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What one record adds to ledger B: written by stages/account.py. digitised: A4 sheets, 0 for born-digital. day: of receipt."""

    accession_id: str
    day: date
    fiscal_year: int
    department: str
    category: str
    digitised: float
