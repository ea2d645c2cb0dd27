"""The command line: the verbs of design §10. Errors become one sentence on stderr and an exit code of sysexits."""

import logging
import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Final

import structlog

from scanpipe.cli import arguments
from scanpipe.cli.arguments import Parser
from scanpipe.errors import ConfigError, ScanpipeError
from scanpipe.i18n import N_, _, language_of_locale, lend_words_to_libraries, speaking, words_missing

# Modules of verbs, each with its `parsers`. Only that of the verb that is asked is loaded: all of them take half a second.
_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "custody_verbs": ("verify", "proof", "backup", "restore"),
    "retention_verbs": ("retention",),
    "decision_verbs": ("review", "classify", "correct"),
    "parting_verbs": ("split", "merge", "replace"),
    "hold_verbs": ("hold",),
    "disposal_verbs": ("dispose",),
    "binder_verbs": ("binder",),
    "paper_verbs": ("paper-status",),
    "ledger_verbs": ("paper",),
    "stats_verbs": ("stats",),
    "device_verbs": ("device",),
    "cabinet_verbs": ("cabinet",),
    "campaign_verbs": ("campaign", "target"),
    "indicator_verbs": ("indicator",),
    "web_verbs": ("web",),
    "account_verbs": ("user", "token"),
}
_OWN: Final = (
    "init", "run", "drain", "ingest", "explain", "status", "show", "export", "search", "reindex", "retry", "learn", "doctor", "cover", "worker",
)  # fmt: skip


class _Verbs:
    """The functions of a module of verbs, which is loaded when one of them runs."""

    def __init__(self, module: str) -> None:
        self._module = f"scanpipe.cli.{module}"

    def __getattr__(self, verb: str) -> Callable[[Namespace], int]:
        def run(options: Namespace) -> int:
            code: int = getattr(import_module(self._module), verb)(options)
            return code

        return run


verbs, learning_verb = _Verbs("verbs"), _Verbs("learning_verb")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb; returns its exit code."""
    language = language_of_locale()
    with speaking(language):
        try:
            if says := words_missing(language):
                raise ConfigError([says])
            lend_words_to_libraries()
            given = sys.argv[1:] if arguments is None else list(arguments)
            options = parser(_groups_of(given)).parse_args(given)
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


def _groups_of(given: Sequence[str]) -> Iterable[str]:
    """The modules that are needed for what is typed: all where no verb is known in it, for a list of the verbs or a fault."""
    known = {verb: (module,) for module, names in _GROUPS.items() for verb in names} | dict.fromkeys(_OWN, ())
    words = iter(given)
    for word in words:
        if word == "--config":
            next(words, None)
        elif not word.startswith("-"):
            return known.get(word, _GROUPS)
        elif word != "-v" and not word.startswith("--config="):
            return _GROUPS
    return _GROUPS


def parser(groups: Iterable[str] = _GROUPS) -> Parser:
    """The verbs of this module, and those of these modules of it, with their options."""
    top = Parser(prog="scanpipe", description=_("Files what section scanners put into shared folders: read, named, searchable, counted."))
    top.add_argument("--config", metavar="FILE", help=_("scanpipe.toml; else $SCANPIPE_CONFIG, ./config/scanpipe.toml, /etc/scanpipe/scanpipe.toml"))
    top.add_argument("--version", action="version", version=f"scanpipe {version('scanpipe')}", help=_("show the version and exit"))
    top.add_argument("-v", "--verbose", action="store_true", help=_("tell on stderr what is being done"))
    top.set_defaults(json=False)
    add = top.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=arguments.Parser).add_parser

    init = add("init", help=_("make a site: configuration, sections, drop folders"))
    init.add_argument("directory", type=Path, metavar="DIR")
    init.add_argument(
        "--size", choices=("small", "city"), default="city", help=_("how many sections the default has: about 30 or 77; without effect with --departments")
    )
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
    search.add_argument("--from", dest="date_from", type=arguments.day, metavar="YYYY-MM-DD")
    search.add_argument("--to", dest="date_to", type=arguments.day, metavar="YYYY-MM-DD")
    search.add_argument("--limit", type=arguments.at_most_1000, default=20, metavar="N")
    search.add_argument("--offset", type=arguments.not_negative, default=0, metavar="N")
    search.set_defaults(run=verbs.search)

    reindex = add("reindex", help=_("make catalogue and search index again from vault and journal"))
    reindex.set_defaults(run=verbs.reindex)

    grouped = [parser for group in groups for parser in import_module(f"scanpipe.cli.{group}").parsers(add)]

    retry = add("retry", help=_("try waiting scans again now"))
    retry.add_argument("number", nargs="?", metavar="NUMBER", help=_("one record; without it all that wait"))
    retry.add_argument("--by", required=True, metavar="WHO", help=_("your name, for the log"))
    retry.set_defaults(run=verbs.retry)

    learn = add("learn", help=_("learn categories from what people decided; the timetable does it every night"))
    learn.add_argument("--dry-run", action="store_true", help=_("only show what would be learnt; the model in use stays"))
    learn.set_defaults(run=learning_verb.learn)

    doctor = add("doctor", help=_("what is wrong on this machine and how to mend it"))
    doctor.set_defaults(run=verbs.doctor)

    cover = add("cover", help=_("a cover or separator sheet to print, which splits a batch of paper"))
    cover.add_argument("--department", metavar="CODE", help=_("the section whose records follow"))
    cover.add_argument("--category", metavar="CODE", help=_("their category in the retention schedule"))
    cover.add_argument("--title", metavar="TEXT", help=_("their title"))
    cover.add_argument("--sheets", type=arguments.sheets, metavar="N", help=_("how many sheets of paper follow; the scan is compared with it"))
    cover.add_argument("--box", metavar="NUMBER", help=_("the box that their paper goes into"))
    cover.add_argument("--separator", action="store_true", help=_("a sheet that only parts one document from the next"))
    cover.add_argument("--out", type=Path, metavar="FILE.pdf", help=_("where to write it; cover-CODE.pdf or separator.pdf here without it"))
    cover.set_defaults(run=verbs.cover)

    worker = add("worker", help=_("reads pages for other machines' scanpipe through a Dask scheduler; needs no site"))
    worker.add_argument("scheduler", type=arguments.scheduler, metavar="tls://HOST:PORT")
    worker.add_argument("--lanes", type=arguments.lanes, metavar="N", help=_("how many pages are read at once; one a core without it"))
    worker.add_argument("--name", default="", metavar="NAME", help=_("what the cluster calls this machine"))
    worker.add_argument("--memory-mib", type=arguments.mebibytes, default=4096, metavar="MIB", help=_("memory of one lane"))
    for option, says in (("ca-file", N_("certificate of the authority")), ("cert", N_("certificate of this machine")), ("key", N_("its private key"))):
        worker.add_argument(f"--tls-{option}", type=arguments.file, metavar="PEM", help=_(says))
    worker.add_argument("--unencrypted", action="store_true", help=_("accept a scheduler tcp://… on another machine: scans travel unencrypted"))
    worker.set_defaults(run=verbs.worker)

    for verb in (drain, ingest, explain, status, show, search, reindex, *grouped, retry, learn, doctor, export, cover):
        verb.add_argument("--json", action="store_true", help=_("facts as JSON"))
    return top
