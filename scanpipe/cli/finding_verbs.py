"""`status`, `search`, `show`, `export`, `explain`: what is where, and what it is."""

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path

from scanpipe import storage, vault
from scanpipe.catalogue.compared import fixity_state
from scanpipe.cli import arguments, shown
from scanpipe.cli.arguments import Parser
from scanpipe.cli.asking import number
from scanpipe.cli.site import name_of, no_category, reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.alto import alto
from scanpipe.core.model import UNCLASSIFIED
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_, _
from scanpipe.workbench import Workbench


def explain(options: argparse.Namespace) -> int:
    from scanpipe.upkeep.teaching.explain import explain

    settings = settings_of(options)
    body = explain(options.file, settings, options.department, sys.stdin.buffer)
    return shown.as_json(body) if options.json else shown.explained(body, settings)


def status(options: argparse.Namespace) -> int:
    from scanpipe.lock import is_running
    from scanpipe.upkeep import progress
    from scanpipe.upkeep.sending import outgoing

    settings = settings_of(options)
    bench = Workbench(settings.layout.work)
    with reading(settings) as reader:
        facts = reader.status()
        facts["fixity"] = fixity_state(reader.db, datetime.now(settings.timezone))
        facts["outgoing"] = outgoing.standings(settings, reader)
        facts["reading"] = [
            {
                "number": a.number,
                "department": a.department,
                "name": a.name,
                "pages_read": bench.pages_read(a.sha256),
                "pages": progress.pages_of(bench, a.sha256),
            }
            for a in reader.reading()
        ]
    facts["running"] = is_running(settings)
    return shown.as_json(facts) if options.json else shown.status(facts, settings)


def show(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    with reading(settings) as reader:
        body = reader.record(number(options.number), text=options.text)
        body["department_name"] = name_of(settings, body["department"])
        body["events"] = reader.events(body["id"])
        body["corrections"] = reader.corrections(body["id"])
    return shown.as_json(body) if options.json else shown.record(body)


def export(options: argparse.Namespace) -> int:
    """The layout of a filed record as ALTO 4, to a file or to standard output."""
    if options.json and options.out is None:
        raise UsageError(N_("With --json say where to write the layout: --out FILE"))
    settings = settings_of(options)
    with reading(settings) as reader:
        body = reader.record(options.alto)
    place = body["vault_path"]
    if body["disposal"]:
        gone = N_("Record {number} was disposed of by the list {list}; nothing of its pages is left.")
        raise NotFound(gone, number=options.alto, list=body["disposal"]["list"])
    if place is None:
        raise NotFound(N_("Record {number} is not filed yet. Try again when scanpipe status shows nothing waiting."), number=options.alto)
    folder = settings.layout.archive / place
    record = vault.read(folder)
    if storage.digest(folder / vault.TEXT) != vault.manifest(folder).get(vault.TEXT):
        raise vault.RecordDamaged(vault.ALTERED, folder=str(folder), name=vault.TEXT)
    if not record.recognition.pages:
        raise NotFound(N_("Nothing was read from record {number}, so it has no layout to export."), number=options.alto)
    written = alto(record.recognition, number=options.alto, name=record.accession.name)
    if options.out is None:
        sys.stdout.buffer.write(written)
        return os.EX_OK
    with storage.place(options.out):
        options.out.write_bytes(written)
    return shown.as_json({"path": str(options.out), "kind": "alto", "media_type": "application/xml"}) if options.json else os.EX_OK


def search(options: argparse.Namespace) -> int:
    from scanpipe.catalogue.search import SearchReader

    settings = settings_of(options)
    _check_filters(options, settings)
    with reading(settings) as reader:
        index = SearchReader(settings.layout.search_db, reader.text_of, settings.codes_by_name)
        result = index.search(
            options.query,
            department=options.department,
            category=options.category,
            fiscal_year=options.fiscal_year,
            date_from=options.date_from,
            date_to=options.date_to,
            limit=options.limit,
            offset=options.offset,
        )
        index.close()
    return shown.as_json([shown.hit_json(hit) for hit in result.hits]) if options.json else shown.hits(result, options.query, settings)


def _check_filters(options: argparse.Namespace, settings: Settings) -> None:
    """A filter that can match nothing is a slip, not an empty answer."""
    with reading(settings) as reader:
        sections, categories = reader.codes()
    if options.department is not None and options.department not in sections:
        settings.department(options.department)
    if options.category is not None and options.category not in {*categories, *settings.schedule.categories, UNCLASSIFIED}:
        raise no_category(options.category, settings)
    if options.date_from and options.date_to and options.date_from > options.date_to:
        raise UsageError(N_("--from {start} is after --to {end}."), start=options.date_from, end=options.date_to)


def parsers(add: arguments.AddParser) -> tuple[Parser, ...]:
    """`status`, `search`, `show`, `export`, `explain`."""
    to_status = add("status", help=_("what is where: counts, what waits, places at fault, timetable"))
    to_status.set_defaults(run=status)

    to_search = add("search", help=_("records with these words"))
    to_search.add_argument("query", metavar="QUERY")
    to_search.add_argument("--department", metavar="CODE")
    to_search.add_argument("--category", metavar="CODE")
    to_search.add_argument("--fiscal-year", type=int, metavar="YYYY")
    to_search.add_argument("--from", dest="date_from", type=arguments.day, metavar="YYYY-MM-DD")
    to_search.add_argument("--to", dest="date_to", type=arguments.day, metavar="YYYY-MM-DD")
    to_search.add_argument("--limit", type=arguments.at_most_1000, default=20, metavar="N")
    to_search.add_argument("--offset", type=arguments.not_negative, default=0, metavar="N")
    to_search.set_defaults(run=search)

    to_show = add("show", help=_("one record: all facts, events, evidence"))
    to_show.add_argument("number", metavar="NUMBER")
    to_show.add_argument("--text", action="store_true", help=_("with the text that was read"))
    to_show.set_defaults(run=show)

    to_export = add("export", help=_("the layout of one record for other systems"))
    to_export.add_argument("--alto", required=True, metavar="NUMBER", help=_("as ALTO 4 XML: pages, blocks, lines and words with their places"))
    to_export.add_argument("--out", type=Path, metavar="FILE", help=_("write it there instead of to standard output"))
    to_export.set_defaults(run=export)

    to_explain = add("explain", help=_("what a scan or a text would be filed as, with the evidence; files nothing"))
    to_explain.add_argument("file", metavar="FILE|-", help=_("a PDF or image, or UTF-8 text; - reads text from standard input"))
    to_explain.add_argument("--department", default="", metavar="CODE")
    to_explain.set_defaults(run=explain)
    return (to_status, to_search, to_show, to_export, to_explain)
