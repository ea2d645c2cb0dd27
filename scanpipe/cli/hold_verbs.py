"""`scanpipe hold add|end|list`: what must not be destroyed, whatever its period says."""

import argparse
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from scanpipe import config
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.cli import asking, decision_verbs, named, shown
from scanpipe.config import Settings
from scanpipe.errors import NotFound
from scanpipe.i18n import N_, _
from scanpipe.upkeep import holds


def add(options: argparse.Namespace) -> int:
    """Holds the records named, all that a query finds now, and with --department, --category, --fiscal-year also those that come later."""
    settings = config.load(config.find_config(options.config))
    found = decision_verbs.found(options.query, settings) if options.query else []
    if options.query and not found:
        raise NotFound(N_("{query} finds no record, so nothing would be held."), query=options.query)
    wants: dict[str, Any] = {name: getattr(options, name) for name in ("kind", "reason", "reference", "until_event", "query", "dry_run")}
    wants |= {name: day.isoformat() if (day := getattr(options, name)) else None for name in ("from", "until")}
    wants["numbers"] = [*map(asking.number, options.numbers), *found]
    wants["standing"] = {name: getattr(options, name) for name in ("department", "category", "fiscal_year")}
    return _told(asking.ask(settings, "hold", options.by, **wants), options.json)


def end(options: argparse.Namespace) -> int:
    """The decision was made, or the matter has ended otherwise."""
    settings = config.load(config.find_config(options.config))
    on = options.on.isoformat() if options.on else None
    return _told(asking.ask(settings, "end_hold", options.by, hold=options.hold, on=on, reason=options.reason, dry_run=options.dry_run), options.json)


def list_(options: argparse.Namespace) -> int:
    """Holds in force, or all that ever were."""
    settings = config.load(config.find_config(options.config))
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        found = holds.listed(reader, datetime.now(settings.timezone).date(), all_of_them=options.all)
    finally:
        reader.close()
    if options.json:
        return shown.as_json(found)
    if not found:
        shown.say(_("No record is held."))
        return os.EX_OK
    headings = [_("Hold"), _("Kind"), _("Reference"), _("Held from"), _("Kept until"), _("Records"), _("Covers"), _("Why"), _("Entered by")]
    shown.table(headings, [_row(one, settings) for one in found], numbers=(5,))
    return os.EX_OK


def _row(one: Mapping[str, Any], settings: Settings) -> tuple[object, ...]:
    return (one["id"], named.hold_kind(one["kind"]), one["reference"] or "-", one["from"], named.hold_end(one), one["records"], _covers(one, settings), one["reason"], one["by"])  # fmt: skip


def _covers(one: Mapping[str, Any], settings: Settings) -> str:
    standing = one["standing"] or {}
    parts = [_("{n} named").format(n=len(one["numbers"]))] if one["numbers"] else []
    if standing:
        section = shown.section_name(settings, standing["department"]) if standing["department"] else None
        all_of = [str(value) for value in (section, standing["category"], standing["fiscal_year"]) if value is not None]
        parts.append(_("all of {filter}").format(filter=", ".join(all_of)))
    return "; ".join(parts)


def _told(answer: Mapping[str, Any], as_json: bool) -> int:
    if as_json:
        return shown.as_json(answer)
    one = answer["hold"]
    facts = (
        (_("Hold"), one["id"]),
        (_("Kind"), named.hold_kind(one["kind"])),
        (_("Reference"), one["reference"] or "-"),
        (_("Why"), one["reason"]),
        (_("Held from"), one["from"]),
        (_("Kept until"), named.hold_end(one)),
        (_("Records"), answer["records"]),
    )
    shown.table([_("Fact"), _("Value")], facts)
    if answer["dry_run"]:
        shown.say(_("Only shown: nothing was changed."))
    return os.EX_OK
