"""`scanpipe paper …`: ledger A's figures: purchases and counters from the offices' own files, corrections, notes on months, a baseline for who has none."""

import argparse
import getpass
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanpipe.catalogue.reader import CatalogueReader, NoCatalogue
from scanpipe.cli import arguments, asking, ledger_shown, shown
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.campaign import baselines
from scanpipe.core.campaign.baselines import Estimate
from scanpipe.core.campaign.paper_counts import SIZES, WHOLE, PaperRow, Source, Unit
from scanpipe.core.campaign.paper_reading import Said
from scanpipe.core.serial import as_json
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.campaign import paper_files, paper_imports
from scanpipe.upkeep.campaign.ledger_a import terms_of

_SOME_LEFT_OUT = 1  # some figures need a person


def import_(options: argparse.Namespace) -> int:
    """0 all taken, 1 some figures were left out and need a person."""
    settings = settings_of(options)
    said = Said(source=_enum(Source, options.source), unit=_enum(Unit, options.unit), fiscal_year=options.year)
    reading, sha256 = paper_files.read_file(options.file, settings.departments, said)
    if options.dry_run:
        answer = _planned(settings, list(reading.rows), sha256)
    else:
        wants: dict[str, Any] = {"rows": [as_json(row) for row in reading.rows], "sha256": sha256, "name": options.file.name, "reason": options.reason or ""}
        answer = dict(asking.ask(settings, "paper_bring", options.by or getpass.getuser(), **wants))
    body = paper_files.told(options.file.name, reading, answer, dry_run=options.dry_run)
    if options.json:
        shown.as_json(body)
    else:
        ledger_shown.imported(body, settings, whole=options.all)
    return _SOME_LEFT_OUT if reading.problems else os.EX_OK


def _planned(settings: Settings, rows: list[PaperRow], sha256: str) -> dict[str, Any]:
    try:
        reader = CatalogueReader(settings.layout.catalogue_db)
    except NoCatalogue:
        return {"new": len(rows), "same": 0, "changed": [], "doubts": []}  # a new site
    try:
        return paper_imports.plan(reader.db, rows, sha256)
    finally:
        reader.close()


def _enum(kind: Any, word: str | None) -> Any:
    return kind(word) if word else None


def list_(options: argparse.Namespace) -> int:
    """The figures that hold; --all: also those that were superseded."""
    settings = settings_of(options)
    with reading(settings) as reader:
        department = _department(settings, options.department)
        rows = paper_imports.listed(reader.db, settings, department, options.date_from, options.date_to, superseded=options.all)
    return shown.as_json(rows) if options.json else ledger_shown.listed(rows, settings)


def note(options: argparse.Namespace) -> int:
    """Why a month is out of the ordinary."""
    settings = settings_of(options)
    if not options.text and not options.take_back:
        raise UsageError(N_("Say what was special: --text TEXT; or take the note back: --take-back"))
    department = _department(settings, options.department)
    wants = {"month": options.month, "department": department, "text": "" if options.take_back else options.text, "sheets": options.sheets}
    answer = asking.ask(settings, "paper_note", options.by, **wants)
    if options.json:
        return shown.as_json(answer)
    shown.say(_("{month}: noted. Figures are shown raw and adjusted.").format(month=options.month))
    return os.EX_OK


def correct(options: argparse.Namespace) -> int:
    """Another figure in place of a wrong one."""
    settings = settings_of(options)
    row = PaperRow(
        month=options.month,
        department=_department(settings, options.department) or "",
        source=Source(options.source),
        unit=Unit(options.unit),
        quantity=options.quantity,
        size=options.size,
        device=options.device or "",
    )
    answer = asking.ask(settings, "paper_correct", options.by, row=as_json(row), reason=options.reason or "")
    if options.json:
        return shown.as_json(answer)
    shown.say(_("{month}: corrected. The figure before stays in the history: scanpipe paper list --all").format(month=options.month))
    return os.EX_OK


def _department(settings: Settings, code: str | None) -> str | None:
    """The code, checked. Raises NotFound."""
    return code if code in (None, WHOLE) else settings.department(str(code)).code


# --- baseline ---


@dataclass(frozen=True, slots=True)
class _Known:
    """What somebody knows who kept no figures. One of boxes a year, boxes in so many weeks, a month's counter."""

    invoices: float | None = None
    boxes: float | None = None
    weeks: float | None = None
    counter: float | None = None
    month: str | None = None
    duplex: float | None = None


def baseline(options: argparse.Namespace) -> int:
    """How much paper a year, likely and between which bounds; with --save as estimate for the months of the base year."""
    settings = settings_of(options)
    known = _Known(options.invoices, options.boxes, options.weeks, options.counter, options.month, options.duplex)
    if known == _Known() and sys.stdin.isatty() and not options.json:
        known = _asked()
    estimate = _estimate(known, settings)
    body: dict[str, Any] = {"low": round(estimate.low), "likely": round(estimate.likely), "high": round(estimate.high)}
    body |= {"because": ledger_shown.reasons(estimate), "saved": False}
    if options.save:
        body["saved"] = _save(estimate, options, settings)
    return shown.as_json(body) if options.json else ledger_shown.baseline(body)


def _estimate(known: _Known, settings: Settings) -> Estimate:
    terms = terms_of(settings)
    if known.invoices is not None:
        return baselines.from_invoices(known.invoices, terms)
    if known.boxes is not None and known.weeks is not None:
        return baselines.from_boxes_used(known.boxes, known.weeks, terms)
    if known.counter is not None and known.month is not None:
        return baselines.from_counter(known.counter, arguments.day(f"{known.month}-01"), terms, known.duplex)
    raise UsageError(
        N_("Say one thing you know: --invoices BOXES (bought in a year), --boxes N --weeks W (used up in W weeks), or --counter SIDES --month YYYY-MM")
    )


def _asked() -> _Known:
    """Asks on the terminal, one question after the other."""
    for line in (
        _("What do you know?"),
        _("1  boxes bought in a year (invoices)"),
        _("2  boxes used up in some weeks"),
        _("3  one month's counter of a device"),
    ):
        shown.say(line)
    match input("1/2/3: ").strip():
        case "1":
            return _Known(invoices=_number(_("Boxes in a year")))
        case "2":
            return _Known(boxes=_number(_("Boxes used up")), weeks=_number(_("In how many weeks")))
        case "3":
            question = _("Month (YYYY-MM)")
            return _Known(counter=_number(_("Sides in the month")), month=input(f"{question}: ").strip())
        case _:
            return _Known()


def _number(question: str) -> float:
    return arguments.quantity(input(f"{question}: ").strip())


def _save(estimate: Estimate, options: argparse.Namespace, settings: Settings) -> bool:
    year = options.year or settings.metrics.base_year
    if not (options.department and options.by and year):
        raise UsageError(N_("To keep it, say where, when and who: --department CODE --year YYYY --by WHO"))
    department = _department(settings, options.department) or WHOLE
    rows = baselines.rows_of(estimate, department, year, f"{estimate.low:.0f} - {estimate.high:.0f}")
    wants: dict[str, Any] = {"rows": [as_json(row) for row in rows], "sha256": None, "name": None, "reason": _("baseline")}
    asking.ask(settings, "paper_bring", options.by, **wants)
    return True


# --- parsers ---


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`paper` with what it does."""
    verb = add("paper", help=_("ledger A: paper bought and counted, from the offices' own files"))
    what = verb.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser
    return (_importer(what), _lister(what), _noter(what), _corrector(what), _baseliner(what))


def _importer(what: arguments.AddParser) -> arguments.Parser:
    made = what("import", help=_("purchases or counters from CSV or Excel, as the office has them"))
    made.add_argument("file", type=Path, metavar="FILE.csv|.xlsx")
    made.add_argument("--dry-run", action="store_true", help=_("only show what was understood and what would change"))
    made.add_argument("--source", choices=_words(Source), help=_("what the figures are, where the file does not say"))
    made.add_argument("--unit", choices=_words(Unit), help=_("what was counted, where the file does not say"))
    made.add_argument("--year", type=arguments.year, metavar="YYYY", help=_("the fiscal year, where the file names months alone"))
    made.add_argument("--all", action="store_true", help=_("show every row, not only doubtful ones"))
    arguments.add_decider(made, required=False)
    made.set_defaults(run=import_)
    return made


def _words(kind: type[Source] | type[Unit]) -> Sequence[str]:
    return [one.value for one in kind]


def _lister(what: arguments.AddParser) -> arguments.Parser:
    made = what("list", help=_("the figures of ledger A, and where each comes from"))
    made.add_argument("--department", metavar="CODE", help=_('of one section; "*" for the whole city'))
    made.add_argument("--from", dest="date_from", type=arguments.month, metavar="YYYY-MM")
    made.add_argument("--to", dest="date_to", type=arguments.month, metavar="YYYY-MM")
    made.add_argument("--all", action="store_true", help=_("also figures that were superseded"))
    made.set_defaults(run=list_)
    return made


def _noter(what: arguments.AddParser) -> arguments.Parser:
    made = what("note", help=_("why a month is out of the ordinary: election, benefits, census"))
    made.add_argument("month", type=arguments.month, metavar="YYYY-MM")
    made.add_argument("--department", metavar="CODE", help=_("of one section; all of them without it"))
    made.add_argument("--text", metavar="TEXT", help=_("what was special"))
    made.add_argument("--sheets", type=arguments.quantity, metavar="N", help=_("A4 sheets that it took; without it the adjusted figure leaves the month out"))
    made.add_argument("--take-back", action="store_true", help=_("the note was wrong"))
    made.add_argument("--by", required=True, metavar="WHO", help=_("your name, for the log"))
    made.set_defaults(run=note)
    return made


def _corrector(what: arguments.AddParser) -> arguments.Parser:
    made = what("correct", help=_("another figure in place of a wrong one, which stays in the history"))
    made.add_argument("month", type=arguments.month, metavar="YYYY-MM")
    made.add_argument("--department", required=True, metavar="CODE", help=_('of one section; "*" for the whole city'))
    made.add_argument("--source", required=True, choices=_words(Source))
    made.add_argument("--quantity", required=True, type=arguments.quantity, metavar="N")
    made.add_argument("--unit", required=True, choices=_words(Unit))
    made.add_argument("--size", choices=SIZES, default="A4")
    made.add_argument("--device", metavar="ID", help=_("whose counter it is"))
    arguments.add_decider(made)
    made.set_defaults(run=correct)
    return made


def _baseliner(what: arguments.AddParser) -> arguments.Parser:
    made = what("baseline", help=_("a base year for who kept no figures, with its uncertainty"))
    made.add_argument("--invoices", type=arguments.quantity, metavar="BOXES", help=_("boxes bought in a year"))
    made.add_argument("--boxes", type=arguments.quantity, metavar="N", help=_("boxes used up in --weeks W"))
    made.add_argument("--weeks", type=arguments.quantity, metavar="W")
    made.add_argument("--counter", type=arguments.quantity, metavar="SIDES", help=_("a device's sides in --month YYYY-MM"))
    made.add_argument("--month", type=arguments.month, metavar="YYYY-MM")
    made.add_argument("--duplex", type=arguments.quantity, metavar="SHARE", help=_("share 0-1 of sides printed on both sides of a sheet"))
    made.add_argument("--save", action="store_true", help=_("keep it as estimate for the months of a year"))
    made.add_argument("--department", metavar="CODE", help=_('of one section; "*" for the whole city'))
    made.add_argument("--year", type=arguments.year, metavar="YYYY", help=_("fiscal year; the configured base year without it"))
    made.add_argument("--by", metavar="WHO", help=_("your name, for the log"))
    made.set_defaults(run=baseline)
    return made
