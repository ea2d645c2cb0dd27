"""`scanpipe review`, `classify`, `correct`: the doubtful records, and what people decide about these and others."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from scanpipe import named
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search_reader import SearchReader
from scanpipe.cli import arguments, asking, shown
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.core import review as reasons
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _

MOST_AT_ONCE = 1000
_OPTIONS = ("title", "kind", "document_number", "sender", "addressee", "date", "completed", "event", "extended", "category", "department")


def review(options: argparse.Namespace) -> int:
    """The queue of doubtful records, oldest first; with a number, its acceptance as it is."""
    settings = settings_of(options)
    if options.accept:
        if not options.by:
            raise UsageError(N_("Say who accepts it: --by WHO"))
        answer = asking.ask(settings, "correct", options.by, numbers=[asking.number(options.accept)], changes={}, reason=options.reason or "")
        return _told(answer, options.json)
    with reading(settings) as reader:
        found = reader.doubtful(options.department, options.limit)
    if options.json:
        return shown.as_json(found)
    if not found:
        shown.say(_("Nothing waits for a person."))
        return os.EX_OK
    rows = [(one["number"], one["title"] or "—", _suggested(one["suggestions"], settings), _why(one["flags"])) for one in found]
    shown.table([_("Number"), _("Title"), _("Suggested category"), _("Why")], rows)
    shown.say(_("Decide: scanpipe classify NUMBER CODE --by WHO, or scanpipe review --accept NUMBER --by WHO"))
    return os.EX_OK


def _suggested(suggestions: Sequence[Mapping[str, Any]], settings: Settings) -> str:
    names = {code: category.name for code, category in settings.schedule.categories.items()}
    return ", ".join(f"{names.get(one['category'], one['category'])} {one['confidence']:.0%}" for one in suggestions[:3]) or "—"


def _why(flags: Sequence[str]) -> str:
    return " ".join(_(reasons.reason(flag)) for flag in flags if flag not in reasons.NOTES)


def classify(options: argparse.Namespace) -> int:
    """A person's decision on the category of one record."""
    settings = settings_of(options)
    wants: dict[str, Any] = {"numbers": [asking.number(options.number)], "changes": {"category": options.code}, "reason": options.reason or ""}
    return _told(asking.ask(settings, "correct", options.by, **wants, dry_run=options.dry_run), options.json)


def correct(options: argparse.Namespace) -> int:
    """Other facts, of one record, of several, or of all that a query finds; or the newest correction taken back."""
    settings = settings_of(options)
    changes = {name: value for name in _OPTIONS if (value := getattr(options, name)) is not None}
    if bool(changes) == options.undo:
        raise UsageError(N_("Say what is right, e.g. --title or --date, or --undo."))
    numbers = [*map(asking.number, options.numbers), *(found(options.query, settings) if options.query else [])]
    if not numbers:
        raise UsageError(N_("Name the records by their numbers or by --query."))
    wants: dict[str, Any] = {"numbers": numbers, "changes": changes, "reason": options.reason or "", "undo": options.undo}
    if options.query and not options.dry_run and not options.yes:
        preview = asking.ask(settings, "correct", options.by, **wants, dry_run=True)
        _told(preview, as_json=False)
        if not agreed(len(preview["records"])):
            shown.say(_("Nothing was changed."))
            return os.EX_OK
    return _told(asking.ask(settings, "correct", options.by, **wants, dry_run=options.dry_run), options.json)


def found(query: str, settings: Settings) -> list[str]:
    """Numbers of all records that the query finds. Raises UsageError where there are more than can be changed at once."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    index = SearchReader(settings.layout.search_db, reader.text_of, settings.codes_by_name)
    try:
        hits = index.search(query, limit=MOST_AT_ONCE + 1).hits
    finally:
        index.close()
        reader.close()
    if len(hits) > MOST_AT_ONCE:
        raise UsageError(N_("{query} finds more than {most} records. Narrow it, e.g. by 年度: or 課:."), query=query, most=MOST_AT_ONCE)
    return [hit.number for hit in hits]


def agreed(count: int) -> bool:
    """Whether the person at the terminal says yes. Raises UsageError where nobody sits there."""
    if not sys.stdin.isatty():
        raise UsageError(N_("Add --yes to change {n} records without being asked, or --dry-run to see them only."), n=count)
    return input(_("Change these {n} records? [y/N] ").format(n=count)).strip().lower() in ("y", "yes", "はい")


def _told(answer: Mapping[str, Any], as_json: bool) -> int:
    if as_json:
        return shown.as_json(answer)
    rows = []
    for record in answer["records"]:
        changes = "; ".join(f"{named.about(name)}: {record['before'][name] or '—'} → {value or '—'}" for name, value in record["after"].items())
        rows.append((record["number"], record["title"] or "—", changes or _("accepted as it is"), record["expires"] or "—"))
    shown.table([_("Number"), _("Title"), _("Change"), _("Expires")], rows)
    if answer["unchanged"]:
        shown.say(_("As they should be already, so not changed: {numbers}").format(numbers=", ".join(answer["unchanged"])))
    if answer["dry_run"]:
        shown.say(_("Only shown: nothing was changed."))
    return os.EX_OK


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


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`review`, `classify`, `correct`: what people decide about records."""
    to_review = add("review", help=_("the doubtful records, with suggestions; or one of them accepted as it is"))
    to_review.add_argument("--department", metavar="CODE", help=_("of one section"))
    to_review.add_argument("--limit", type=arguments.at_most_1000, default=50, metavar="N")
    to_review.add_argument("--accept", metavar="NUMBER", help=_("all that is said of this record is right"))
    arguments.add_decider(to_review, required=False)
    to_review.set_defaults(run=review)

    to_classify = add("classify", help=_("decide the category of a record"))
    to_classify.add_argument("number", metavar="NUMBER")
    to_classify.add_argument("code", metavar="CODE", help=_("of the retention schedule, or unclassified"))
    arguments.add_decider(to_classify)
    to_classify.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    to_classify.set_defaults(run=classify)

    to_correct = add("correct", help=_("correct title, dates, number, section … of records; take a correction back"))
    to_correct.add_argument("numbers", nargs="*", metavar="NUMBER")
    to_correct.add_argument("--query", metavar="QUERY", help=_("all records that this search finds; asks before it changes them"))
    for name, says in _CORRECTABLE.items():
        to_correct.add_argument(f"--{name.replace('_', '-')}", metavar="VALUE", help=_(says))
    to_correct.add_argument("--undo", action="store_true", help=_("take the newest correction back"))
    arguments.add_decider(to_correct)
    to_correct.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    to_correct.add_argument("--yes", action="store_true", help=_("do not ask"))
    to_correct.set_defaults(run=correct)
    return to_review, to_classify, to_correct
