"""Disposal lists as programs and people see them: what is on them, who did what, what is still needed.

A record whose pages are in others (a delivered batch, what was merged, the parts of a split that was taken back) goes along with these and is never counted.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from scanpipe.catalogue import disposal_lists
from scanpipe.catalogue.holdings import holds_by_record
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.visible import choices_on
from scanpipe.config import Settings
from scanpipe.core.disposing import disposals
from scanpipe.core.disposing.disposal_needs import needs
from scanpipe.core.disposing.disposals import Act, Disposal, Entry
from scanpipe.core.disposing.obstacles import held_by, in_words

JsonObject = dict[str, Any]

_FACTS = """
SELECT a.id, a.number, a.sha256, a.state, d.title, d.category, d.category_name, d.completed, d.period, d.expires, d.sheets, d.pages, d.a4_sheets,
       coalesce(d.fact ->> '$.restricted', 0) AS restricted
  FROM disposal_entry e JOIN accession a ON a.id = e.accession_id LEFT JOIN description d ON d.accession_id = a.id WHERE e.disposal_id = ?
UNION
SELECT a.id, a.number, a.sha256, a.state, d.title, d.category, d.category_name, d.completed, d.period, d.expires, d.sheets, d.pages, d.a4_sheets,
       coalesce(d.fact ->> '$.restricted', 0)
  FROM accession a LEFT JOIN description d ON d.accession_id = a.id WHERE a.number IN (SELECT value FROM json_each(?))
"""


_INTERIM = """
SELECT data FROM event WHERE accession_id IS NULL AND kind = 'disposal_certified' AND data ->> '$.id' = ? ORDER BY seq
"""


def disposal_json(disposal: Disposal, reader: CatalogueReader, settings: Settings) -> JsonObject:
    """A list as programs see it: what it is, its entries with the facts of their records, who did what, and what is still needed."""
    names = {section.code: section.name for section in settings.departments}
    rows = reader.db.conn.execute(_FACTS, [disposal.id, json.dumps([one.number for one in disposal.entries])])
    facts = {row["number"]: dict(row) for row in rows}
    today, held = datetime.now(settings.timezone).date(), holds_by_record(reader.db)
    entries = [_entry_json(one, facts[one.number], names) | {"held_by": held_by(held.get(facts[one.number]["id"], ()), today)} for one in disposal.entries]
    acts = {name: _act_json(getattr(disposal, name)) for name in ("begun", "bagged", "handed_over", "cancelled", "done")}
    return summary_json(disposal) | {
        "reason": disposal.reason,
        "last": disposal.last.isoformat(),
        "replaced_by": disposal.replaced_by,
        "entries": entries,
        "records": counted(entries),
        "sheets": sum(one["sheets"] or 0 for one in entries),
        "answers": [{"department": code, **(_act_json(act) or {})} for code, act in sorted(disposal.answers.items())],
        "changes": _changes(disposal, reader),
        "approvals": [_act_json(act) for act in disposal.approvals],
        **acts,
        "interim": _interim(disposal, reader),
        "needs": _needs_json(disposal),
    }


def counted(entries: Iterable[JsonObject]) -> int:
    """How many of the entries are records of their own."""
    return sum(not one["batch_of"] for one in entries)


def _changes(disposal: Disposal, reader: CatalogueReader) -> list[JsonObject]:
    """{by, at, text, actions{number: action}, gone[]}: what persons chose (選別) and took off the list, the first first; voided: whose approvals that undid."""
    return [one["act"] | {name: one[name] for name in ("actions", "gone", "voided")} for one in choices_on(reader.db, disposal.id)]


def _interim(disposal: Disposal, reader: CatalogueReader) -> list[JsonObject]:
    """{issue, at, records}: certificates that were made while the list waited, the first first."""
    told = [json.loads(row["data"]) for row in reader.db.conn.execute(_INTERIM, [disposal.id])]
    return [{"issue": one["issue"], "at": one["act"]["at"], "records": one["records"]} for one in told]


def summary_json(disposal: Disposal) -> JsonObject:
    """{number, id, kind, stage, fiscal_year, proposed{by, at}}."""
    return {name: getattr(disposal, name) for name in ("number", "id", "kind", "stage", "fiscal_year")} | {
        "proposed": {"by": disposal.by, "at": disposal.at.isoformat()}
    }


def _entry_json(entry: Entry, facts: Mapping[str, Any], names: Mapping[str, str]) -> JsonObject:
    obstacle = in_words(entry.obstacle) if entry.obstacle else None
    body = {"number": entry.number, "department": entry.department, "department_name": names.get(entry.department), "action": entry.action}
    told = {name: facts[name] for name in ("title", "category", "category_name", "completed", "period", "expires", "sheets", "pages", "a4_sheets", "sha256")}
    return (
        body
        | {"state": entry.state, "obstacle": obstacle, "batch_of": list(entry.heirs), "bagged": entry.bagged}
        | told
        | {"restricted": bool(facts["restricted"])}
    )


def _needs_json(disposal: Disposal) -> list[JsonObject]:
    return [{"what": one.what, "of": list(one.of), "count": one.count} for one in needs(disposal)]


def _act_json(act: Act | None) -> JsonObject | None:
    return {"by": act.by, "at": act.at.isoformat(), "text": act.text} if act else None


def lists(reader: CatalogueReader, *, all_of_them: bool = False) -> Iterator[JsonObject]:
    """The lists that are open, or all, the first first: as `summary_json`, with how many records they have and how many are done."""
    for found in disposal_lists.disposals(reader.db, entries=True):
        if all_of_them or found.stage not in (disposals.DONE, disposals.CANCELLED):
            own = [one for one in found.entries if not one.heirs]
            gone = sum(one.state == disposals.DISPOSED for one in own)
            yield summary_json(found) | {
                "records": len(own),
                "disposed": gone,
                "needs": _needs_json(found),
            }
