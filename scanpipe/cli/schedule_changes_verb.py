"""`scanpipe retention changes`: records that a changed schedule would keep otherwise, and a person's word that it shall be so."""

import argparse
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanpipe import named
from scanpipe.catalogue.reader import retention_json
from scanpipe.catalogue.retained import held
from scanpipe.cli import arguments, asking, decision_verbs, shown
from scanpipe.cli.site import settings_of
from scanpipe.config import Settings
from scanpipe.core.schedules.schedule_changes import AT_ONCE, Change, acceptable, changes, counted
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _
from scanpipe.named import EFFECTS


def list_changes(options: argparse.Namespace) -> int:
    """Records whose retention the schedule now gives otherwise; applies nothing unless a person says so."""
    if options.apply:
        return _apply(options)
    settings = settings_of(options)
    found = _of_category(options, changes(held(settings.layout.catalogue_db), settings.schedule))
    if not options.list:
        counts = counted(found)
        if options.json:
            return shown.as_json({"counts": counts})
        show_counts(counts)
        return os.EX_OK
    listed = list(found)
    if options.json:
        return shown.as_json({"counts": counted(listed), "records": [_change(change) for change in listed]})
    _show_list(listed)
    return os.EX_OK


def _change(change: Change) -> dict[str, Any]:
    return {
        "number": change.number,
        "category": change.category,
        "title": change.title,
        "effect": change.effect.value,
        "before": retention_json(change.before),
        "after": retention_json(change.after) if change.after else None,
    }


def show_counts(counts: Mapping[str, Mapping[str, int]]) -> None:
    """How many records of each category the schedule would keep otherwise, and how."""
    if not counts:
        shown.say(_("Every record is kept as the schedule says."))
        return
    shown.say("\n" + _("Records that the schedule would now keep otherwise:"))
    headings = [_("Category"), *(_(EFFECTS[effect]) for effect in EFFECTS)]
    shown.table(headings, [[category, *(one.get(effect, 0) for effect in EFFECTS)] for category, one in counts.items()], numbers=(1, 2, 3, 4))


def _show_list(listed: Iterable[Change]) -> None:
    rows = [
        [
            change.number,
            change.category,
            _(EFFECTS[change.effect.value]),
            named.retention(retention_json(change.before)),
            named.retention(retention_json(change.after)) if change.after else "-",
            change.title or "-",
        ]
        for change in listed
    ]
    if not rows:
        shown.say(_("Every record is kept as the schedule says."))
        return
    shown.table([_("Number"), _("Category"), _("Effect"), _("Now"), _("By the schedule"), _("Title")], rows)


def _of_category(options: argparse.Namespace, found: Iterable[Change]) -> Iterator[Change]:
    return (change for change in found if options.category in (None, change.category))


# --- accepted ---


def _apply(options: argparse.Namespace) -> int:
    """The schedule of today for the records that are kept already: for all that it keeps longer, and with --shorten for the others, too."""
    if not options.by:
        raise UsageError(N_("Say who accepts the changed schedule: --by WHO"))
    if options.shorten and not options.reason:
        raise UsageError(N_("Say why records may be kept less long than before: --reason TEXT"))
    settings = settings_of(options)
    found = list(_of_category(options, changes(held(settings.layout.catalogue_db), settings.schedule)))
    wanted = [change for change in found if acceptable(change, shorten=options.shorten)]
    if not options.json:
        _show_preview(found, wanted)
    if not wanted or options.dry_run:
        return _told(wanted, found, [], options)
    if not options.yes and (options.json or not decision_verbs.agreed(len(wanted))):
        if options.json:
            raise UsageError(N_("Add --yes to change {n} records without being asked, or --dry-run to see them only."), n=len(wanted))
        shown.say(_("Nothing was changed."))
        return os.EX_OK
    return _told(wanted, found, _asked(wanted, settings, options), options)


def _asked(wanted: list[Change], settings: Settings, options: argparse.Namespace) -> list[dict[str, Any]]:
    """What the daemon has changed. An interruption leaves whole parts undone; the same verb goes on with them."""
    wants = {"schedule": settings.schedule.digest, "shorten": options.shorten, "reason": options.reason or ""}
    done: list[dict[str, Any]] = []
    with shown.counting(_("Records"), options.json) as bar:
        for start in range(0, len(wanted), AT_ONCE):
            numbers = [change.number for change in wanted[start : start + AT_ONCE]]
            done += asking.ask(settings, "accept_schedule", options.by, numbers=numbers, **wants)["records"]
            bar(start + len(numbers), len(wanted))
    return done


def _show_preview(found: list[Change], wanted: list[Change]) -> None:
    show_counts(counted(found))
    if wanted:
        shown.say(_("Of these, to be kept as the schedule says now: {n} records.").format(n=len(wanted)))
    less = sum(change.after is not None and change not in wanted for change in found)
    if less:
        shown.say(_("{n} records would be kept less long or be destroyed at the end; they stay as they are without --shorten and --reason.").format(n=less))
    gone = sum(change.after is None for change in found)
    if gone:
        shown.say(_("{n} records have a category that is no longer in the schedule; give them another: scanpipe correct --category CODE").format(n=gone))


def _told(wanted: list[Change], found: list[Change], done: list[dict[str, Any]], options: argparse.Namespace) -> int:
    if options.json:
        left = [change for change in found if change not in wanted]
        records = [_change(change) for change in wanted] if options.dry_run else done
        return shown.as_json({"dry_run": options.dry_run, "records": records, "left": counted(left)})
    shown.say(_("Only shown: nothing was changed.") if options.dry_run else _("{n} records are now kept as the schedule says.").format(n=len(done)))
    return os.EX_OK


def parser(what: arguments.AddParser) -> arguments.Parser:
    """`retention changes`."""
    compare = what("changes", help=_("records that the present schedule would keep otherwise; changes nothing without --apply"))
    compare.add_argument("--list", action="store_true", help=_("each record, not only numbers by category"))
    compare.add_argument("--category", metavar="CODE", help=_("of one category"))
    compare.add_argument("--apply", action="store_true", help=_("keep them as the schedule says now, where that is no shorter; asks before"))
    compare.add_argument("--shorten", action="store_true", help=_("with --apply: also where they are kept less long; needs --reason"))
    arguments.add_decider(compare, required=False)
    compare.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    compare.add_argument("--yes", action="store_true", help=_("do not ask"))
    compare.set_defaults(run=list_changes)
    return compare
