"""`scanpipe indicator import|list`: what offices report beside their paper, month by month."""

import argparse
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from scanpipe import storage
from scanpipe.cli import arguments, asking, shown
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.campaign.indicators import KINDS, Unit
from scanpipe.core.serial import as_json
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.campaign import indicators


def import_(options: argparse.Namespace) -> int:
    """Takes in a list; the same one again changes nothing."""
    settings = settings_of(options)
    if options.template:
        with storage.place(options.template):
            options.template.write_bytes(indicators.template(datetime.now(settings.timezone).date()))
        return shown.as_json({"file": str(options.template)}) if options.json else _filled(options.template)
    if options.file is None or not options.by:
        raise UsageError(N_("Name the list and yourself: scanpipe indicator import FILE --by WHO; or ask for an empty one: --template FILE.csv"))
    found = indicators.read_list(options.file, settings, options.source or "")
    wants: dict[str, Any] = {"name": found.name, "sha256": found.sha256, "figures": [as_json(one) for one in found.figures], "dry_run": options.dry_run}
    answer = {**asking.ask(settings, "indicator_import", options.by, **wants), "remarks": list(found.remarks)}
    return shown.as_json(answer) if options.json else _told(answer, settings)


def _filled(path: Path) -> int:
    shown.say(_("Fill in {path} in Excel, then: scanpipe indicator import {path} --by WHO").format(path=path))
    return os.EX_OK


def _told(answer: Mapping[str, Any], settings: Settings) -> int:
    for remark in answer["remarks"]:
        shown.say(f"! {remark}")
    rows = [(one["month"], _name(one), _whose(one, settings), _value(one), _counts(one), one["source"] or "-") for one in answer["figures"]]
    shown.table(_headings(), rows, numbers=(3, 4))
    shown.say(_("{new} new, {changed} changed, {unchanged} as they were.").format(**answer))
    if answer["dry_run"]:
        shown.say(_("Nothing was changed: this was a dry run."))
    return os.EX_OK


def list_(options: argparse.Namespace) -> int:
    """All indicators by month and fiscal year."""
    settings = settings_of(options)
    section = settings.department(options.department).code if options.department else None
    with reading(settings) as reader:
        found = indicators.listed(reader.db, settings, kind=options.kind, fiscal_year=options.fiscal_year, department=section)
    if options.json:
        return shown.as_json(found)
    if not found:
        shown.say(_("No indicators were imported yet: scanpipe indicator import FILE --by WHO"))
    for one in found.values():
        shown.say(f"{one['name']}: {one['definition']}")
        years = [(_("fiscal year {year}").format(year=year), _value(total), _counts(total), "-") for year, total in one["fiscal_years"].items()]
        months = [(figure["month"], _value(figure), _counts(figure), figure["source"] or "-") for figure in one["months"]]
        shown.table([_("Month"), _("Value"), _("Counted"), _("Reported from")], [*months, *years], numbers=(1, 2))
        shown.say("")
    return os.EX_OK


def _headings() -> list[str]:
    return [_("Month"), _("Indicator"), _("Section"), _("Value"), _("Counted"), _("Reported from")]


def _whose(one: Mapping[str, Any], settings: Settings) -> str:
    return shown.section_name(settings, one["department"]) if one["department"] else settings.site.name


def _name(one: Mapping[str, Any]) -> str:
    definition = KINDS[one["kind"]]
    return _(definition.name)


def _value(one: Mapping[str, Any]) -> str:
    return f"{one['value']:.2%}" if KINDS[one["kind"]].unit is Unit.SHARE else f"{one['value']:,g}"


def _counts(one: Mapping[str, Any]) -> str:
    return "-" if one["denominator"] is None else f"{one['numerator']:,.0f} / {one['denominator']:,.0f}"


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`indicator` with what it does."""
    verb = add("indicator", help=_("what the office reports beside its paper: e-approval rate, meetings, devices, hours"))
    what = verb.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser
    to_import = what("import", help=_("take in a monthly list from CSV or Excel; newer figures supersede older ones"))
    to_import.add_argument("file", nargs="?", type=Path, metavar="FILE")
    to_import.add_argument("--template", type=Path, metavar="FILE.csv", help=_("write an empty list to fill in, and nothing else"))
    to_import.add_argument("--source", metavar="TEXT", help=_("where the figures come from, for rows that do not say"))
    to_import.add_argument("--by", metavar="WHO", help=_("your name, for the log"))
    to_import.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    to_import.set_defaults(run=import_)
    to_list = what("list", help=_("all indicators by month and fiscal year"))
    to_list.add_argument("--kind", choices=tuple(KINDS), help=_("one indicator alone"))
    to_list.add_argument("--fiscal-year", type=arguments.not_negative, metavar="YYYY")
    to_list.add_argument("--department", metavar="CODE", help=_("of one section"))
    to_list.set_defaults(run=list_)
    return to_import, to_list
