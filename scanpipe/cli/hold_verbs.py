"""`scanpipe hold add|end|void|list`: what must not be destroyed, whatever its period says."""

import argparse
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from scanpipe import named
from scanpipe.cli import arguments, asking, decision_verbs, shown
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.disposing.holds import KINDS
from scanpipe.errors import NotFound
from scanpipe.i18n import N_, _
from scanpipe.upkeep.deciding import holds


def begin(options: argparse.Namespace) -> int:
    """Holds the records named, all that a query finds now, and with --department, --category, --fiscal-year also those that come later."""
    settings = settings_of(options)
    found = decision_verbs.found(options.query, settings) if options.query else []
    if options.query and not found:
        raise NotFound(N_("{query} finds no record, so nothing would be held."), query=options.query)
    wants: dict[str, Any] = {name: getattr(options, name) for name in ("kind", "reason", "reference", "until_event", "query", "dry_run")}
    wants |= {name: day.isoformat() if (day := getattr(options, name)) else None for name in ("from", "until")}
    wants["numbers"] = [*map(asking.number, options.numbers), *found]
    wants["standing"] = {name: getattr(options, name) for name in ("department", "category", "fiscal_year")}
    return _told(asking.ask(settings, "hold", options.by, **wants), options.json)


def end(options: argparse.Namespace) -> int:
    """The decision was made, or the matter has ended otherwise."""
    settings = settings_of(options)
    on = options.on.isoformat() if options.on else None
    return _told(asking.ask(settings, "end_hold", options.by, hold=options.hold, on=on, reason=options.reason, dry_run=options.dry_run), options.json)


def void(options: argparse.Namespace) -> int:
    """The hold was entered by mistake."""
    settings = settings_of(options)
    return _told(asking.ask(settings, "void_hold", options.by, hold=options.hold, reason=options.reason, dry_run=options.dry_run), options.json)


def list_(options: argparse.Namespace) -> int:
    """Holds in force, or all that ever were."""
    settings = settings_of(options)
    with reading(settings) as reader:
        found = holds.listed(reader, datetime.now(settings.timezone).date(), all_of_them=options.all)
    if options.json:
        return shown.as_json(found)
    if not found:
        shown.say(_("No record is held."))
        return os.EX_OK
    headings = [_("Hold"), _("Kind"), _("Reference"), _("Held from"), _("Kept until"), _("Records"), _("Covers"), _("Why"), _("Entered by")]
    shown.table(headings, [_row(one, settings) for one in found], numbers=(5,))
    return os.EX_OK


def _row(one: Mapping[str, Any], settings: Settings) -> tuple[object, ...]:
    return (one["id"], named.hold_kind(one["kind"]), one["reference"] or "-", one["from"], named.hold_end(one), one["records"], _covers(one, settings), one["reason"], one["by"])  # fmt: skip


def _covers(one: Mapping[str, Any], settings: Settings) -> str:
    standing = one["standing"] or {}
    parts = [_("{n} named").format(n=len(one["numbers"]))] if one["numbers"] else []
    if standing:
        section = shown.section_name(settings, standing["department"]) if standing["department"] else None
        all_of = [str(value) for value in (section, standing["category"], standing["fiscal_year"]) if value is not None]
        parts.append(_("all of {filter}").format(filter=", ".join(all_of)))
    return "; ".join(parts)


def _told(answer: Mapping[str, Any], as_json: bool) -> int:
    if as_json:
        return shown.as_json(answer)
    one = answer["hold"]
    facts = (
        (_("Hold"), one["id"]),
        (_("Kind"), named.hold_kind(one["kind"])),
        (_("Reference"), one["reference"] or "-"),
        (_("Why"), one["reason"]),
        (_("Held from"), one["from"]),
        (_("Kept until"), named.hold_end(one)),
        (_("Records"), answer["records"]),
    )
    shown.table([_("Fact"), _("Value")], facts)
    if answer.get("already"):
        shown.say(_("Held already; nothing was entered."))
    elif answer["dry_run"]:
        shown.say(_("Only shown: nothing was changed."))
    return os.EX_OK


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`hold` with what it does."""
    hold = add("hold", help=_("keep records from disposal, paper and digital alike: disclosure request, lawsuit, audit …"))
    what = hold.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser

    to_begin = what("add", help=_("hold records, by number, by a search, or all of a section, category or fiscal year"))
    to_begin.intermixed = True
    to_begin.add_argument("numbers", nargs="*", metavar="NUMBER")
    to_begin.add_argument("--query", metavar="QUERY", help=_("all records that this search finds now"))
    to_begin.add_argument("--department", metavar="CODE", help=_("all records of this section, also those that come later"))
    to_begin.add_argument("--category", metavar="CODE", help=_("only, or all, of this category, also those that come later"))
    to_begin.add_argument("--fiscal-year", type=int, metavar="YYYY", help=_("only, or all, completed in this fiscal year, also those that come later"))
    to_begin.add_argument("--kind", choices=KINDS, required=True, help=_("a disclosure request and an appeal add one year after the decision"))
    to_begin.add_argument("--reference", metavar="TEXT", help=_("number of the request, case or audit"))
    to_begin.add_argument("--from", type=arguments.day, metavar="YYYY-MM-DD", help=_("its first day; today without it"))
    to_begin.add_argument("--until", type=arguments.day, metavar="YYYY-MM-DD", help=_("its last day, or the day of the decision, where it is known beforehand"))
    to_begin.add_argument("--until-event", metavar="TEXT", help=_("what is waited for (judgment, end of the audit …)"))
    arguments.add_decider(to_begin)
    to_begin.set_defaults(run=begin)

    to_end = what("end", help=_("the decision was made, or the matter has ended"))
    to_end.add_argument("hold", metavar="ID", help=_("as `hold list` shows it, or its reference"))
    to_end.add_argument("--on", type=arguments.day, metavar="YYYY-MM-DD", help=_("the day of the decision; today without it"))
    arguments.add_decider(to_end)
    to_end.set_defaults(run=end)
    to_void = what("void", help=_("it was entered by mistake: it keeps nothing from now on, and adds no year"))
    to_void.add_argument("hold", metavar="ID", help=_("as `hold list` shows it, or its reference"))
    arguments.add_decider(to_void)
    to_void.set_defaults(run=void)
    for verb in (to_begin, to_end, to_void):
        verb.add_argument("--dry-run", action="store_true", help=_("only show what would change"))

    show = what("list", help=_("the holds in force"))
    show.add_argument("--all", action="store_true", help=_("ended and void ones, too"))
    show.set_defaults(run=list_)
    return to_begin, to_end, to_void, show
