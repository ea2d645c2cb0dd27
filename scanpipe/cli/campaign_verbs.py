"""`scanpipe campaign …` and `scanpipe target …`: what sections set out to do, how far they are, who needs help; and how other offices fare."""

import argparse
import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from scanpipe import storage
from scanpipe.catalogue.campaigns import campaigns
from scanpipe.cli import arguments, asking, shown
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.campaign.benchmarks import RATIOS, compared
from scanpipe.core.campaign.campaigns import OFFICE, running
from scanpipe.core.dates import fiscal_year
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.campaign import benchmarks, cabinets_shown, campaigns_shown

_ASKED = ("rate", "cap", "fm", "scans_week")


def _today(settings: Settings) -> date:
    return datetime.now(settings.timezone).date()


# --- reading ---


def list_(options: argparse.Namespace) -> int:
    """All campaigns, ended ones too."""
    settings = settings_of(options)
    with reading(settings) as reader:
        found = campaigns_shown.listed(reader.db, _today(settings))
    if options.json:
        return shown.as_json(found)
    if not found:
        shown.say(_("There is no campaign yet. Begin one: scanpipe campaign add NAME --from YYYY-MM-DD --to YYYY-MM-DD --by WHO"))
        return os.EX_OK
    headings = [_("No."), _("Campaign"), _("Since"), _("Until"), _("Base year"), _("Targets"), _("State")]
    shown.table(headings, [_row(one) for one in found], numbers=(0, 5))
    return os.EX_OK


def _row(one: Mapping[str, Any]) -> tuple[object, ...]:
    state = _("ended on {day}").format(day=one["ended"]) if one["ended"] else _("runs") if one["runs"] else "-"
    return (one["number"], one["name"], one["start"], one["end"], one["base_year"] or "-", len(one["targets"]), state)


def show(options: argparse.Namespace) -> int:
    """One campaign: each section's way to its target, and who lags."""
    settings = settings_of(options)
    today = _today(settings)
    with reading(settings) as reader:
        campaign = running(campaigns(reader.db), options.campaign, today)
        body = campaigns_shown.shown(reader.db, settings, campaign, today, options.days)
    return shown.as_json(body) if options.json else _show(body, settings)


def _show(body: Mapping[str, Any], settings: Settings) -> int:
    about = body["campaign"]
    shown.say(_("{number} {name}: {start} to {end}, as on {day}").format(**about, day=body["day"]))
    ways = [(shown.section_name(settings, code), way) for code, way in body["departments"].items() if way["target"]]
    ways += [(settings.site.name, body["city"])] if body["city"]["target"] else []
    if ways:
        headings = [_("Section"), _("Rate"), _("Sheets too many (rate)"), _("Sheets too many (cap)"), _("Metres too many"), _("Scans a week missing")]
        shown.table(headings, [_way(name, way) for name, way in ways], numbers=range(1, 6))
    else:
        shown.say(_("No section has a target yet: scanpipe target set --department CODE --rate 30% --by WHO"))
    lagging = [(shown.section_name(settings, code), reason) for code, way in body["departments"].items() for reason in way["reasons"]]
    if lagging:
        shown.say("")
        shown.table([_("Lagging section"), _("Why")], lagging)
    return os.EX_OK


def _way(name: str, way: Mapping[str, Any]) -> tuple[object, ...]:
    gaps = way["gaps"]
    rate = f"{gaps['rate']['rate']:.1%} / {gaps['rate']['target']:.1%}" if gaps["rate"] else "-"
    mark = cabinets_shown.mark(bool(way["provisional"]))
    kinds = (("rate", 0, mark), ("cap", 0, mark), ("fm", 2, ""), ("scans", 1, ""))
    missing = [f"{gaps[kind]['missing']:,.{places}f}{says}" if gaps[kind] else "-" for kind, places, says in kinds]
    return (name, rate, *missing)


def export_benchmark(options: argparse.Namespace) -> int:
    """Our key ratios without our name, as a file for others."""
    settings = settings_of(options)
    own = _own(settings, options.fiscal_year, options.population)
    with storage.place(options.file):
        options.file.write_bytes(benchmarks.written(own))
    if options.json:
        return shown.as_json({"file": str(options.file), **{name: getattr(own, name) for name in RATIOS}})
    shown.say(_("{path} holds ratios alone, no name and no section. Look at it before you give it away.").format(path=options.file))
    return os.EX_OK


def _own(settings: Settings, year: int | None, population: int = 0) -> Any:
    with reading(settings) as reader:
        today = _today(settings)
        return benchmarks.own(reader.db, settings, fiscal_year(today) if year is None else year, today, population)


def compare(options: argparse.Namespace) -> int:
    """Our key ratios beside those of other offices."""
    settings = settings_of(options)
    others = [benchmarks.read(path) for path in options.files]
    rows = compared(_own(settings, options.fiscal_year), others)
    if options.json:
        return shown.as_json(rows)
    headings = [_("Ratio"), _("We"), _("Median of others"), _("Least"), _("Most"), _("Offices")]
    body = [_ratio(one) for one in rows]
    shown.table(headings, body, numbers=range(1, 6))
    return os.EX_OK


def _ratio(one: Mapping[str, Any]) -> tuple[object, ...]:
    says = RATIOS[one["ratio"]]
    return (_(says), *(_figure(one["ratio"], one[name]) for name in ("own", "median", "least", "most")), one["offices"])


def _figure(ratio: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1%}" if ratio in ("rate", "zero_sections") else f"{value:,g}"


# --- asking ---


def begin(options: argparse.Namespace) -> int:
    """A campaign between two days."""
    settings = settings_of(options)
    wants = {"name": options.name, "from": options.from_.isoformat(), "to": options.to.isoformat(), "base_year": options.base_year}
    answer = asking.ask(settings, "campaign_add", options.by, **wants)
    if options.json:
        return shown.as_json(answer["campaign"])
    shown.say(
        _("Campaign {number} {name} begins on {start}. Now set targets: scanpipe target set --campaign {number} --department CODE").format(**answer["campaign"])
    )
    return os.EX_OK


def end(options: argparse.Namespace) -> int:
    """It is over."""
    settings = settings_of(options)
    answer = asking.ask(settings, "campaign_end", options.by, campaign=options.campaign, reason=options.reason)
    if options.json:
        return shown.as_json(answer["campaign"])
    shown.say(_("Campaign {number} {name} ended on {ended}.").format(**answer["campaign"]))
    return os.EX_OK


def advice(options: argparse.Namespace) -> int:
    """What a section was told; without --text all that sections were told."""
    settings = settings_of(options)
    section = settings.department(options.department).code if options.department else None
    if options.text is None:
        return _advice_list(options, settings, section)
    if section is None or not options.by:
        raise UsageError(N_("Say which section was advised, and who you are: --department CODE --by WHO"))
    wants = {"department": section, "text": options.text, "on": options.on.isoformat() if options.on else None}
    answer = asking.ask(settings, "campaign_advise", options.by, **wants)
    if options.json:
        return shown.as_json(answer["advice"])
    shown.say(_("Noted for {section}.").format(section=shown.section_name(settings, answer["advice"]["department"])))
    return os.EX_OK


def _advice_list(options: argparse.Namespace, settings: Settings, section: str | None) -> int:
    with reading(settings) as reader:
        found = campaigns_shown.advice_given(reader.db, section)
    if options.json:
        return shown.as_json(found)
    rows = [(one["day"], shown.section_name(settings, one["department"]), one["text"], one["by"]) for one in found]
    shown.table([_("Day"), _("Section"), _("Advice"), _("Who")], rows) if rows else shown.say(_("No advice was noted yet."))
    return os.EX_OK


def set_target(options: argparse.Namespace) -> int:
    """What a section is to reach; what is not said stays as it was."""
    settings = settings_of(options)
    wants: dict[str, Any] = {name: getattr(options, name) for name in _ASKED}
    wants |= {"campaign": options.campaign, "department": options.department or OFFICE, "drop": options.drop or []}
    answer = asking.ask(settings, "target_set", options.by, **wants)
    if options.json:
        return shown.as_json(answer["target"])
    shown.table([_("Section"), *_headings()], [_target(answer["target"], settings)], numbers=range(1, 5))
    return os.EX_OK


def list_targets(options: argparse.Namespace) -> int:
    """The targets of one campaign."""
    settings = settings_of(options)
    with reading(settings) as reader:
        number = running(campaigns(reader.db), options.campaign, _today(settings)).number
        found = next(one["targets"] for one in campaigns_shown.listed(reader.db, _today(settings)) if one["number"] == number)
    if options.json:
        return shown.as_json(found)
    shown.table([_("Section"), *_headings()], [_target(one, settings) for one in found], numbers=range(1, 5))
    return os.EX_OK


def _headings() -> list[str]:
    return [_("Rate"), _("Cap (sheets)"), _("Metres left"), _("Scans a week")]


def _target(one: Mapping[str, Any], settings: Settings) -> tuple[object, ...]:
    name = shown.section_name(settings, one["department"]) if one["department"] else settings.site.name
    rate = "-" if one["rate"] is None else f"{one['rate']:.1%}"
    cap = "-" if one["cap"] is None else f"{one['cap']:,}"
    return (name, rate, cap, *("-" if one[key] is None else f"{one[key]:g}" for key in ("fm", "scans_week")))


# --- parsers ---


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`campaign` and `target` with what they do."""
    verb = add("campaign", help=_("campaigns: begin, end, how sections fare, who needs help, other offices"))
    what = verb.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser
    target = add("target", help=_("what sections are to reach in a campaign"))
    of_target = target.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser
    return (*_begun(what), *_looked_at(what), *_benchmarks(what), *_targets(of_target))


def _begun(what: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    to_add = what("add", help=_("begin a campaign"))
    to_add.add_argument("name", metavar="NAME")
    to_add.add_argument("--from", dest="from_", type=arguments.day, required=True, metavar="YYYY-MM-DD", help=_("the first day of the campaign"))
    to_add.add_argument("--to", type=arguments.day, required=True, metavar="YYYY-MM-DD", help=_("the last day of the campaign"))
    to_add.add_argument("--base-year", type=arguments.not_negative, metavar="YYYY", help=_("the fiscal year it is compared with; as configured without it"))
    to_add.set_defaults(run=begin)
    to_end = what("end", help=_("the campaign is over today"))
    _which(to_end)
    to_end.set_defaults(run=end)
    for parser in (to_add, to_end):
        arguments.add_decider(parser)
    to_advise = what("advice", help=_("note what a section was advised; without --text show what was noted"))
    to_advise.add_argument("--department", metavar="CODE")
    to_advise.add_argument("--text", metavar="TEXT", help=_("what it was advised"))
    to_advise.add_argument("--on", type=arguments.day, metavar="YYYY-MM-DD", help=_("the day on which it was done; today without it"))
    to_advise.add_argument("--by", metavar="WHO", help=_("your name, for the log"))
    to_advise.set_defaults(run=advice)
    return to_add, to_end, to_advise


def _looked_at(what: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    to_list = what("list", help=_("all campaigns"))
    to_list.set_defaults(run=list_)
    to_show = what("show", help=_("how sections fare in it, and who lags and why"))
    _which(to_show)
    says = _("days without a scan, or waiting to be checked, after which a section lags; {n} without it").format(n=campaigns_shown.DAYS)
    to_show.add_argument("--days", type=arguments.not_negative, default=campaigns_shown.DAYS, metavar="N", help=says)
    to_show.set_defaults(run=show)
    return to_list, to_show


def _which(parser: arguments.Parser) -> None:
    parser.add_argument("--campaign", type=arguments.not_negative, metavar="NUMBER", help=_("which campaign; the one that runs without it"))


def _benchmarks(what: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    to_export = what("export-benchmark", help=_("key ratios without names, as a file for other offices"))
    to_export.add_argument("file", type=Path, metavar="FILE.json")
    to_export.add_argument("--population", type=arguments.not_negative, default=0, metavar="N", help=_("of the city; only its class is written"))
    to_export.set_defaults(run=export_benchmark)
    to_compare = what("compare", help=_("our key ratios beside those of other offices"))
    to_compare.add_argument("files", nargs="+", type=Path, metavar="FILE.json")
    to_compare.set_defaults(run=compare)
    for parser in (to_export, to_compare):
        parser.add_argument("--fiscal-year", type=arguments.not_negative, metavar="YYYY", help=_("the current one without it"))
    return to_export, to_compare


def _targets(what: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    to_set = what("set", help=_("set what a section is to reach"))
    _which(to_set)
    to_set.add_argument("--department", metavar="CODE", help=_("the section; the whole office without it"))
    to_set.add_argument("--rate", type=_share, metavar="PERCENT", help=_("share of the base year's paper to save, for example 30%%"))
    to_set.add_argument("--cap", type=arguments.not_negative, metavar="SHEETS", help=_("sheets that may be used in the whole campaign"))
    to_set.add_argument("--fm", type=arguments.metres, metavar="METRES", help=_("metres of paper that may be left at its end"))
    to_set.add_argument("--scans-week", type=arguments.not_negative, metavar="N", help=_("scans a week, at least"))
    to_set.add_argument("--drop", nargs="+", choices=_ASKED, help=_("what is not asked any more"))
    arguments.add_decider(to_set)
    to_set.set_defaults(run=set_target)
    to_list = what("list", help=_("the targets of a campaign"))
    _which(to_list)
    to_list.set_defaults(run=list_targets)
    return to_set, to_list


def _share(text: str) -> float:
    """30%, 30 or 0.3."""
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = -1.0
    share = value / 100 if text.endswith("%") or value > 1 else value
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(_("{value} is not a share; write for example 30%").format(value=text))
    return share
