"""`scanpipe split`, `merge`, `replace`: records that were scanned into the wrong pieces, and rescans; `correct --undo` takes each back."""

import argparse
import os
from collections.abc import Mapping
from typing import Any

from scanpipe import named
from scanpipe.cli import arguments, asking, shown
from scanpipe.cli.site import settings_of
from scanpipe.i18n import _


def split(options: argparse.Namespace) -> int:
    """One record into several, by pages."""
    settings = settings_of(options)
    wants = {"number": asking.number(options.number), "pages": options.pages, "titles": options.title, "reason": options.reason or ""}
    answer = asking.ask(settings, "split", options.by, **wants, dry_run=options.dry_run)
    if options.json:
        return shown.as_json(answer)
    rows = [(part["number"] or "—", part["pages"], part["title"] or _("as it is read")) for part in answer["parts"]]
    shown.table([_("Number"), _("Pages"), _("Title")], rows)
    return _end(answer, answer["number"], _("{number} now only proves what was delivered; it has left the cabinet and the search, and counts no sheets."))


def merge(options: argparse.Namespace) -> int:
    """Several records into one."""
    settings = settings_of(options)
    wants = {"numbers": [asking.number(one) for one in options.numbers], "reason": options.reason or ""}
    answer = asking.ask(settings, "merge", options.by, **wants, dry_run=options.dry_run)
    if options.json:
        return shown.as_json(answer)
    shown.table([_("Number"), _("Pages"), _("Made of")], [(answer["number"] or "—", answer["pages"], ", ".join(answer["merged"]))])
    return _end(answer, answer["number"], _("The records that it was made of now only prove what was delivered; they have left the cabinet and the search."))


def _end(answer: Mapping[str, Any], number: str | None, says: str) -> int:
    if answer["held_by"]:
        shown.say(_("Held: what holds the old records holds the new ones, too ({n} holds).").format(n=len(answer["held_by"])))
    if answer["dry_run"]:
        shown.say(_("Only shown: nothing was changed."))
        return os.EX_OK
    shown.say(says.format(number=number))
    shown.say(_("To take it back: scanpipe correct --undo {number} --by WHO").format(number=number))
    return os.EX_OK


def replace(options: argparse.Namespace) -> int:
    """A rescan takes the place of another record."""
    settings = settings_of(options)
    old, new = asking.number(options.old), asking.number(options.new)
    answer = asking.ask(settings, "replace", options.by, old=old, new=new, reason=options.reason, dry_run=options.dry_run)
    if options.json:
        return shown.as_json(answer)
    taken = answer["new"]
    rows = [(named.about(name), taken["before"][name] or "—", value or "—") for name, value in taken["after"].items() if name != "replaces"]
    if rows:
        shown.table([_("Fact"), _("Before"), _("After")], rows)
    else:
        shown.say(
            _("{number} takes nothing over: nobody had decided anything about {old}, and nothing of the new one is doubtful.").format(number=new, old=old)
        )
    if answer["dry_run"]:
        shown.say(_("Only shown: nothing was changed."))
        return os.EX_OK
    list_number = answer["disposal"]["number"]
    shown.say(
        _("{old} is on the list {list} to be withdrawn. Another person approves it: scanpipe dispose approve {list} --by WHO").format(old=old, list=list_number)
    )
    shown.say(
        _("To take it back: scanpipe correct --undo {number} --by WHO, and scanpipe dispose cancel {list} --by WHO --reason TEXT").format(
            number=new, list=list_number
        )
    )
    return os.EX_OK


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`split`, `merge`, `replace`."""
    to_split = add("split", help=_("split a record into several, by pages: the separator sheet was forgotten"))
    to_split.add_argument("number", metavar="NUMBER")
    to_split.add_argument("--pages", action="append", required=True, metavar="1-5", help=_("the pages of one part; once for each part, together all pages"))
    to_split.add_argument("--title", action="append", default=[], metavar="TEXT", help=_("titles of the parts in order; empty: as it is read"))

    to_merge = add("merge", help=_("merge records into one, in this order: one document came in several scans"))
    to_merge.add_argument("numbers", nargs="+", metavar="NUMBER")

    to_replace = add("replace", help=_("a rescan takes the place of a record, which is put on a list to be withdrawn"))
    to_replace.add_argument("old", metavar="OLD", help=_("the bad scan"))
    to_replace.add_argument("new", metavar="NEW", help=_("the scan that was made anew"))

    for verb, run in ((to_split, split), (to_merge, merge), (to_replace, replace)):
        verb.add_argument("--by", required=True, metavar="WHO", help=_("your name, for the log"))
        verb.add_argument("--reason", required=run is replace, metavar="TEXT", help=_("why, for the log"))
        verb.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
        verb.set_defaults(run=run)
    return to_split, to_merge, to_replace
