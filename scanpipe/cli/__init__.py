"""The command line: the verbs of design §10. Errors become one sentence on stderr and an exit code of sysexits."""

import logging
import os
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Final

import structlog

from scanpipe.cli import arguments
from scanpipe.cli.arguments import Parser
from scanpipe.errors import ConfigError, ScanpipeError
from scanpipe.i18n import _, language_of_locale, lend_words_to_libraries, speaking, words_missing

# Modules of verbs, each with its `parsers`, in the order of a list of the verbs. Only that of the verb that is asked is loaded: all of them take half a second.
_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "machine_verbs": ("init", "run", "reindex", "retry", "doctor", "worker"),
    "intake_verbs": ("drain", "ingest"),
    "finding_verbs": ("status", "search", "show", "export", "explain"),
    "cover_verb": ("cover",),
    "decision_verbs": ("review", "classify", "correct"),
    "parting_verbs": ("split", "merge", "replace"),
    "learning_verb": ("learn",),
    "retention_verbs": ("retention",),
    "hold_verbs": ("hold",),
    "disposal_verbs": ("dispose",),
    "binder_verbs": ("binder",),
    "paper_verbs": ("paper-status",),
    "stats_verbs": ("stats",),
    "ledger_verbs": ("paper",),
    "device_verbs": ("device",),
    "cabinet_verbs": ("cabinet",),
    "campaign_verbs": ("campaign", "target"),
    "indicator_verbs": ("indicator",),
    "custody_verbs": ("verify", "proof", "backup", "restore"),
    "web_verbs": ("web",),
    "account_verbs": ("user", "token"),
}


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
    known = {verb: (module,) for module, names in _GROUPS.items() for verb in names}
    words = iter(given)
    for word in words:
        if word == "--config":
            next(words, None)
        elif word == "--version":
            return ()
        elif not word.startswith("-"):
            return known.get(word, _GROUPS)
        elif word != "-v" and not word.startswith("--config="):
            return _GROUPS
    return _GROUPS


def parser(groups: Iterable[str] = _GROUPS) -> Parser:
    """The verbs of these modules, with their options."""
    top = Parser(prog="scanpipe", description=_("Files what section scanners put into shared folders: read, named, searchable, counted."))
    top.add_argument("--config", metavar="FILE", help=_("scanpipe.toml; else $SCANPIPE_CONFIG, ./config/scanpipe.toml, /etc/scanpipe/scanpipe.toml"))
    top.add_argument("--version", action="version", version=f"scanpipe {version('scanpipe')}", help=_("show the version and exit"))
    top.add_argument("-v", "--verbose", action="store_true", help=_("tell on stderr what is being done"))
    top.set_defaults(json=False)
    add = top.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=arguments.Parser).add_parser

    answering = [parser for group in groups for parser in import_module(f"scanpipe.cli.{group}").parsers(add)]
    for verb in answering:
        verb.add_argument("--json", action="store_true", help=_("facts as JSON"))
    return top
