"""`scanpipe dispose …`: lists of records to destroy or to hand to the archives: proposed, agreed to, approved by others, carried out, certified."""

import argparse
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from scanpipe import named
from scanpipe.catalogue.disposal_lists import disposal as list_named
from scanpipe.cli import arguments, asking, shown
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.disposing.disposals import DESTROY, TRANSFER
from scanpipe.core.disposing.obstacles import HELD
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.disposal import disposals_shown
from scanpipe.upkeep.disposal.certified import SHEET, folder_of, interim_name

_STAGES, _KINDS, _ACTIONS, _STATES = named.DISPOSAL_STAGES, named.DISPOSAL_KINDS, named.DISPOSAL_ACTIONS, named.ENTRY_STATES
_NEEDS = {
    "answer": N_("These sections have still to agree: {of}. scanpipe dispose answer {list} --department CODE --agree --by WHO"),
    "select": N_("Transfer or destroy has still to be chosen for {count} records. scanpipe dispose select {list} NUMBER --action transfer|destroy --by WHO"),
    "approve": N_("{count} more persons must approve it, other than {of}. scanpipe dispose approve {list} --by WHO"),
    "carry-out": N_("It can be carried out now. scanpipe dispose carry-out {list} --by WHO"),
    "leave-out": N_("{count} records were kept back. When the reason is gone, say carry-out again; or take them off: scanpipe dispose leave-out {list} NUMBER"),
    "hand-over": N_("{count} records lie in the bag {bag}. Give it to the archives; when they confirm it: scanpipe dispose handed-over {list} --reference TEXT --by WHO"),
    "wait": N_("scanpipe is carrying it out; {count} records are left."),
}  # fmt: skip


def _word(words: Mapping[Any, str], name: str | None) -> str:
    return _(words[name])


def _asked(verb: str, options: argparse.Namespace, **wants: Any) -> int:
    """The wish, then the list as it stands."""
    settings = settings_of(options)
    answer = asking.ask(settings, verb, options.by, **wants)
    if not answer["dry_run"]:
        answer["disposal"] = _found(answer["disposal"]["number"], settings)  # it may have been carried out meanwhile
    if options.json:
        return shown.as_json(answer)
    _show(answer["disposal"], settings)
    for one in answer["kept"]:
        shown.say(f"! {one['reason']}")
    if answer["held"]:
        shown.say("\n" + _("Held, so not on the list:"))
        rows = [(one["number"], one["title"] or "-", "; ".join(h["reference"] or h["reason"] for h in one["retention"]["holds"])) for one in answer["held"]]
        shown.table([_("Number"), _("Title"), _("Held for")], rows)
    if answer["dry_run"]:
        shown.say(_("Only shown: nothing was changed."))
    return os.EX_OK


def _found(name: str, settings: Settings) -> dict[str, Any]:
    with reading(settings) as reader:
        return disposals_shown.disposal_json(list_named(reader.db, name), reader, settings)


def propose(options: argparse.Namespace) -> int:
    """A list of all records whose period has passed."""
    wants = {name: getattr(options, name) for name in ("fiscal_year", "department", "reason", "dry_run")}
    return _asked("dispose", options, **wants)


def withdraw(options: argparse.Namespace) -> int:
    """A list of wrong scans."""
    replaced_by = asking.number(options.replaced_by) if options.replaced_by else None
    numbers = [asking.number(one) for one in options.numbers]
    return _asked("withdraw", options, numbers=numbers, reason=options.reason, replaced_by=replaced_by, dry_run=options.dry_run)


def answer(options: argparse.Namespace) -> int:
    """A section agrees, or asks for more time for some of its records."""
    if options.extend and not options.numbers:
        raise UsageError(N_("Name the records that are kept longer: --extend YYYY-MM-DD NUMBER…"))
    if not options.extend and options.numbers:
        raise UsageError(N_("A section agrees to all its records of the list. For some of them it asks for more time: --extend YYYY-MM-DD NUMBER…"))
    extend = options.extend.isoformat() if options.extend else None
    numbers = [asking.number(one) for one in options.numbers]
    wants = {"department": options.department, "extend": extend, "numbers": numbers, "reason": options.reason, "dry_run": options.dry_run}
    return _asked("dispose_answer", options, list=_list(options), **wants)


def select(options: argparse.Namespace) -> int:
    """What becomes of historical records."""
    numbers = [asking.number(one) for one in options.numbers]
    wants = {"numbers": numbers, "action": options.action, "reason": options.reason, "dry_run": options.dry_run}
    return _asked("dispose_select", options, list=_list(options), **wants)


def leave_out(options: argparse.Namespace) -> int:
    """Records are taken off the list."""
    wants = {"numbers": [asking.number(one) for one in options.numbers], "reason": options.reason, "dry_run": options.dry_run}
    return _asked("dispose_leave_out", options, list=_list(options), **wants)


def approve(options: argparse.Namespace) -> int:
    return _asked("dispose_approve", options, list=_list(options), dry_run=options.dry_run)


def cancel(options: argparse.Namespace) -> int:
    return _asked("dispose_cancel", options, list=_list(options), reason=options.reason)


def carry_out(options: argparse.Namespace) -> int:
    return _asked("dispose_carry_out", options, list=_list(options), dry_run=options.dry_run)


def handed_over(options: argparse.Namespace) -> int:
    return _asked("dispose_handed_over", options, list=_list(options), reference=options.reference, dry_run=options.dry_run)


def _list(options: argparse.Namespace) -> str:
    return str(options.list).strip().upper()


# --- shown ---


def list_(options: argparse.Namespace) -> int:
    """The lists that are open, or all."""
    settings = settings_of(options)
    with reading(settings) as reader:
        found = list(disposals_shown.lists(reader, all_of_them=options.all))
    if options.json:
        return shown.as_json(found)
    if not found:
        shown.say(_("There is no disposal list.") if options.all else _("No disposal list is open."))
        return os.EX_OK
    rows = [
        (
            one["number"],
            _word(_KINDS, one["kind"]),
            _word(_STAGES, one["stage"]),
            one["proposed"]["at"][:10],
            one["proposed"]["by"],
            one["records"],
            one["disposed"],
        )
        for one in found
    ]
    shown.table([_("List"), _("Kind"), _("Stage"), _("Proposed on"), _("Proposed by"), _("Records"), _("Disposed of")], rows, numbers=(5, 6))
    return os.EX_OK


def show(options: argparse.Namespace) -> int:
    """One list: its records by section, who did what, what is still needed."""
    settings = settings_of(options)
    body = _found(_list(options), settings)
    if options.json:
        return shown.as_json(body)
    _show(body, settings)
    return os.EX_OK


def _show(body: Mapping[str, Any], settings: Settings) -> None:
    shown.say(_("{list}: {kind}, {stage}").format(list=body["number"], kind=_word(_KINDS, body["kind"]), stage=_word(_STAGES, body["stage"])))
    shown.table(
        [_("When"), _("What"), _("Who"), _("Remarks")],
        [(shown.moment(at), *rest) for at, *rest in sorted(_acts(body, settings), key=lambda act: datetime.fromisoformat(act[0]))],
    )
    for code, several in groupby(body["entries"], key=lambda one: one["department"]):
        entries = list(several)
        sheets = sum(one["sheets"] or 0 for one in entries)
        section = shown.section_name(settings, code)
        shown.say("\n" + _("{section}: {n} records, {sheets} sheets").format(section=section, n=disposals_shown.counted(entries), sheets=sheets))
        shown.table([_("Number"), _("Title"), _("Category"), _("Expires"), _("Action"), _("State")], [_row(one, body["stage"]) for one in entries])
        for one in entries:
            if one["obstacle"]:
                shown.say(f"! {one['obstacle']}")
            elif one["held_by"] and body["stage"] in ("proposed", "approved"):
                shown.say("! " + _(HELD).format(number=one["number"], reference=one["held_by"]))
        for one in entries:
            if one["batch_of"]:
                says = _("{number} is not counted: it only proves what was delivered, and goes along with {others}.")
                shown.say(says.format(number=one["number"], others=", ".join(one["batch_of"])))
    bag = folder_of(body["number"], settings.layout) / "bag"
    for need in body["needs"]:
        of = ", ".join(shown.section_name(settings, one) if need["what"] == "answer" else one for one in need["of"])
        shown.say("→ " + _word(_NEEDS, need["what"]).format(of=of, count=need["count"], list=body["number"], bag=bag))
    for one in body["interim"]:
        says = _("Interim certificate no. {issue} of what is gone: {path}")
        shown.say(says.format(issue=one["issue"], path=folder_of(body["number"], settings.layout) / interim_name(one["issue"]) / SHEET))
    if body["stage"] == "done":
        shown.say(_("The certificate: {path}").format(path=folder_of(body["number"], settings.layout) / SHEET))


def _row(one: Mapping[str, Any], stage: str) -> tuple[str, ...]:
    state = _word(_STATES, one["state"]) if stage != "cancelled" else "-"
    return (one["number"], one["title"] or "-", shown.category_name(one), one["expires"] or "-", _word(_ACTIONS, one["action"]), state)


def _acts(body: Mapping[str, Any], settings: Settings) -> Iterable[tuple[str, str, str, str]]:
    """Moment, what, who, remarks; in any order."""
    ground = body["reason"] or _("periods that ended by {day}").format(day=body["last"])
    replaced = _("; replaced by {number}").format(number=body["replaced_by"]) if body["replaced_by"] else ""
    yield body["proposed"]["at"], _("proposed"), body["proposed"]["by"], ground + replaced
    for one in body["answers"]:
        yield one["at"], _("agreed"), one["by"], shown.section_name(settings, one["department"])
    for one in body["changes"]:
        yield from _changed(one)
    for one in body["approvals"]:
        yield one["at"], _("approved"), one["by"], one["text"]
    words = {
        "begun": _("carrying-out begun"),
        "bagged": _("bag made"),
        "handed_over": _("handed over"),
        "cancelled": _("cancelled"),
        "done": _("carried out"),
    }
    for name, word in words.items():
        if body[name]:
            text = body[name]["text"]
            yield body[name]["at"], word, body[name]["by"], text if name in ("handed_over", "cancelled") else text[:16]


def _changed(one: Mapping[str, Any]) -> Iterable[tuple[str, str, str, str]]:
    """A choice of transfer or destroy, or records that were taken off the list, with the approvals that this undid."""
    for action in sorted(set(one["actions"].values()), key=str):
        numbers = ", ".join(number for number, chosen in sorted(one["actions"].items()) if chosen == action)
        yield one["at"], _("chosen: {action}").format(action=_word(_ACTIONS, action)), one["by"], _remark(numbers, one)
    if one["gone"]:
        yield one["at"], _("taken off the list"), one["by"], _remark(", ".join(one["gone"]), one)


def _remark(numbers: str, one: Mapping[str, Any]) -> str:
    void = _("approvals void: {names}").format(names=", ".join(one["voided"])) if one["voided"] else ""
    return " / ".join(filter(None, (numbers, one["text"], void)))


# --- parsers ---


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`dispose` with its steps."""
    dispose = add("dispose", help=_("destroy records or hand them to the archives, by a list that sections agreed to and other persons approved"))
    what = dispose.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser

    to_propose = what("propose", help=_("a list of all records whose period has passed; held ones are shown apart"))
    to_propose.add_argument("--fiscal-year", type=int, metavar="YYYY", help=_("periods that ended in that fiscal year or before; last year without it"))
    to_propose.add_argument("--department", metavar="CODE", help=_("of one section, with those it took over"))
    to_withdraw = what("withdraw", help=_("a list of wrong scans, whatever their period; one other person must approve it"))
    to_withdraw.add_argument("numbers", nargs="+", metavar="NUMBER")
    to_withdraw.add_argument("--replaced-by", metavar="NUMBER", help=_("the record that takes their place"))
    for verb in (to_propose, to_withdraw):
        arguments.add_decider(verb)
        verb.add_argument("--dry-run", action="store_true", help=_("only show what would change"))

    to_answer = _of_list(what("answer", help=_("a section agrees to its part of the list, or keeps some of its records longer")))
    to_answer.add_argument("numbers", nargs="*", metavar="NUMBER", help=_("with --extend: which records"))
    to_answer.add_argument("--department", required=True, metavar="CODE")
    how = to_answer.add_mutually_exclusive_group(required=True)
    how.add_argument("--agree", action="store_true", help=_("all its records of the list may go"))
    how.add_argument("--extend", type=arguments.day, metavar="YYYY-MM-DD", help=_("these records are kept until then, and leave the list"))
    arguments.add_decider(to_answer)

    to_select = _of_list(what("select", help=_("choose for historical records: to the archives, or destroy")))
    to_select.add_argument("numbers", nargs="+", metavar="NUMBER")
    to_select.add_argument("--action", choices=(TRANSFER, DESTROY), required=True)
    arguments.add_decider(to_select)

    to_leave_out = _of_list(what("leave-out", help=_("take records off the list; approvals must then be given again")))
    to_leave_out.add_argument("numbers", nargs="+", metavar="NUMBER")
    arguments.add_decider(to_leave_out)

    to_approve = _of_list(what("approve", help=_("approve the list as it is; never by who proposed it, two persons for ended periods, one for wrong scans")))
    to_approve.add_argument("--by", required=True, metavar="WHO", help=_("your name, for the log"))
    for verb in (to_answer, to_select, to_leave_out, to_approve):
        verb.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    for verb in (to_withdraw, to_answer, to_select, to_leave_out):
        verb.intermixed = True
    to_cancel = _of_list(what("cancel", help=_("give the list up before it is carried out")))
    arguments.add_decider(to_cancel)
    to_carry_out = _of_list(what("carry-out", help=_("destroy what is on an approved list and make the bag for the archives; cannot be undone")))
    to_carry_out.add_argument("--by", required=True, metavar="WHO", help=_("your name, for the log"))
    to_carry_out.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    to_hand_over = _of_list(what("handed-over", help=_("the archives confirmed what was in the bag; its records are now erased here")))
    to_hand_over.add_argument("--reference", required=True, metavar="TEXT", help=_("number of the archives' receipt"))
    to_hand_over.add_argument("--by", required=True, metavar="WHO", help=_("your name, for the log"))
    to_hand_over.add_argument("--dry-run", action="store_true", help=_("only show what would change"))

    to_list = what("list", help=_("the lists that are open"))
    to_list.add_argument("--all", action="store_true", help=_("closed and cancelled ones, too"))
    to_show = _of_list(what("show", help=_("one list: its records by section, answers, approvals, and what is still needed by whom")))

    every = {
        to_propose: propose, to_withdraw: withdraw, to_answer: answer, to_select: select, to_leave_out: leave_out, to_approve: approve,
        to_cancel: cancel, to_carry_out: carry_out, to_hand_over: handed_over, to_list: list_, to_show: show,
    }  # fmt: skip
    for verb, run in every.items():
        verb.set_defaults(run=run)
    return tuple(every)


def _of_list(verb: arguments.Parser) -> arguments.Parser:
    verb.add_argument("list", metavar="LIST", help=_("its number, like D2026-001"))
    return verb
