"""A file of purchases or counters that somebody sends, to the page or the API: read, compared with ledger A, brought."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from scanpipe.core.campaign.paper_counts import WHOLE, PaperRow, Source, Unit
from scanpipe.core.campaign.paper_reading import Reading, Said
from scanpipe.core.rights import Right
from scanpipe.core.serial import as_json, canonical
from scanpipe.errors import ScanpipeError, UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.campaign import paper_imports
from scanpipe.web.house import House
from scanpipe.web.routes.retention import names, year_of
from scanpipe.web.sending import Sent
from scanpipe.web.visit import Visit

KINDS: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")
_LONGEST_NAME: Final = 120
_LONGEST_REASON: Final = 500
_Word = TypeVar("_Word", bound=StrEnum)

ONE_FILE: Final = N_("Choose one file.")
NOT_A_WORD: Final = N_("{value} is none of: {known}")
NOT_YOURS: Final = N_(
    "This file has figures of sections for which your account enters none: {sections}. Take them out of the file, or ask the records section."
)


class NotYours(ScanpipeError):
    """Figures of sections that this person does not enter; nothing of the file was taken."""

    template = NOT_YOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPaper:
    """What was understood of a file. name: as it was called, shortened. sha256: of its bytes. reason: what the person said of it, "" = nothing."""

    name: str
    sha256: str
    reason: str
    reading: Reading


def read(house: House, sent: Sent) -> SentPaper:
    """The one file of a form. Raises UsageError, and what OfficeFiles.paper raises."""
    if len(sent.files) != 1:
        raise UsageError(ONE_FILE)
    said = _said(sent.fields)
    name, file = sent.files[0]
    file.seek(0)
    raw, name = file.read(), plain_name(name)
    reading = house.office_files.paper(raw, name, house.settings.departments, said)
    return SentPaper(name=name, sha256=hashlib.sha256(raw).hexdigest(), reason=sent.fields.get("reason", "").strip()[:_LONGEST_REASON], reading=reading)


def _said(fields: Mapping[str, str]) -> Said:
    year = fields.get("year", "").strip()
    return Said(source=_word(Source, fields.get("source", "")), unit=_word(Unit, fields.get("unit", "")), fiscal_year=year_of(year) if year else None)


def _word(kind: type[_Word], said: str) -> _Word | None:
    if not said.strip():
        return None
    try:
        return kind(said.strip())
    except ValueError:
        raise UsageError(NOT_A_WORD, value=said.strip()[:40], known=", ".join(one.value for one in kind)) from None


def plain_name(name: str) -> str:
    """The last part of a name that a browser sent, without what cannot be shown."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    return "".join(sign for sign in last if sign.isprintable()).strip()[-_LONGEST_NAME:] or "-"


def check_sections(visit: Visit, rows: Iterable[PaperRow]) -> None:
    """Raises NotYours unless the person enters the campaign's figures of each of these sections; those of the whole city need the right to all."""
    codes = sorted({row.department for row in rows})
    wrong = [code for code in codes if not (visit.person.may(Right.CAMPAIGN_ALL) if code == WHOLE else visit.person.may(Right.CAMPAIGN, code))]
    if wrong:
        known = names(visit)
        raise NotYours(sections=", ".join(_("whole city") if code == WHOLE else f"{code} {known.get(code, '')}".strip() for code in wrong))


def planned(visit: Visit, paper: SentPaper) -> dict[str, Any]:
    """What bringing it would change now: as paper_imports.plan."""
    return paper_imports.plan(visit.reader.db, list(paper.reading.rows), paper.sha256)


def effects(paper: SentPaper, plan: Mapping[str, Any]) -> list[str]:
    """Of each figure, in the order of the file: new, changed or same."""
    left = Counter(plan["rows"])
    changed = {(row["month"], row["department"], row["source"], row["device"]) for one in plan["changed"] for row in one["after"]}
    found = []
    for row in paper.reading.rows:
        found.append("same" if not left[row] else "changed" if row.key in changed else "new")
        left[row] -= 1
    return found


def mark(plan: Mapping[str, Any]) -> str:
    """A digest of what would change: whoever says yes says it to this and nothing else."""
    shown = {"rows": [as_json(row) for row in plan["rows"]], **{name: plan[name] for name in ("changed", "new", "same", "doubts")}}
    return hashlib.sha256(canonical(shown)).hexdigest()


def bring(visit: Visit, paper: SentPaper) -> dict[str, Any]:
    """The daemon's answer. Raises NotYours, Refused."""
    check_sections(visit, paper.reading.rows)
    rows = [as_json(row) for row in paper.reading.rows]
    return visit.ask("paper_bring", rows=rows, sha256=paper.sha256, name=paper.name, reason=paper.reason)
