"""The command line: the verbs of design §10. Errors become one sentence on stderr and an exit code of sysexits."""

import argparse
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import structlog

from scanpipe.cli import binder_verbs, decision_verbs, hold_verbs, learning_verb, retention_verbs, verbs
from scanpipe.cli.wrapping import HelpFormatter
from scanpipe.core.holds import KINDS
from scanpipe.errors import ConfigError, ScanpipeError
from scanpipe.i18n import N_, _, language_of_locale, lend_words_to_libraries, speaking, words_missing


class Parser(argparse.ArgumentParser):
    """Usage faults end with EX_USAGE, as sysexits has it. Help is wrapped for Japanese, too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=HelpFormatter, **options)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(os.EX_USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb; returns its exit code."""
    language = language_of_locale()
    with speaking(language):
        try:
            if says := words_missing(language):
                raise ConfigError([says])
            lend_words_to_libraries()
            options = parser().parse_args(arguments)
            _log_to_stderr(logging.INFO if options.verb in ("run", "worker") or options.verbose else logging.ERROR)
            code: int = options.run(options)
        except ScanpipeError as error:
            print(error, file=sys.stderr)  # noqa: T201
            return error.exit_code
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `scanpipe … | head` has read enough
            return os.EX_OK
        except KeyboardInterrupt:
            return 128 + 2
        except Exception:  # noqa: BLE001 - the outermost place
            traceback.print_exc()
            print(_("This is a fault of scanpipe itself. Nothing is lost; please report the lines above."), file=sys.stderr)  # noqa: T201
            return os.EX_SOFTWARE
        return code


def _log_to_stderr(level: int) -> None:
    logging.getLogger("watchdog").addHandler(logging.NullHandler())  # its farewell at the end of a run is nobody's business
    plain = not sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if plain else structlog.processors.StackInfoRenderer(),
            structlog.processors.JSONRenderer(ensure_ascii=False) if plain else structlog.dev.ConsoleRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,  # whoever puts another stderr in place gets what comes after
    )


def parser() -> Parser:
    """All verbs with their options."""
    top = Parser(prog="scanpipe", description=_("Files what section scanners put into shared folders: read, named, searchable, counted."))
    top.add_argument("--config", metavar="FILE", help=_("scanpipe.toml; else $SCANPIPE_CONFIG, ./config/scanpipe.toml, /etc/scanpipe/scanpipe.toml"))
    top.add_argument("--version", action="version", version=f"scanpipe {version('scanpipe')}", help=_("show the version and exit"))
    top.add_argument("-v", "--verbose", action="store_true", help=_("tell on stderr what is being done"))
    top.set_defaults(json=False)
    add = top.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=Parser).add_parser

    init = add("init", help=_("make a site: configuration, sections, drop folders"))
    init.add_argument("directory", type=Path, metavar="DIR")
    init.add_argument("--size", choices=("small", "city"), default="city", help=_("how many sections the default has: about 30 or 77"))
    init.add_argument("--departments", type=Path, metavar="FILE.csv", help=_("your own sections: code, name, bureau, …"))
    init.set_defaults(run=verbs.init)

    run = add("run", help=_("the daemon: watch, file, count"))
    run.add_argument("--no-web", action="store_true", help=_("without the web process"))
    run.set_defaults(run=verbs.run)

    drain = add("drain", help=_("take and finish all that lies in the drop folders, then exit: 0 all filed, 1 some need a person"))
    drain.set_defaults(run=verbs.drain)

    ingest = add("ingest", help=_("deliver copies of files into a section's drop folder and wait until they are searchable"))
    ingest.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    ingest.add_argument("--department", required=True, metavar="CODE")
    ingest.set_defaults(run=verbs.ingest)

    explain = add("explain", help=_("what a scan or a text would be filed as, with the evidence; files nothing"))
    explain.add_argument("file", metavar="FILE|-", help=_("a PDF or image, or UTF-8 text; - reads text from standard input"))
    explain.add_argument("--department", default="", metavar="CODE")
    explain.set_defaults(run=verbs.explain)

    status = add("status", help=_("what is where: counts, what waits, places at fault, timetable"))
    status.set_defaults(run=verbs.status)

    show = add("show", help=_("one record: all facts, events, evidence"))
    show.add_argument("number", metavar="NUMBER")
    show.add_argument("--text", action="store_true", help=_("with the text that was read"))
    show.set_defaults(run=verbs.show)

    export = add("export", help=_("the layout of one record for other systems"))
    export.add_argument("--alto", required=True, metavar="NUMBER", help=_("as ALTO 4 XML: pages, blocks, lines and words with their places"))
    export.add_argument("--out", type=Path, metavar="FILE", help=_("write it there instead of to standard output"))
    export.set_defaults(run=verbs.export)

    search = add("search", help=_("records with these words"))
    search.add_argument("query", metavar="QUERY")
    search.add_argument("--department", metavar="CODE")
    search.add_argument("--category", metavar="CODE")
    search.add_argument("--fiscal-year", type=int, metavar="YYYY")
    search.add_argument("--from", dest="date_from", type=_day, metavar="YYYY-MM-DD")
    search.add_argument("--to", dest="date_to", type=_day, metavar="YYYY-MM-DD")
    search.add_argument("--limit", type=_at_most_1000, default=20, metavar="N")
    search.add_argument("--offset", type=_not_negative, default=0, metavar="N")
    search.set_defaults(run=verbs.search)

    stats = add("stats", help=_("sheets: ledger B digitised, cleared, removed"))
    stats.add_argument("--fiscal-year", type=int, metavar="YYYY")
    stats.add_argument("--by", choices=("department", "month", "category"), default="department")
    stats.set_defaults(run=verbs.stats)

    verify = add("verify", help=_("compare every byte of the vault with what was filed"))
    verify.set_defaults(run=verbs.verify)

    reindex = add("reindex", help=_("make catalogue and search index again from vault and journal"))
    reindex.set_defaults(run=verbs.reindex)

    retention_parsers = _add_retention(add)

    decision_parsers = (*_add_decisions(add), *_add_holds(add), *_add_binders(add))

    retry = add("retry", help=_("try waiting scans again now"))
    retry.add_argument("number", nargs="?", metavar="NUMBER", help=_("one record; without it all that wait"))
    retry.add_argument("--by", required=True, metavar="WHO", help=_("your name, for the log"))
    retry.set_defaults(run=verbs.retry)

    learn = add("learn", help=_("learn categories from what people decided; the timetable does it every night"))
    learn.set_defaults(run=learning_verb.learn)

    doctor = add("doctor", help=_("what is wrong on this machine and how to mend it"))
    doctor.set_defaults(run=verbs.doctor)

    cover = add("cover", help=_("a cover or separator sheet to print, which splits a batch of paper"))
    cover.add_argument("--department", metavar="CODE", help=_("the section whose records follow"))
    cover.add_argument("--category", metavar="CODE", help=_("their category in the retention schedule"))
    cover.add_argument("--title", metavar="TEXT", help=_("their title"))
    cover.add_argument("--sheets", type=_sheets, metavar="N", help=_("how many sheets of paper follow; the scan is compared with it"))
    cover.add_argument("--separator", action="store_true", help=_("a sheet that only parts one document from the next"))
    cover.add_argument("--out", type=Path, metavar="FILE.pdf", help=_("where to write it; cover-CODE.pdf or separator.pdf here without it"))
    cover.set_defaults(run=verbs.cover)

    worker = add("worker", help=_("reads pages for other machines' scanpipe through a Dask scheduler; needs no site"))
    worker.add_argument("scheduler", type=_scheduler, metavar="tls://HOST:PORT")
    worker.add_argument("--lanes", type=_lanes, metavar="N", help=_("how many pages are read at once; one a core without it"))
    worker.add_argument("--name", default="", metavar="NAME", help=_("what the cluster calls this machine"))
    worker.add_argument("--memory-mib", type=_mebibytes, default=4096, metavar="MIB", help=_("memory of one lane"))
    for option, says in (("ca-file", N_("certificate of the authority")), ("cert", N_("certificate of this machine")), ("key", N_("its private key"))):
        worker.add_argument(f"--tls-{option}", type=_file, metavar="PEM", help=_(says))
    worker.add_argument("--unencrypted", action="store_true", help=_("accept a scheduler tcp://… on another machine: scans travel unencrypted"))
    worker.set_defaults(run=verbs.worker)

    for verb in (drain, ingest, explain, status, show, search, stats, verify, reindex, *retention_parsers, *decision_parsers, retry, learn, doctor):
        verb.add_argument("--json", action="store_true", help=_("facts as JSON"))
    return top


def _add_retention(add: Callable[..., Parser]) -> tuple[Parser, ...]:
    """`retention` with what it can be asked; each prints JSON, too."""
    retention = add("retention", help=_("the retention schedule: its arithmetic, a body's own schedule, what a change would mean"))
    what = retention.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=Parser).add_parser

    show = what("show", help=_("start and expiry for a category"))
    show.add_argument("code", metavar="CODE")
    show.add_argument("--completed", type=_day, required=True, metavar="YYYY-MM-DD", help=_("the day the document was completed"))
    show.add_argument("--event", type=_day, metavar="YYYY-MM-DD", help=_("the day of the event that starts the period, where one does"))
    show.add_argument("--accounting-year", type=int, metavar="YYYY", help=_("the accounting year a voucher belongs to"))
    show.add_argument("--title", metavar="TEXT", help=_("the record's title, for sub-rules by title"))
    show.set_defaults(run=retention_verbs.show)

    take = what("import", help=_("take over a schedule from CSV or Excel, with a report of what was understood"))
    take.add_argument("file", type=Path, metavar="FILE", help=_(".csv, .xlsx or .xls, as the office has it"))
    take.add_argument("--replace", action="store_true", help=_("the table becomes the whole schedule; without it, it is merged into the present one"))
    take.add_argument("--dry-run", action="store_true", help=_("only say what was understood"))
    take.add_argument("--legend", action="append", default=[], metavar="甲=永年,乙=10年", help=_("what marks mean, where the table does not say so"))
    take.set_defaults(run=retention_verbs.import_)

    due = what("due", help=_("records whose disposal may come by the end of a fiscal year, by section; those that are held are shown apart"))
    due.add_argument("--fiscal-year", type=int, metavar="YYYY", help=_("the current one without it"))
    due.add_argument("--department", metavar="CODE", help=_("of one section, with those it took over"))
    due.set_defaults(run=retention_verbs.due)

    compare = what("changes", help=_("records that the present schedule would keep otherwise; changes nothing"))
    compare.add_argument("--list", action="store_true", help=_("each record, not only numbers by category"))
    compare.set_defaults(run=retention_verbs.list_changes)
    return show, take, due, compare


def _add_decisions(add: Callable[..., Parser]) -> tuple[Parser, ...]:
    """`review`, `classify`, `correct`: what people decide about records."""
    review = add("review", help=_("the doubtful records, with suggestions; or one of them accepted as it is"))
    review.add_argument("--department", metavar="CODE", help=_("of one section"))
    review.add_argument("--limit", type=_at_most_1000, default=50, metavar="N")
    review.add_argument("--accept", metavar="NUMBER", help=_("all that is said of this record is right"))
    _add_decider(review, required=False)
    review.set_defaults(run=decision_verbs.review)

    classify = add("classify", help=_("decide the category of a record"))
    classify.add_argument("number", metavar="NUMBER")
    classify.add_argument("code", metavar="CODE", help=_("of the retention schedule, or unclassified"))
    _add_decider(classify)
    classify.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    classify.set_defaults(run=decision_verbs.classify)

    correct = add("correct", help=_("correct title, dates, number, section … of records; take a correction back"))
    correct.add_argument("numbers", nargs="*", metavar="NUMBER")
    correct.add_argument("--query", metavar="QUERY", help=_("all records that this search finds; asks before it changes them"))
    for name, says in _CORRECTABLE.items():
        correct.add_argument(f"--{name.replace('_', '-')}", metavar="VALUE", help=_(says))
    correct.add_argument("--undo", action="store_true", help=_("take the newest correction back"))
    _add_decider(correct)
    correct.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    correct.add_argument("--yes", action="store_true", help=_("do not ask"))
    correct.set_defaults(run=decision_verbs.correct)
    return review, classify, correct


def _add_holds(add: Callable[..., Parser]) -> tuple[Parser, ...]:
    """`hold` with what it does."""
    hold = add("hold", help=_("keep records from disposal, paper and digital alike: disclosure request, lawsuit, audit …"))
    what = hold.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=Parser).add_parser

    begin = what("add", help=_("hold records, by number, by a search, or all of a section, category or fiscal year"))
    begin.add_argument("numbers", nargs="*", metavar="NUMBER")
    begin.add_argument("--query", metavar="QUERY", help=_("all records that this search finds now"))
    begin.add_argument("--department", metavar="CODE", help=_("all records of this section, also those that come later"))
    begin.add_argument("--category", metavar="CODE", help=_("only, or all, of this category, also those that come later"))
    begin.add_argument("--fiscal-year", type=int, metavar="YYYY", help=_("only, or all, completed in this fiscal year, also those that come later"))
    begin.add_argument("--kind", choices=KINDS, required=True, help=_("a disclosure request and an appeal add one year after the decision"))
    begin.add_argument("--reference", metavar="TEXT", help=_("number of the request, case or audit"))
    begin.add_argument("--from", type=_day, metavar="YYYY-MM-DD", help=_("its first day; today without it"))
    begin.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help=_("its last day, or the day of the decision, where it is known beforehand"))
    begin.add_argument("--until-event", metavar="TEXT", help=_("what is waited for (judgment, end of the audit …)"))
    _add_decider(begin)
    begin.set_defaults(run=hold_verbs.add)

    end = what("end", help=_("the decision was made, or the matter has ended"))
    end.add_argument("hold", metavar="ID", help=_("as `hold list` shows it, or its reference"))
    end.add_argument("--on", type=_day, metavar="YYYY-MM-DD", help=_("the day of the decision; today without it"))
    _add_decider(end)
    end.set_defaults(run=hold_verbs.end)
    for verb in (begin, end):
        verb.add_argument("--dry-run", action="store_true", help=_("only show what would change"))

    show = what("list", help=_("the holds in force"))
    show.add_argument("--all", action="store_true", help=_("ended ones, too"))
    show.set_defaults(run=hold_verbs.list_)
    return begin, end, show


def _add_binders(add: Callable[..., Parser]) -> tuple[Parser, ...]:
    """`binder` with its list and its register."""
    binder = add("binder", help=_("the files that the records of a section, year and category form, and their register"))
    what = binder.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=Parser).add_parser

    show = what("list", help=_("the binders with their numbers of records and sheets"))
    show.add_argument("--fiscal-year", type=int, metavar="YYYY")
    show.add_argument("--department", metavar="CODE", help=_("of one section"))
    show.set_defaults(run=binder_verbs.list_)

    register = what("register", help=_("the register of files with its 13 fields, as CSV or Excel"))
    register.add_argument("--fiscal-year", type=int, metavar="YYYY", help=_("of one year; of all without it"))
    register.add_argument("--out", type=Path, metavar="FILE", help=_("a .csv or .xlsx file; CSV on standard output without it"))
    register.set_defaults(run=binder_verbs.register)
    return show, register


_CORRECTABLE = {
    "title": N_("the title as printed"),
    "kind": N_("what kind of document it is, as printed in brackets behind the title"),
    "document_number": N_("the whole document number"),
    "sender": N_("from whom"),
    "addressee": N_("to whom"),
    "date": N_("the document's own date, YYYY-MM-DD; empty: it has none"),
    "completed": N_("the day of completion, YYYY-MM-DD: the fiscal year follows it"),
    "event": N_("the day of the event that starts the period (end of contract …), YYYY-MM-DD"),
    "extended": N_("the record is kept until then, YYYY-MM-DD; never shorter than its period"),
    "category": N_("a code of the retention schedule"),
    "department": N_("the section that keeps the record"),
}


def _add_decider(verb: Parser, *, required: bool = True) -> None:
    verb.add_argument("--by", required=required, metavar="WHO", help=_("your name, for the log"))
    verb.add_argument("--reason", metavar="TEXT", help=_("why, for the log"))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("{value} is not a day; write it like 2025-04-01").format(value=text)) from None


def _scheduler(text: str) -> str:
    if not re.fullmatch(r"(tls|tcp)://[^/\s]+:[0-9]+", text):
        raise argparse.ArgumentTypeError(_("{value} is not a scheduler; write it like tls://ocr-server:8786").format(value=text))
    return text


def _file(text: str) -> str:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(_("there is no file {path}").format(path=text))
    return str(Path(text).absolute())


def _lanes(text: str) -> int:
    number = _not_negative(text)
    if not 1 <= number <= 256:
        raise argparse.ArgumentTypeError(_("{value} is not between 1 and 256").format(value=text))
    return number


def _sheets(text: str) -> int:
    number = _not_negative(text)
    if not 1 <= number <= 9999:
        raise argparse.ArgumentTypeError(_("{value} is not between 1 and 9999").format(value=text))
    return number


def _mebibytes(text: str) -> int:
    number = _not_negative(text)
    if number < 512:
        raise argparse.ArgumentTypeError(_("{value} MiB is too little; write 512 or more").format(value=text))
    return number


def _at_most_1000(text: str) -> int:
    number = _not_negative(text)
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError(_("{value} is not between 1 and 1000").format(value=text))
    return number


def _not_negative(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(_("{value} is not a whole number of 0 or more").format(value=text))
    return int(text)
