"""`scanpipe binder list|register`: the files (簿冊) that records form, and their register (行政文書ファイル管理簿)."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from scanpipe import storage
from scanpipe.cli import arguments, shown
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _, speaking
from scanpipe.upkeep.disposal import register as registers
from scanpipe.upkeep.disposal.register import Entry


def list_(options: argparse.Namespace) -> int:
    """The binders with their numbers of records and sheets."""
    settings = settings_of(options)
    with reading(settings) as reader:
        found = registers.binders(reader, settings.binders.volume_sheets, options.fiscal_year, options.department)
    if options.json:
        return shown.as_json(found)
    rows = [row for one in found["binders"] for row in _rows(one, settings)]
    if rows:
        shown.table([_("Binder"), _("Year"), _("Section"), _("Category"), _("Records"), _("Sheets")], rows, numbers=(1, 4, 5))
    else:
        shown.say(_("No record belongs to a binder yet."))
    if found["loose"]:
        shown.say(_("{n} records have no category yet and belong to no binder; see `scanpipe review`.").format(n=found["loose"]))
    return os.EX_OK


def _rows(one: Mapping[str, Any], settings: Settings) -> Iterator[tuple[object, ...]]:
    """The binder and, where it has several, its volumes below it."""
    yield one["id"], one["year"], shown.section_name(settings, one["department"]), shown.category_name(one), one["records"], one["sheets"]
    if len(one["volumes"]) > 1:
        for number, volume in enumerate(one["volumes"], 1):
            yield "", "", "", _("volume {n} of {of}").format(n=number, of=len(one["volumes"])), volume["records"], volume["sheets"]


def register(options: argparse.Namespace) -> int:
    """The register in the site's language: as CSV on standard output, into a .csv or .xlsx file, or as JSON."""
    settings = settings_of(options)
    written = _writer(options.out)
    with reading(settings) as reader, speaking(settings.site.language):
        entries = registers.register(reader, settings, datetime.now(settings.timezone).date(), options.fiscal_year)
        data = written(entries)
    if options.json:
        return shown.as_json(registers.as_json(entries))
    if options.out is None:
        sys.stdout.buffer.write(data)
        return os.EX_OK
    with storage.place(options.out):
        options.out.write_bytes(data)
    shown.say(_("{file}: {n} lines").format(file=options.out, n=len(entries)))
    return os.EX_OK


def _writer(out: Path | None) -> Callable[[Sequence[Entry]], bytes]:
    """Raises UsageError for a file that is neither .csv nor .xlsx."""
    writers: Mapping[str, Callable[[Sequence[Entry]], bytes]] = {
        "": registers.as_csv,
        ".csv": registers.as_csv,
        ".xlsx": lambda entries: registers.as_xlsx(entries, _("Register of binders")),
    }
    suffix = out.suffix.lower() if out else ""
    if out and suffix not in (".csv", ".xlsx"):
        raise UsageError(N_("{file}: write a name that ends in .csv or .xlsx"), file=str(out))
    return writers[suffix]


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`binder` with its list and its register."""
    binder = add("binder", help=_("the files that the records of a section, year and category form, and their register"))
    what = binder.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser

    show = what("list", help=_("the binders with their numbers of records and sheets"))
    show.add_argument("--fiscal-year", type=int, metavar="YYYY")
    show.add_argument("--department", metavar="CODE", help=_("of one section"))
    show.set_defaults(run=list_)

    to_register = what("register", help=_("the register of files with its 13 fields, as CSV or Excel"))
    to_register.add_argument("--fiscal-year", type=int, metavar="YYYY", help=_("of one year; of all without it"))
    to_register.add_argument("--out", type=Path, metavar="FILE", help=_("a .csv or .xlsx file; CSV on standard output without it"))
    to_register.set_defaults(run=register)
    return show, to_register
