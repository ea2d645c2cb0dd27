"""`scanpipe retention show|import|changes`: the schedule's arithmetic, a body's own schedule, and what a changed one would mean."""

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scanpipe import config, named
from scanpipe.catalogue.reader import NoCatalogue, retention_json
from scanpipe.catalogue.retained import held
from scanpipe.cli import arguments, asking, schedule_changes_verb, shown
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.dates import fiscal_year, plausible, plausible_year
from scanpipe.core.retention import keeps_paper, override_of, retention_of
from scanpipe.core.schedules.schedule_changes import changes, counted
from scanpipe.core.schedules.schedule_facts import Remark
from scanpipe.core.schedules.schedule_grouping import Kept
from scanpipe.errors import ConfigError, NotFound, ScanpipeError, UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.deciding import holds

if TYPE_CHECKING:
    from scanpipe.upkeep.schedule.schedule_import import Import

EXIT_SOME_NOT_UNDERSTOOD = 1
_MOST_SHOWN = 20  # remarks of one kind on a terminal; --json has all
_ROLES = {
    "code": N_("code"),
    "serial": N_("running number (not used)"),
    "class": N_("class"),
    "class code": N_("code of a class"),
    "title": N_("kinds of records"),
    "period": N_("period"),
    "mark": N_("period or its mark"),
    "given": N_("this period"),
    "start": N_("start"),
    "event": N_("event that starts it"),
    "disposition": N_("what then"),
    "transfer": N_("transfer where marked"),
    "destroy": N_("destroy where marked"),
    "remark": N_("remarks"),
    "other": N_("not used"),
}


def show(options: argparse.Namespace) -> int:
    """Start and expiry for a category, by the sub-rule for the title where there is one."""
    settings = settings_of(options)
    category = settings.schedule.categories.get(options.code)
    if category is None:
        codes = ", ".join(settings.schedule.categories)
        raise NotFound(N_("There is no category {code} in retention.toml. Its codes are: {codes}"), code=options.code, codes=codes)
    _check_days(options)
    found = retention_of(category, options.completed, event=options.event, accounting_year=options.accounting_year, title=options.title)
    special = override_of(category, options.title)
    body: dict[str, Any] = {"category": category.code, "category_name": category.name, "classes": list(category.classes)}
    body["completed"] = options.completed.isoformat()
    body["event"] = (special.event if special and special.event is not None else category.event) or None
    body |= {"title": options.title, "override": special.title if special else None, "paper_only": keeps_paper(category, options.title)}
    body["retention"] = retention_json(found)
    body["remarks"] = _remarks_on(options)
    if options.json:
        return shown.as_json(body)
    shown.retention(body)
    for remark in body["remarks"]:
        shown.say(remark)
    return os.EX_OK


def _check_days(options: argparse.Namespace) -> None:
    """Raises NotPlausible."""
    for day in (options.completed, options.event):
        if day is not None:
            plausible(day)
    if options.accounting_year is not None:
        plausible_year(options.accounting_year)


def _remarks_on(options: argparse.Namespace) -> list[str]:
    if options.event is None or options.event >= options.completed:
        return []
    said = _("Please check: the event ({event}) lies before the completion ({completed}).")
    return [said.format(event=options.event.isoformat(), completed=options.completed.isoformat())]


# --- import ---


def import_(options: argparse.Namespace) -> int:
    """A body's own schedule into retention.toml, with a report of what was understood."""
    from scanpipe.upkeep.schedule.schedule_import import import_schedule

    file = config.find_config(options.config)
    by = _importer(options, file)

    def take(*, dry_run: bool, may_shorten: bool) -> "Import":
        said: dict[str, Any] = {"replace": options.replace, "legend": _legend(options.legend), "at": datetime.now().astimezone()}
        return import_schedule(file, options.file, dry_run=dry_run, may_shorten=may_shorten, **said)

    may_shorten = options.yes
    if sys.stdin.isatty() and not (options.yes or options.json or options.dry_run):
        may_shorten = _agreed_to_shorten(take(dry_run=True, may_shorten=False))
        if not may_shorten:
            shown.say(_("Nothing was changed."))
            return os.EX_OK
    done = take(dry_run=options.dry_run, may_shorten=may_shorten)
    if by and done.backup is not None:
        told = {"added": list(done.added), "changed": sorted(done.changed), "removed": list(done.removed), "schedule": done.schedule.digest}
        asking.leave(config.load(file), "tell", by, kind="schedule", file=done.file, reason=options.reason or "", **told)
    affected = _affected(options, done)
    if options.json:
        shown.as_json(_report(done, options, affected))
    else:
        _show_report(done, options, affected)
    return EXIT_SOME_NOT_UNDERSTOOD if any(remark.problem for remark in done.reading.remarks) else os.EX_OK


def _importer(options: argparse.Namespace, file: Path) -> str | None:
    """Who imports, as it is written down; None if nobody says so. Raises UsageError, from the first account on unless it is one with the right."""
    try:
        settings = config.load(file)
    except ConfigError:  # of the present schedule, which the import may mend
        return options.by or None
    if options.dry_run:
        return None
    if options.by or asking.has_accounts(settings):
        return asking.account(settings, "accept_schedule", options.by or "")
    return None


def _agreed_to_shorten(would: "Import") -> bool:
    """Whether the import may go on: no period would become shorter, or the person at the terminal says yes."""
    if not would.shortened:
        return True
    _show_shortened(would)
    return input(_("Shorten these periods? [y/N] ")).strip().lower() in ("y", "yes", "はい")


def _show_shortened(would: "Import") -> None:
    shown.say(_("Categories whose periods would become shorter:"))
    for code in would.shortened:
        shown.say(f"  {code} {would.schedule.categories[code].name}: {_differences(would.changed.get(code, {}))}")


def _differences(keys: Mapping[str, tuple[object, object]]) -> str:
    return ", ".join(
        _("{n} new titles").format(n=after) if key == "titles" else f"{key}: {before if before is not None else '-'} → {after}"
        for key, (before, after) in keys.items()
    )


def _legend(texts: Sequence[str]) -> dict[str, str]:
    pairs = [pair.partition("=") for text in texts for pair in text.replace("＝", "=").replace("，", ",").replace("、", ",").split(",")]
    for mark, _equals, says in pairs:
        if not (mark.strip() and says.strip()):
            raise UsageError(N_("--legend {value}: write a mark, = and its period, for example 甲=永年,乙=10年"), value=",".join(texts))
    return {mark.strip(): says.strip() for mark, _equals, says in pairs}


def _affected(options: argparse.Namespace, done: "Import") -> dict[str, dict[str, int]]:
    """Records that the new schedule would keep otherwise; none where no catalogue can be read yet."""
    try:
        settings = settings_of(options)
        return counted(changes(held(settings.layout.catalogue_db), done.schedule))
    except (NoCatalogue, ScanpipeError):  # the schedule was wrong before, or nothing was filed yet
        return {}


def _report(done: "Import", options: argparse.Namespace, affected: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    reading = done.reading
    return {
        "file": done.file,
        "target": str(done.target),
        "dry_run": options.dry_run,
        "written": done.backup is not None or (not options.dry_run and bool(done.added or done.changed or done.removed)),
        "backup": str(done.backup) if done.backup else None,
        "rows": reading.rows,
        "rows_used": len({(entry.sheet, entry.row) for entry in reading.entries}),
        "notes": reading.notes,
        "legend": dict(reading.legend),
        "tables": [
            {"sheet": sheet or None, "row": row, "columns": [{"column": letters(c.at), "heading": c.heading, "as": c.role.value} for c in columns]}
            for sheet, row, columns in reading.tables
        ],
        "problems": [_remark(remark) for remark in reading.remarks if remark.problem],
        "guesses": [_remark(remark) for remark in reading.remarks if not remark.problem],
        "categories": [_category(kept) for kept in done.categories],
        "added": list(done.added),
        "changed": {code: {key: {"before": pair[0], "after": pair[1]} for key, pair in keys.items()} for code, keys in done.changed.items()},
        "removed": list(done.removed),
        "shortened": list(done.shortened),
        "records": affected,
    }


def _remark(remark: Remark) -> dict[str, Any]:
    return {"sheet": remark.sheet or None, "row": remark.row, "column": remark.column or None, "value": remark.value, "says": _(remark.says)}


def _category(kept: Kept) -> dict[str, Any]:
    rows = [{"sheet": sheet or None, "row": row} for sheet, row in kept.rows]
    return {name: getattr(kept, name) for name in ("code", "printed", "name", "path", "classes", "period", "start", "event", "disposition", "titles")} | {
        "rows": rows
    }


def letters(at: int) -> str:
    """A column as Excel calls it: 0 -> A, 26 -> AA."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(65 + rest) + name
    return name


def _show_report(done: "Import", options: argparse.Namespace, affected: Mapping[str, Mapping[str, int]]) -> None:
    reading = done.reading
    used = len({(entry.sheet, entry.row) for entry in reading.entries})
    shown.say(
        _("{file}: {rows} rows, {used} of them used, {notes} passed over as titles and notes; {categories} categories.").format(
            file=done.file, rows=reading.rows, used=used, notes=reading.notes, categories=len(done.categories)
        )
    )
    _show_columns(done)
    if reading.legend:
        shown.say(_("Marks: {marks}").format(marks=", ".join(f"{mark} = {says}" for mark, says in reading.legend.items())))
    _show_remarks(_("Not understood, and not taken:"), done.file, [remark for remark in reading.remarks if remark.problem])
    _show_remarks(_("Guessed; please check:"), done.file, [remark for remark in reading.remarks if not remark.problem])
    _show_outcome(done, options)
    if affected:
        schedule_changes_verb.show_counts(affected)
        shown.say(
            _(
                "Nothing of this was applied to records that are already kept. To see them: scanpipe retention changes --list;"
                " to accept it: scanpipe retention changes --apply --by WHO"
            )
        )


def _show_columns(done: "Import") -> None:
    for sheet, row, columns in done.reading.tables:
        where = (f"「{sheet}」" if sheet else "") + (_("row {row}").format(row=row) if row else _("a list under headings that are periods"))
        read = ", ".join(f"{letters(c.at)} {c.heading} = {_(_ROLES[c.role.value])}" for c in columns)
        shown.say(_("Table {where}: {columns}").format(where=where, columns=read) if read else _("Table {where}").format(where=where))


def _show_remarks(heading: str, file: str, remarks: Sequence[Remark]) -> None:
    if not remarks:
        return
    shown.say(f"\n{heading}")
    kinds: dict[str, list[Remark]] = {}
    for remark in remarks:
        kinds.setdefault(remark.says, []).append(remark)
    for says, alike in kinds.items():
        shown.say(f"  {_(says)}")
        for remark in alike[:_MOST_SHOWN]:
            row = _("row {row}").format(row=remark.row) if remark.row else ""
            shown.say("    " + " ".join(part for part in (file, remark.sheet, row, remark.column, f"「{remark.value}」" if remark.value else "") if part))
        if len(alike) > _MOST_SHOWN:
            shown.say("    " + _("and {n} more; --json shows all").format(n=len(alike) - _MOST_SHOWN))


def _show_outcome(done: "Import", options: argparse.Namespace) -> None:
    counts = {"added": len(done.added), "changed": len(done.changed), "removed": len(done.removed)}
    shown.say("")
    for code, keys in list(done.changed.items())[:_MOST_SHOWN]:
        shown.say(f"  {code}: {_differences(keys)}")
    if options.dry_run:
        if done.shortened:
            _show_shortened(done)
            shown.say(_("To take these, too, say --yes; else correct the codes in the table."))
        shown.say(_("Nothing was written (--dry-run). It would be: {added} categories new, {changed} changed, {removed} taken out.").format(**counts))
        return
    if not (done.added or done.changed or done.removed or done.backup):
        shown.say(_("{target} says all this already; nothing was changed.").format(target=done.target))
        return
    shown.say(_("{target}: {added} categories new, {changed} changed, {removed} taken out.").format(target=done.target, **counts))
    if done.backup:
        shown.say(_("The file as it was: {backup}").format(backup=done.backup))
    shown.say(_("A running scanpipe goes on with the old schedule until: systemctl reload scanpipe"))


# --- due ---


def due(options: argparse.Namespace) -> int:
    """Records whose disposal may come by the end of a fiscal year, and those that only a hold still keeps; disposes of nothing."""
    settings = settings_of(options)
    today = datetime.now(settings.timezone).date()
    year = fiscal_year(today) if options.fiscal_year is None else options.fiscal_year
    last = date(plausible_year(year) + 1, 3, 31)
    with reading(settings) as reader:
        found = holds.due(reader, settings, last, today, options.department)
    if options.json:
        return shown.as_json({"fiscal_year": year, "until": last.isoformat(), **found})
    _show_due(found, settings, last)
    return os.EX_OK


def _show_due(found: Mapping[str, Any], settings: Settings, last: date) -> None:
    if not found["due"]:
        shown.say(_("The period of no record ends so that it could be disposed of by {last}.").format(last=last.isoformat()))
    for code, records in holds.by_section(found["due"]):
        shown.say("\n" + _("{section}: {n} records, {sheets} sheets").format(section=shown.section_name(settings, code), **_sums(records)))
        rows = [(*_due_cells(one), one["disposable_from"], named.disposition(one["retention"]["disposition"])) for one in records]
        shown.table([_("Number"), _("Title"), _("Category"), _("Expires"), _("Disposal from"), _("Disposition")], rows)
    if found["blocked"]:
        shown.say("\n" + _("Held, so not to be disposed of:"))
        rows = [
            (*_due_cells(one), shown.section_name(settings, one["department"]), one["disposable_from"] or "-", _holding(one["retention"]["holds"]))
            for one in found["blocked"]
        ]
        shown.table([_("Number"), _("Title"), _("Category"), _("Expires"), _("Section"), _("Disposal from"), _("Held for")], rows)


def _sums(records: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {"n": len(records), "sheets": sum(one["sheets"] for one in records)}


def _due_cells(one: Mapping[str, Any]) -> tuple[str, ...]:
    return one["number"], one["title"] or "-", shown.category_name(one), one["retention"]["expires"] or "-"


def _holding(found: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(f"{named.hold_kind(one['kind'])} {one['reference']}: {one['reason']} ({named.hold_end(one)})" for one in found)


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`retention` with what it can be asked; each prints JSON, too."""
    retention = add("retention", help=_("the retention schedule: its arithmetic, a body's own schedule, what a change would mean"))
    what = retention.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser

    to_show = what("show", help=_("start and expiry for a category"))
    to_show.add_argument("code", metavar="CODE")
    to_show.add_argument("--completed", type=arguments.day, required=True, metavar="YYYY-MM-DD", help=_("the day the document was completed"))
    to_show.add_argument("--event", type=arguments.day, metavar="YYYY-MM-DD", help=_("the day of the event that starts the period, where one does"))
    to_show.add_argument("--accounting-year", type=int, metavar="YYYY", help=_("the accounting year a voucher belongs to"))
    to_show.add_argument("--title", metavar="TEXT", help=_("the record's title, for sub-rules by title"))
    to_show.set_defaults(run=show)

    take = what("import", help=_("take over a schedule from CSV or Excel, with a report of what was understood"))
    take.add_argument("file", type=Path, metavar="FILE", help=_(".csv, .xlsx or .xls, as the office has it"))
    take.add_argument("--replace", action="store_true", help=_("the table becomes the whole schedule; without it, it is merged into the present one"))
    take.add_argument("--dry-run", action="store_true", help=_("only say what was understood"))
    take.add_argument("--yes", action="store_true", help=_("also make periods of categories shorter, without being asked"))
    arguments.add_decider(take, required=False)
    take.add_argument("--legend", action="append", default=[], metavar="甲=永年,乙=10年", help=_("what marks mean, where the table does not say so"))
    take.set_defaults(run=import_)

    to_due = what("due", help=_("records whose disposal may come by the end of a fiscal year, by section; those that are held are shown apart"))
    to_due.add_argument("--fiscal-year", type=int, metavar="YYYY", help=_("the current one without it"))
    to_due.add_argument("--department", metavar="CODE", help=_("of one section, with those it took over"))
    to_due.set_defaults(run=due)

    return to_show, take, to_due, schedule_changes_verb.parser(what)
