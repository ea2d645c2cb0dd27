"""`scanpipe paper-status …`: the paper originals, box by box: what lies where, checked, cleared, approved, gone."""

import argparse
import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from scanpipe import named, storage
from scanpipe.cli import arguments, asking, decision_verbs, shown
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.disposing.papers import Kind, Status, box_number, word
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.disposal import boxes

_NEXT = {  # who does what next
    "check": N_("Next: a second person compares the sample with the paper: scanpipe paper-status check {box} --by WHO"),
    "result": N_("Next: the result of the comparison: scanpipe paper-status check {box} --passed --by WHO, or --failed NUMBER --reason TEXT --by WHO"),
    "clear": N_("Next: the head of the section clears the box: scanpipe paper-status clear {box} --by WHO"),
    "approve": N_("Next: the head of the records section, not {others}, approves: scanpipe paper-status approve {box} --by WHO"),
    "destroy": N_("Next: destroy the paper and record it: scanpipe paper-status destroy {box} --method TEXT --on YYYY-MM-DD --by WHO"),
}


# --- reading ---


def list_(options: argparse.Namespace) -> int:
    """All boxes, and the paper that lies in none."""
    settings = settings_of(options)
    with reading(settings) as reader:
        found = boxes.listed(reader.db, settings, _today(settings), options.department, options.status)
    if options.json:
        return shown.as_json(found)
    rows = [
        (one["box"], shown.section_name(settings, one["department"]), word(one["status"]), one["records"], _sheets(one), one["earliest"] or "-")
        for one in found["boxes"]
    ]
    if rows:
        headings = [_("Box"), _("Section"), _("Paper"), _("Records"), _("Sheets (declared)"), _("May be cleared from")]
        shown.table(headings, rows, numbers=(3, 4))
    else:
        shown.say(_("There is no such box."))
    for one in found["loose"]:
        section = shown.section_name(settings, one["department"])
        shown.say(_("In no box: {section}: {records} records, {sheets} sheets").format(section=section, records=one["records"], sheets=one["sheets"]))
    _left_out(found["left_out"])
    return os.EX_OK


def _sheets(one: Mapping[str, Any]) -> str:
    """Sheets counted; where covers declare others, both."""
    declared, counted = one["declared_sheets"], one["declared_counted"]
    return f"{one['sheets']:,}" + (f" ({counted:,} ≠ {declared:,})" if declared is not None and declared != counted else "")


def _left_out(found: Sequence[Mapping[str, Any]]) -> None:
    for one in found:
        shown.say("! " + _(boxes.LEFT_OUT).format(number=one["number"], section=one["department"], box=one["box"]))


def show(options: argparse.Namespace) -> int:
    """One box: its records, what keeps it, what comes next and by whom."""
    settings, body = _read(options)
    if options.json:
        return shown.as_json(_in_words(body))
    _show(body, settings)
    return os.EX_OK


def print_(options: argparse.Namespace) -> int:
    """The list of a box on A4, to lie in it or hang on it."""
    from scanpipe.upkeep.disposal.box_list import sheets

    settings, body = _read(options)
    out = options.out or Path(f"box-{body['box']}.pdf")
    with storage.place(out):
        out.write_bytes(sheets(body, section=shown.section_name(settings, body["department"]), day=_today(settings), language=settings.site.language))
    if options.json:
        return shown.as_json({"box": body["box"], "file": str(out), "records": body["records"]})
    shown.say(_("Print {path} and put it on box {box}.").format(path=out, box=body["box"]))
    return os.EX_OK


def _read(options: argparse.Namespace) -> tuple[Settings, dict[str, Any]]:
    settings = settings_of(options)
    with reading(settings) as reader:
        return settings, boxes.shown(reader.db, box_number(options.box), settings, _today(settings))


def _today(settings: Settings) -> date:
    return datetime.now(settings.timezone).date()


# --- asking ---


def box(options: argparse.Namespace) -> int:
    """Puts records into a box by hand, or takes them out of theirs."""
    settings = settings_of(options)
    if options.out:
        if options.box or options.numbers or options.query:
            raise UsageError(N_("--out takes records out of the box they lie in: name no box and no other records with it."))
        wants: dict[str, Any] = {"numbers": [asking.number(one) for one in options.out], "reason": options.reason or "", "dry_run": options.dry_run}
        answer = asking.ask(settings, "paper_out", options.by, **wants)
        return shown.as_json({"boxes": [_in_words(body) for body in answer["boxes"]]}) if options.json else _told(answer, settings, as_json=False)
    if not options.box:
        raise UsageError(N_("Name the box and the records: scanpipe paper-status box B-0012 NUMBER --by WHO"))
    numbers = [*map(asking.number, options.numbers), *(decision_verbs.found(options.query, settings) if options.query else [])]
    wants = {"box": options.box, "numbers": numbers, "reason": options.reason or "", "dry_run": options.dry_run}
    return _told(asking.ask(settings, "paper_box", options.by, **wants), settings, options.json)


def check(options: argparse.Namespace) -> int:
    """The sample to compare with the paper, or the result of the comparison."""
    settings = settings_of(options)
    if not options.passed and not options.failed:
        answer = asking.ask(settings, "paper_sample", options.by, box=options.box, dry_run=options.dry_run)
        return _told(answer, settings, options.json, sample=True)
    failed = [asking.number(one) for one in options.failed or ()]
    wants = {"failed": failed, "reason": options.reason or "", "dry_run": options.dry_run}
    answer = asking.ask(settings, "paper_check", options.by, box=options.box, **wants)
    return _told(answer, settings, options.json)


def step(options: argparse.Namespace) -> int:
    """clear, approve, destroy, transfer, return, back."""
    settings = settings_of(options)
    wants: dict[str, Any] = {"box": options.box, "reason": options.reason or "", "dry_run": getattr(options, "dry_run", False)}
    verb = f"paper_{options.what}"
    if options.what in boxes.kinds():
        verb, wants["how"], wants["on"] = "paper_remove", options.what, options.on.isoformat() if options.on else None
        wants |= {name: getattr(options, name, None) for name in ("method", "place", "reference", "left_office")}
    return _told(asking.ask(settings, verb, options.by, **wants), settings, options.json)


# --- in words ---


def _in_words(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with its reasons and check items as sentences."""
    reasons = [named.reason(one) for one in body["reasons"]]
    return {**body, "reasons": reasons, "items": {name: _(question) for name, question in body["items"].items()}}


def _told(answer: Mapping[str, Any], settings: Settings, as_json: bool, *, sample: bool = False) -> int:
    more = {name: answer[name] for name in ("put", "moved", "sample") if name in answer}
    if as_json:
        return shown.as_json({**(_in_words(answer["boxes"][0]) if answer["boxes"] else {}), **more, "dry_run": answer["dry_run"]})
    for one in more.get("moved", ()):
        moves = _("{number} would leave box {box}.") if answer["dry_run"] else _("{number} was taken out of box {box}.")
        shown.say(moves.format(number=one["number"], box=one["box"]))
    if answer["dry_run"] and more.get("put"):
        shown.say(_("It would be put in: {numbers}").format(numbers=", ".join(more["put"])))
    for body in answer["boxes"]:
        if sample:
            _show_sample(body, settings, answer["sample"] if "sample" in answer else body["sample"])
        else:
            _show(body, settings)
    if answer["dry_run"]:
        shown.say(_("Only shown: nothing was changed."))
    return os.EX_OK


def _show(body: Mapping[str, Any], settings: Settings) -> None:
    facts = [
        (_("Box"), body["box"]),
        (_("Section"), shown.section_name(settings, body["department"])),
        (_("Paper"), word(body["status"])),
        (_("Records"), body["records"]),
        (_("Sheets (declared)"), _sheets(body)),
        (_("May be cleared from"), body["earliest"] or "-"),
    ]
    shown.table([_("Fact"), _("Value")], facts)
    if body["contents"]:
        shown.say("")
        headings = [_("Number"), _("Title"), _("Category"), _("Sheets"), _("May go from"), ""]
        shown.table(headings, [_content(one) for one in body["contents"]], numbers=(3,))
    shown.say("")
    for reason in _in_words(body)["reasons"]:
        shown.say(f"! {reason}")
    _history(body["steps"])
    _show_next(body)


def _content(one: Mapping[str, Any]) -> tuple[object, ...]:
    marks = [
        says for says, holds in ((_("failed the check"), one["failed"] is not None), (_("keep on paper"), one["paper_only"]), (_("held"), one["held"])) if holds
    ]
    sheets = f"{one['sheets']} ≠ {one['declared_sheets']}" if one["declared_sheets"] not in (None, one["sheets"]) else one["sheets"]
    return (one["number"], one["title"] or "-", shown.category_name(one), "-" if sheets is None else sheets, one["free"] or "-", ", ".join(marks))


def _history(steps: Sequence[Mapping[str, Any]]) -> None:
    if not steps:
        return
    shown.say("")
    rows = [(shown.moment(one["at"]), named.box_step(one), one["by"], _more(one)) for one in steps]
    shown.table([_("When"), _("What"), _("Who"), _("Why")], rows)


def _more(one: Mapping[str, Any]) -> str:
    failed = ", ".join(one.get("failed", ()))
    on = one["day"] if one["kind"] in (Kind.DESTROYED, Kind.TRANSFERRED, Kind.RETURNED) else ""
    return " / ".join(filter(None, (failed, *(one.get(name) for name in ("method", "place", "reference")), on, one.get("reason"))))


def _show_next(body: Mapping[str, Any]) -> None:
    after = body["next"]
    if after is None or not body["records"]:
        return
    step = "result" if after["step"] == "check" and body["sampled_by"] else after["step"]
    shown.say("")
    shown.say(_(_NEXT[step]).format(box=body["box"], others=", ".join(after["not_by"])))


def _show_sample(body: Mapping[str, Any], settings: Settings, numbers: Sequence[str]) -> None:
    """numbers: of the records to compare; in a dry run the box does not know them yet."""
    chosen = [one for one in body["contents"] if one["number"] in numbers]
    says = _("Box {box}: compare these {n} of {all} records with the paper (JIS Z 9015-1, general inspection level II).")
    shown.say(says.format(box=body["box"], n=len(chosen), all=body["records"]))
    headings = [_("Number"), _("Title"), _("Category"), _("Sheets"), _("Pages"), "dpi", _("Cabinet")]
    rows = [
        (
            *_content(one)[:4],
            _("{pages} ({blank} blank)").format(pages=one["pages"], blank=one["blank_pages"]),
            round(one["lowest_dpi"] or 0),
            one["path"] or "-",
        )
        for one in chosen
    ]
    shown.table(headings, rows, numbers=(3, 5))
    shown.say("")
    for question in _in_words(body)["items"].values():
        shown.say(f"□ {question}")
    _show_next(body)


# --- parsers ---


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`paper-status` with what it does."""
    verb = add("paper-status", help=_("the paper originals, box by box: check, clear, approve, record destruction"))
    what = verb.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser
    return (*_readers(what), *_fillers(what), *_steppers(what))


def _readers(what: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    to_list = what("list", help=_("all boxes with their records and sheets, and what lies in no box"))
    to_list.add_argument("--department", metavar="CODE", help=_("of one section"))
    to_list.add_argument("--status", choices=[status.value for status in Status], help=_("only those that are so far"))
    to_list.set_defaults(run=list_)

    to_show = what("show", help=_("one box: its records, what keeps it, what comes next and by whom"))
    to_show.add_argument("box", metavar="BOX")
    to_show.set_defaults(run=show)

    to_print = what("print", help=_("the list of a box on A4, to put on it"))
    to_print.add_argument("box", metavar="BOX")
    to_print.add_argument("--out", type=Path, metavar="FILE.pdf", help=_("where to write it; box-NUMBER.pdf here without it"))
    to_print.set_defaults(run=print_)
    return to_list, to_show, to_print


def _fillers(what: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    to_box = what("box", help=_("put records into a box by hand, or take them out (--out)"))
    to_box.add_argument("box", nargs="?", metavar="BOX")
    to_box.add_argument("numbers", nargs="*", metavar="NUMBER")
    to_box.add_argument("--query", metavar="QUERY", help=_("all records that this search finds now"))
    to_box.add_argument("--out", nargs="+", metavar="NUMBER", help=_("these records leave the box they lie in"))
    arguments.add_decider(to_box)
    to_box.set_defaults(run=box)
    to_box.intermixed = True

    to_check = what("check", help=_("the records to compare with the paper; with --passed or --failed the result"))
    to_check.add_argument("box", metavar="BOX")
    result = to_check.add_mutually_exclusive_group()
    result.add_argument("--passed", action="store_true", help=_("all of the sample is as the paper is"))
    result.add_argument("--failed", nargs="+", metavar="NUMBER", help=_("these are not; say why with --reason"))
    arguments.add_decider(to_check)
    to_check.set_defaults(run=check)
    for verb in (to_box, to_check):
        verb.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    return to_box, to_check


def _steppers(what: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    says = {
        "clear": _("the paper of this box may go: by the head of the section"),
        "approve": _("agree that it goes: by another person"),
        "destroy": _("record that the paper was destroyed"),
        "transfer": _("record that the paper went to an archive"),
        "return": _("record that the paper was given back; what stays in the office saves nothing"),
        "back": _("take the newest step back, while the paper is still there"),
    }
    made = {name: what(name, help=help_) for name, help_ in says.items()}
    for name, parser in made.items():
        parser.add_argument("box", metavar="BOX")
        arguments.add_decider(parser)
        parser.set_defaults(run=step)
        if name != "back":
            parser.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    for name in boxes.kinds():
        made[name].add_argument("--on", type=arguments.day, metavar="YYYY-MM-DD", help=_("the day on which it was done; today without it"))
    made["destroy"].add_argument("--method", required=True, metavar="TEXT", help=_("how: pulped, shredded, burnt …"))
    made["destroy"].add_argument("--certificate", dest="reference", metavar="TEXT", help=_("number of the certificate of destruction"))
    for name in ("transfer", "return"):
        made[name].add_argument("--to", dest="place", required=True, metavar="TEXT", help=_("where it went"))
        made[name].add_argument("--reference", metavar="TEXT", help=_("number of the receipt"))
    made["return"].add_argument("--left-office", action="store_true", help=_("it left the office: its sheets count as removed"))
    return tuple(made.values())
