"""`scanpipe stats`: the sheets of both ledgers; `stats export`, `report`, `monthly`: the figures as files for others; `stats recount`."""

import argparse
import getpass
import os
from datetime import date, datetime
from pathlib import Path

from scanpipe import storage
from scanpipe.catalogue.counted import counted
from scanpipe.cli import arguments, asking, ledger_shown, sheets_shown, shown
from scanpipe.cli.arguments import Parser
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.campaign.figures import Figures
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _, speaking
from scanpipe.upkeep.campaign.figures import figures

ENDINGS = (".xlsx", ".csv")
MEDIA_TYPES = {".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".csv": "text/csv", ".pdf": "application/pdf"}
OTHER_ENDING = N_("{file} is neither an Excel workbook (.xlsx) nor a CSV file (.csv). Give it one of these endings.")
ONLY_CSV = N_("Open data is written as CSV: give the file the ending .csv")
NOT_A_PDF = N_("{file} is not a PDF file. Give it the ending .pdf")


def _today(settings: Settings) -> date:
    return datetime.now(settings.timezone).date()


def stats(options: argparse.Namespace) -> int:
    """Both ledgers, one below the other and never added."""
    settings = settings_of(options)
    with reading(settings) as reader:
        apart = options.raw or options.by == "device"
        rows = counted(reader.db, options.by, options.fiscal_year) if apart else reader.sheets(options.by, options.fiscal_year)
        found = figures(reader, settings, _today(settings), fiscal_year=options.fiscal_year, base_year=options.base_year)
    body = {**found.stats(), "by": options.by, "rows": rows}
    if options.json:
        return shown.as_json(body)
    ledger_shown.stats(body, settings)
    sheets_shown.sheets(body, settings)
    return os.EX_OK


def export(options: argparse.Namespace) -> int:
    """Writes all figures as a workbook or CSV file; says where."""
    settings = settings_of(options)
    out: Path = options.file
    if out.suffix.lower() not in ENDINGS:
        raise UsageError(OTHER_ENDING, file=out.name)
    if options.open_data and out.suffix.lower() != ".csv":
        raise UsageError(ONLY_CSV)
    found = _figures(options, settings)
    with speaking(settings.site.language):
        data = _workbook(found) if out.suffix.lower() == ".xlsx" else _csv(found, settings, options)
    return _written(out, data, "open-data" if options.open_data else "figures", as_json=options.json)


def _figures(options: argparse.Namespace, settings: Settings) -> Figures:
    with reading(settings) as reader:
        return figures(reader, settings, _today(settings), fiscal_year=options.fiscal_year, base_year=options.base_year, campaign=options.campaign)


def _workbook(found: Figures) -> bytes:
    from scanpipe.upkeep.sending.workbook import workbook  # late: drawing takes a moment to load

    return workbook(found)


def _csv(found: Figures, settings: Settings, options: argparse.Namespace) -> bytes:
    from scanpipe.upkeep.sending.open_data import open_data, spreadsheet

    return open_data(found, settings, sections=options.sections) if options.open_data else spreadsheet(found)


def report(options: argparse.Namespace) -> int:
    """Writes the one-page report of a month as PDF; says where."""
    from scanpipe.upkeep.machine.nightly import month_before
    from scanpipe.upkeep.sending.monthly import of_month
    from scanpipe.upkeep.sending.report_page import report as page

    settings = settings_of(options)
    out: Path = options.file
    if out.suffix.lower() != ".pdf":
        raise UsageError(NOT_A_PDF, file=out.name)
    today = _today(settings)
    month = options.month or month_before(today)
    with reading(settings) as reader:
        found = of_month(reader, settings, month, today, base_year=options.base_year, campaign=options.campaign)
    return _written(out, page(found, month, settings, today), "report", as_json=options.json)


def monthly(options: argparse.Namespace) -> int:
    """What the timetable does: the month's folder in store/reports."""
    from scanpipe.upkeep.machine.nightly import month_before
    from scanpipe.upkeep.sending.monthly import make

    settings = settings_of(options)
    today = _today(settings)
    month = options.month or month_before(today)
    folder = make(settings, month, today)
    shown.say(_("The report of {month} lies in {folder}").format(month=month, folder=folder) if folder else _("No figures yet."))
    return os.EX_OK


def recount(options: argparse.Namespace) -> int:
    """0 = the sums were right, 1 = they were not, and are now."""
    changed = asking.ask(settings_of(options), "recount", getpass.getuser())["changed"]
    shown.say(_("Ledger B was counted again: some sums were wrong and are right now.") if changed else _("Ledger B was counted again: all sums were right."))
    return int(changed)


def _written(out: Path, data: bytes, kind: str, *, as_json: bool) -> int:
    with storage.place(out):
        out.write_bytes(data)
    if as_json:
        return shown.as_json({"path": str(out), "kind": kind, "media_type": MEDIA_TYPES[out.suffix.lower()]})
    shown.say(_("Written: {path}").format(path=out))
    return os.EX_OK


def parsers(add: arguments.AddParser) -> tuple[Parser, ...]:
    """`stats`, and what is behind it."""
    to_stats = add("stats", help=_("sheets: ledger A never printed, ledger B digitised, cleared, removed"))
    to_stats.add_argument("--fiscal-year", type=int, metavar="YYYY")
    to_stats.add_argument(
        "--base-year", type=arguments.year, metavar="YYYY", help=_("fiscal year that ledger A is compared with; [metrics] base_year without it")
    )
    to_stats.add_argument("--by", choices=("department", "month", "fiscal_year", "category", "device"), default="department")
    to_stats.add_argument(
        "--raw", action="store_true", help=_("with what was scanned: records, images, blank ones, sides, sheets of any size, and how many of each size")
    )
    to_stats.set_defaults(run=stats)
    _outputs(to_stats)
    return (to_stats,)


def _outputs(stats: Parser) -> None:
    add = stats.add_subparsers(dest="what", metavar="WHAT", parser_class=Parser).add_parser
    one = add("export", help=_("all figures as an Excel workbook (.xlsx) or CSV file (.csv)"))
    one.add_argument("file", type=Path, metavar="FILE")
    one.add_argument("--open-data", action="store_true", help=_("CSV for publication: the whole office by year and month, with the municipality's code"))
    one.add_argument("--sections", action="store_true", help=_("with --open-data: each section, too"))
    one.add_argument("--fiscal-year", type=arguments.year, default=argparse.SUPPRESS, metavar="YYYY")
    _compared(one)
    one.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=_("facts as JSON"))
    one.set_defaults(run=export)
    page = add("report", help=_("one A4 page for the mayor's headquarters, as PDF"))
    page.add_argument("file", type=Path, metavar="FILE.pdf")
    page.add_argument("--month", type=arguments.month, metavar="YYYY-MM", help=_("the month that ended last without it"))
    _compared(page)
    page.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=_("facts as JSON"))
    page.set_defaults(run=report)
    again = add("recount", help=_("throw ledger B's sums away and make them again from the log"))
    again.set_defaults(run=recount)
    every = add("monthly", help=_("the month's report, workbook and CSV into store/reports, as the timetable does"))
    every.add_argument("--month", type=arguments.month, metavar="YYYY-MM", help=_("the month that ended last without it"))
    every.set_defaults(run=monthly)


def _compared(verb: Parser) -> None:
    verb.add_argument("--base-year", type=arguments.year, default=argparse.SUPPRESS, metavar="YYYY", help=_("fiscal year that ledger A is compared with"))
    verb.add_argument(
        "--campaign", type=arguments.not_negative, metavar="NUMBER", help=_("the campaign whose targets are shown; the newest that runs without it")
    )
