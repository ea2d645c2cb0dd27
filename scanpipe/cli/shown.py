"""How facts look: tables and progress on a terminal, plain uncropped lines elsewhere, JSON where asked."""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from sqlite_utils import Database

from scanpipe import named
from scanpipe.catalogue.search_result import SearchHit, SearchResult
from scanpipe.config import Settings
from scanpipe.core.model import UNCLASSIFIED
from scanpipe.core.review import reason
from scanpipe.core.scans.readiness import ATTENTION_FOLDER
from scanpipe.errors import NotFound
from scanpipe.i18n import N_, _, _n
from scanpipe.upkeep.machine.ground import Finding, Level

_LEAST_CLIPPED = 60  # columns of a cell on a terminal that are always shown
_PLAIN_WIDTH = 100_000  # off a terminal nothing is cropped or wrapped


def console() -> Console:
    on_terminal = sys.stdout.isatty()
    return Console(width=None if on_terminal else _PLAIN_WIDTH, no_color=not on_terminal, highlight=False, soft_wrap=not on_terminal)


def say(text: str) -> None:
    """One paragraph for a person."""
    console().print(escape(_visible(text) if sys.stdout.isatty() else text))


def as_json(value: object) -> int:
    """JSON on standard output, as UTF-8 whatever the locale says."""
    sys.stdout.buffer.write((json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n").encode())
    sys.stdout.flush()
    return 0


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: Sequence[int] = ()) -> None:
    """A table; numbers: columns that are aligned right. A cell longer than the terminal is wide is clipped. Off a terminal: columns in plain lines, nothing cropped."""
    if not sys.stdout.isatty():
        _plain_table(headings, [[str(cell) for cell in row] for row in rows])
        return
    drawn = Table(header_style="bold", pad_edge=False, show_edge=False)
    for i, heading in enumerate(headings):
        drawn.add_column(heading, justify="right" if i in numbers else "left", overflow="fold")
    screen = console()
    most = max(_LEAST_CLIPPED, screen.width)
    for row in rows:
        drawn.add_row(*(escape(_clipped(_visible(str(cell)), most)) for cell in row))
    screen.print(drawn)


def _clipped(text: str, most: int) -> str:
    """At most so many columns, the last of them … where there were more."""
    if cell_len(text) <= most:
        return text
    return set_cell_size(text, most - 1).rstrip() + "…"


def _visible(text: str) -> str:
    """What steers a terminal or turns the direction of writing is written out, like \\u202e: what a scanned page says must not pass for something else."""
    return "".join(sign if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cf") else f"\\u{ord(sign):04x}" for sign in text)


def _plain_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [list(headings), *rows]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(headings))]
    for line in lines:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())  # noqa: T201


# --- progress ---


class Bar(Protocol):
    def show(self, catalogue: Database | None, pending: int, before: str) -> None:
        """pending: files that lie in the folders, or all that waits when another process works. before: deliveries after this one count."""
        ...


class _Silent:
    def show(self, catalogue: Database | None, pending: int, before: str) -> None:
        return


class _OnTerminal:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task(_("Filing"), total=None)

    def show(self, catalogue: Database | None, pending: int, before: str) -> None:
        if catalogue is None:
            self._progress.update(self._task, description=_("Waiting for the daemon: {n} left").format(n=pending))
            return
        row = catalogue.conn.execute("SELECT count(*) AS n, sum(state IN ('accounted', 'disposed')) AS done FROM accession WHERE id > ?", [before]).fetchone()
        self._progress.update(self._task, total=row["n"] + pending, completed=row["done"] or 0)


@contextmanager
def progress(quiet: bool) -> Iterator[Bar]:
    """A live bar on a terminal; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield _Silent()
        return
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True), transient=True) as bars:
        yield _OnTerminal(bars)


@contextmanager
def counting(description: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar for work of known size: call it with (done, of)."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, of: None
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(description, total=None)
        yield lambda done, of: bars.update(task, completed=done, total=of)


# --- what came of files ---


def outcome_json(row: Mapping[str, Any], record: Mapping[str, Any] | None, settings: Settings) -> dict[str, Any]:
    body = {name: row[name] for name in ("department", "name", "sha256", "outcome", "number", "state")}
    body["needs_review"] = bool(row["needs_review"])
    body["reason"] = _(row["reason"]).format(**row["params"]) if row["reason"] else None
    for name in ("title", "category", "confidence", "date", "pages", "sheets", "path"):
        body[name] = record[name] if record else None
    return body


def outcomes(found: Sequence[Mapping[str, Any]], records: Mapping[str, Mapping[str, Any]], settings: Settings) -> None:
    if not found:
        say(_("There was nothing to take in the drop folders."))
        return
    headings = [_("Number"), _("Section"), _("Category"), _("Confidence"), _("Title"), _("Date"), _("Pages"), _("Sheets"), _("Where")]
    table(headings, [_outcome_cells(row, records, settings) for row in found], numbers=(3, 6, 7))
    refused = [row for row in found if row["outcome"] == "rejected"]
    for row in refused:
        say(_("Not taken: {name}: {reason}").format(name=row["name"], reason=_(row["reason"]).format(**row["params"])))
    look = sum(bool(row["needs_review"]) for row in found)
    say(_("{filed} filed, {twice} came twice, {refused} not taken; {look} need checking by a person.").format(
        filed=len(records), twice=sum(row["outcome"] == "duplicate" for row in found), refused=len(refused), look=look
    ))  # fmt: skip


def _outcome_cells(row: Mapping[str, Any], records: Mapping[str, Mapping[str, Any]], settings: Settings) -> list[object]:
    section = section_name(settings, row["department"])
    if row["outcome"] == "duplicate":
        return [row["number"], section, "", "", row["name"], "", "", 0, _("the same file came before")]
    if row["outcome"] == "rejected":
        return ["-", section, "", "", row["name"], "", "", "", ATTENTION_FOLDER]
    record = records[row["number"]]
    title = record["title"] or f"({record['original']['name']})"
    where = record["path"] or record["vault_path"] or named.step(record["state"])
    return [
        record["number"], section, category_name(record), _certainty(record), title, record["date"] or "", record["pages"], record["sheets"], where
    ]  # fmt: skip


def section_name(settings: Settings, code: str) -> str:
    """`1105 デジタル政策課`, or the code alone."""
    try:
        return f"{code} {settings.department(code).name}"
    except NotFound:
        return code


def category_name(record: Mapping[str, Any]) -> str:
    if record["category"] in (None, UNCLASSIFIED):
        return _("unclassified")
    return f"{record['category']} {record['category_name'] or ''}".strip()


def _category(record: Mapping[str, Any]) -> str:
    return f"{category_name(record)} ({_certainty(record)})" if _certainty(record) else category_name(record)


def _certainty(record: Mapping[str, Any]) -> str:
    """Of the category; "" without one: the number would be that of the first suggestion."""
    return "" if record["category"] in (None, UNCLASSIFIED) else _percent(record["confidence"])


def moment(text: str | None) -> str:
    """An ISO moment as people read it, in its own time zone, to the second; "-" for none."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S}" if text else "-"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


# --- one record ---


def record(body: Mapping[str, Any]) -> int:
    facts = [
        (_("Number"), body["number"]),
        (_("Title"), f"{body['title'] or '-'}{'(' + body['kind'] + ')' if body['kind'] else ''}"),
        (_("Section"), f"{body['department']} {body['department_name'] or ''}"),
        (_("Category"), _category(body)),
        (_("Document number"), body["document_number"] or "-"),
        (_("Date"), body["date"] or "-"),
        (_("Fiscal year"), body["fiscal_year"]),
        (_("Retention"), named.retention(body["retention"])),
        (_("Pages"), named.pages(body)),
        (_("State"), named.step(body["state"])),
        (_("Paper"), named.paper(body)),
        (_("Cabinet"), body["path"] or "-"),
        (_("Vault"), body["vault_path"] or "-"),
        (_("Original"), f"{body['original']['name']} · {body['original']['media_type']} · sha256 {body['original']['sha256']}"),
        (_("Received"), moment(body["received"])),
        (_("Filed"), moment(body["filed"])),
    ]
    table([_("Fact"), _("Value")], facts)
    for flag in body["flags"]:
        say(f"! {_(reason(flag))}")
    _relations(body)
    if body["disposal"]:
        say(f"! {named.disposal(body['disposal'])}")
    _holds(body["retention"]["holds"])
    _corrections(body["corrections"])
    _fields(body["fields"])
    _evidence(body["evidence"])
    _files(body["files"], merged=bool(body["merged"]))
    say("")
    table([_("When"), _("What"), _("Who")], [(moment(event["at"]), named.step(event["kind"]), event["actor"]) for event in body["events"]])
    if "text" in body:
        say("")
        say(body["text"].replace("\f", "\n" + "─" * 20 + "\n"))
    return 0


def _relations(body: Mapping[str, Any]) -> None:
    """How the record and others belong together."""
    for name in ("batch", "parts", "merged", "merged_into", "replaces", "replaced_by"):
        if body[name]:
            others = body[name] if isinstance(body[name], str) else ", ".join(body[name])
            say(f"{named.about(name)}: {others}")


def _corrections(corrections: Sequence[Mapping[str, Any]]) -> None:
    """What people changed, and why; what was taken back since is marked."""
    if corrections:
        gone = {one["undoes"] for one in corrections}
        say("")
        table(
            [_("No."), _("When"), _("Who"), _("What was decided"), _("Reason")],
            [(one["number"], moment(one["at"]), one["by"], _correction(one, one["number"] in gone), one["reason"] or "-") for one in corrections],
            numbers=(0,),
        )


def _correction(one: Mapping[str, Any], taken_back: bool) -> str:
    changes = "; ".join(f"{named.about(name)}: {value or '—'}" for name, value in one["changes"].items()) or _("accepted as it is")
    says = _("taken back: no. {n} ({changes})").format(n=one["undoes"], changes=changes) if one["undoes"] else changes
    return _("{changes} (taken back later)").format(changes=says) if taken_back else says


def _holds(holds: Sequence[Mapping[str, Any]]) -> None:
    """What keeps the record from disposal, or did."""
    if holds:
        say("")
        rows = [(named.hold_kind(one["kind"]), one["reference"] or "-", one["from"], named.hold_end(one), one["reason"], one["by"], one["id"]) for one in holds]
        table([_("Held for"), _("Reference"), _("Held from"), _("Kept until"), _("Why"), _("Entered by"), _("Hold")], rows)


def _fields(fields: Sequence[Mapping[str, Any]]) -> None:
    """What the pages state, each with its place: left and top of its box in pixels."""
    if fields:
        say("")
        rows = [(named.about(one["name"]), _value(one), _percent(one["confidence"]), one["page"] or "", _place(one["box"]), one["quote"]) for one in fields]
        table([_("Stated"), _("Value"), _("Confidence"), _("Page"), _("On the page"), _("Words")], rows, numbers=(2, 3))


def _value(field: Mapping[str, Any]) -> str:
    return f"{field['value']:,} 円" if isinstance(field["value"], int) else str(field["value"])


def _place(box: Sequence[int] | None) -> str:
    return f"{box[0]},{box[1]}" if box else ""


def _files(files: Sequence[Mapping[str, Any]], *, merged: bool) -> None:
    """What a joined scan, or the records that were merged, came in."""
    if files:
        say("")
        says = (
            _("The original holds the files of the merged records, {n} in all, each as it came:")
            if merged
            else _("The original holds the scanner's {n} files, one for each page, each as it came:")
        )
        say(says.format(n=len(files)))
        table(
            [_("In order"), _("File"), _("Bytes"), "sha256"],
            [(place, *(file[k] for k in ("name", "bytes", "sha256"))) for place, file in enumerate(files, 1)],
            numbers=(0, 2),
        )


def _evidence(evidence: Sequence[Mapping[str, Any]]) -> None:
    if evidence:
        say("")
        rows = [
            (named.about(e["about"]), named.rule(e["about"], e["rule"]), "" if e["weight"] is None else f"{e['weight']:g}", e["page"] or "", e["quote"])
            for e in evidence
        ]
        table([_("About"), _("Reason"), _("Points"), _("Page"), _("Words")], rows, numbers=(2, 3))


def explained(body: Mapping[str, Any], settings: Settings) -> int:
    facts = [
        (_("Title"), body["title"] or "-"),
        (_("Kind"), body["kind"] or "-"),
        (_("Category"), _category(body)),
        (_("Suggestions"), ", ".join(f"{s['category']} {_percent(s['confidence'])}" for s in body["suggestions"][:5]) or "-"),
        (_("Document number"), body["document_number"] or "-"),
        (_("Date"), body["date"] or "-"),
        (_("Retention"), named.retention(body["retention"])),
        (_("Pages"), named.pages(body)),
        (_("Name"), body["name"]),
    ]
    table([_("Fact"), _("Value")], facts)
    for flag in body["flags"]:
        say(f"! {_(reason(flag))}")
    _fields(body["fields"])
    _evidence(body["evidence"])
    return 0


def retention(body: Mapping[str, Any]) -> int:
    classes = f" ({' > '.join(body['classes'])})" if body["classes"] else ""
    say(f"{body['category']} {body['category_name']}{classes}: " + named.retention(body["retention"]))
    return 0


# --- search ---


def hit_json(hit: SearchHit) -> dict[str, Any]:
    return {
        "number": hit.number,
        "title": hit.title,
        "department": hit.department,
        "category": hit.category,
        "fiscal_year": hit.fiscal_year,
        "date": hit.date.isoformat() if hit.date else None,
        "page": hit.page,
        "snippet": "".join(part for part, _is_hit in hit.snippet),
    }


def hits(result: SearchResult, query: str, settings: Settings) -> int:
    out = console()
    for hit in result.hits:
        out.print(f"[bold]{escape(hit.number)}[/]  {escape(hit.title or '-')}  {escape(section_name(settings, hit.department))}  {hit.date or ''}")
        marked = "".join(f"[reverse]{escape(part)}[/]" if is_hit else escape(part) for part, is_hit in hit.snippet)
        page = _("p. {page}").format(page=hit.page)
        out.print(f"    {page}  {marked}")
    say(_count(result))
    return 0


def _count(result: SearchResult) -> str:
    if result.capped:
        return _("{n:,} records or more").format(n=result.total)
    return _n("{n:,} record", "{n:,} records", result.total) if result.exact else _("about {n:,} records").format(n=result.total)


# --- the operation ---


def status(facts: Mapping[str, Any], settings: Settings) -> int:
    say(_("scanpipe is running.") if facts["running"] else _("scanpipe is not running."))
    say(
        _(
            "{deliveries} deliveries = {records} records + {duplicates} duplicates + {rejected} not taken + {waiting} waiting; {needs_review} to be checked by a person"
        ).format(**facts)
    )
    for paused in facts["paused"]:
        say(
            _("Paused since {since}: {stage}: {reason}").format(
                since=moment(paused["since"]), stage=named.stage(paused["stage"]), reason=_(paused["reason"]).format(**paused["params"])
            )
        )
    for sentence in (*fixity(facts["fixity"]), *outgoing(facts["outgoing"])):
        say(sentence)
    if facts["reading"]:
        rows = [(r["number"], section_name(settings, r["department"]), r["name"], f"{r['pages_read']}/{r['pages'] or '?'}") for r in facts["reading"]]
        table([_("Number"), _("Section"), _("File"), _("Pages read")], rows, numbers=(3,))
    if facts["departments"]:
        names = ("deliveries", "records", "duplicates", "rejected", "waiting")
        headings = [_("Section"), _("Deliveries"), _("Records"), _("Duplicates"), _("Not taken"), _("Waiting")]
        rows = [(section_name(settings, code), *(counts[name] for name in names)) for code, counts in facts["departments"].items()]
        table(headings, rows, numbers=range(1, 6))
    lying(facts["lying"], settings)
    if facts["timetable"]:
        table(
            [_("Job"), _("Last run"), _("Outcome")],
            [(named.job(job), moment(run["finished"] or run["started"]), run["outcome"]) for job, run in facts["timetable"].items()],
        )
    return 0


_FAULTS_SHOWN = 5


def fixity(state: Mapping[str, Any]) -> Iterator[str]:
    """The background reading: what is not as it was filed, else how far it is. state: `fixity` of the status."""
    for one in state["faults"][:_FAULTS_SHOWN]:
        first = one["faults"][0]
        reason = named.reason(first)
        yield _("Record {number} is not as it was filed: {reason} Do not remove anything; compare with the backup.").format(number=one["number"], reason=reason)
    if len(state["faults"]) > _FAULTS_SHOWN:
        yield _("{n} more records are not as they were filed: scanpipe verify names them all.").format(n=len(state["faults"]) - _FAULTS_SHOWN)
    if state["records"]:
        yield _("Background reading: {checked} of {records} records were compared with what was filed.").format(**state)


def outgoing(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What should leave this server and does not. found: `outgoing` of the status."""
    for one in found:
        if one["failing_since"]:
            yield _("Not sent since {since}: {channel}: {reason}").format(since=moment(one["failing_since"]), channel=one["channel"], reason=one["reason"])
        if one["aside"]:
            yield _("Refused by {channel}: {n}, the first: {reason}").format(channel=one["channel"], n=one["aside"], reason=one["aside_reason"])


def lying(found: Sequence[Mapping[str, Any]], settings: Settings) -> None:
    """What stays in drop folders, each with the reason."""
    for row in found:
        section = section_name(settings, row["department"])
        say(_("Still in the drop folder of {section}: {name}: {reason}").format(section=section, name=row["name"], reason=_(row["reason"])))


def verified(body: Mapping[str, Any]) -> None:
    say(_("expected {expected} records = checked {checked} records ({files} files, {bytes} bytes); {events} events in the journal").format(**body)
        if body["expected"] == body["checked"]
        else _("expected {expected} records, but checked {checked}").format(**body))  # fmt: skip
    for deviation in body["deviations"]:
        say(f"! {deviation}")
    say(
        _("Everything is as it was filed.")
        if body["sound"]
        else _("{n} deviations. Do not remove anything; compare with the backup.").format(n=len(body["deviations"]))
    )


_MARKS = {Level.OK: N_("ok"), Level.WARN: N_("note"), Level.FAIL: N_("FAULT")}


def findings(found: Sequence[Finding]) -> None:
    table([_("Result"), _("What was found")], [(_(_MARKS[finding.level]), f"{finding.says} {finding.remedy}".strip()) for finding in found])
