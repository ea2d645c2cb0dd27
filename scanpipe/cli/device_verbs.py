"""`scanpipe device …`: copiers and printers whose counters ledger A reads: where they stand, what takes their place."""

import argparse
import os
from collections.abc import Mapping
from datetime import date
from typing import Any

from scanpipe.cli import arguments, asking, shown
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.i18n import N_, _
from scanpipe.upkeep.campaign import devices

_STEPS = {"added": N_("registered"), "set": N_("changed"), "moved": N_("moved"), "ended": N_("ended"), "replaced": N_("replaced")}


def list_(options: argparse.Namespace) -> int:
    """The register; --all: also what is gone."""
    settings = settings_of(options)
    with reading(settings) as reader:
        found = devices.listed(reader.db, options.department, ended=options.all)
    if options.json:
        return shown.as_json(found)
    if not found:
        shown.say(_("There is no such device."))
        return os.EX_OK
    headings = [_("Device"), _("Section"), _("Since"), _("Until"), _("Its place taken by"), _("Both sides"), _("A3 clicks"), _("Last change")]
    shown.table(headings, [_row(one, settings) for one in found])
    return os.EX_OK


def _row(one: Mapping[str, Any], settings: Settings) -> tuple[object, ...]:
    last = one["steps"][-1]
    duplex = "-" if one["duplex"] is None else f"{one['duplex']:.0%}"
    change = f"{_(_STEPS[last['kind']])}, {shown.moment(last['at'])}, {last['by']}"
    name = f"{one['id']} {one['name']}".strip()
    section = shown.section_name(settings, one["department"])
    return name, section, one["since"], one["until"] or "-", one["replaced_by"] or "-", duplex, one["a3_counts"], change


def step(options: argparse.Namespace) -> int:
    """add, set, move, end, replace."""
    settings = settings_of(options)
    wants = {name: getattr(options, name) for name in _FIELDS[options.what] if getattr(options, name, None) is not None}
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in wants.items()}
    answer = asking.ask(settings, f"device_{options.what}", options.by, **plain, reason=options.reason or "")
    if options.json:
        return shown.as_json(answer)
    for one in answer["devices"]:
        last = one["places"][-1]
        facts = {"id": one["id"], "section": shown.section_name(settings, last["department"]), "since": last["since"]}
        shown.say(_("Device {id}: {section}, from {since}").format(**facts) + (f" - {one['until']}" if one["until"] else ""))
    return os.EX_OK


_ABOUT = ("name", "duplex", "a3_counts", "a3_share")
_FIELDS = {
    "add": ("id", "department", "since", *_ABOUT),
    "set": ("id", *_ABOUT),
    "move": ("id", "department", "since"),
    "end": ("id", "until"),
    "replace": ("ids", "id", "since", "department", *_ABOUT),
}


# --- parsers ---


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`device` with what it does."""
    verb = add("device", help=_("copiers and printers: where they stand, what takes their place"))
    what = verb.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser
    to_list = what("list", help=_("the register"))
    to_list.add_argument("--department", metavar="CODE", help=_("of one section"))
    to_list.add_argument("--all", action="store_true", help=_("also devices that are gone"))
    to_list.set_defaults(run=list_)
    return (to_list, *_steppers(what))


def _steppers(what: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    says = {
        "add": _("register a device"),
        "set": _("what is known of it: name, share of both sides, clicks for A3"),
        "move": _("it stands in another section from a day on; its base goes with it"),
        "end": _("its last day"),
        "replace": _("one device takes the place of others, whose base it gets"),
    }
    made = {name: what(name, help=help_) for name, help_ in says.items()}
    for name, parser in made.items():
        parser.add_argument("ids" if name == "replace" else "id", nargs="+" if name == "replace" else None, metavar="ID")
        parser.set_defaults(run=step)
    made["replace"].add_argument("--with", dest="id", required=True, metavar="ID", help=_("the device that takes over; registered if it is new"))
    for name in ("add", "replace", "move"):
        helps = _("where it stands; where the first of the old ones stood without it") if name == "replace" else _("where it stands")
        made[name].add_argument("--department", required=name != "replace", metavar="CODE", help=helps)
        made[name].add_argument("--from", dest="since", type=arguments.day, metavar="YYYY-MM-DD", help=_("its first day there; today without it"))
    made["end"].add_argument("--on", dest="until", type=arguments.day, metavar="YYYY-MM-DD", help=_("its last day; today without it"))
    for name in ("add", "set", "replace"):
        made[name].add_argument("--name", metavar="TEXT", help=_("what people call it"))
        made[name].add_argument("--duplex", type=arguments.share, metavar="SHARE", help=_("share 0-1 of sides printed on both sides of a sheet"))
        made[name].add_argument("--a3-counts", type=int, choices=(1, 2), help=_("clicks for one A3 side by its contract"))
        made[name].add_argument("--a3-share", type=arguments.share, metavar="SHARE", help=_("share 0-1 of its clicks that are A3"))
    for parser in made.values():
        arguments.add_decider(parser)
    return tuple(made.values())
