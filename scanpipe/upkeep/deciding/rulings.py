"""A person's decision about one record: looked up, checked, and made into the correction that is kept. What is decided comes from who asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from scanpipe.catalogue.reader import NoRecord
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core import corrections, partings
from scanpipe.core.corrections import Correction
from scanpipe.core.model import Accession, Description, State
from scanpipe.errors import UsageError
from scanpipe.i18n import N_
from scanpipe.stages.describe import name_of
from scanpipe.stages.file import cabinet_path

NOT_FILED = N_("{number} is still being read. Correct it when it is filed; see `scanpipe show {number}`.")
DISPOSED = N_("{number} was disposed of; a tombstone is all that is left of it. See `scanpipe show {number}`.")
A_BATCH = N_("{number} is the record of a batch, which only proves what was delivered. Correct its parts.")
ELSEWHERE = N_(
    "{number} only proves what was delivered: its pages are in {others} now. Decide there, or take the split or merger back: scanpipe correct --undo {number}"
)
_TOGETHER = 100  # corrections in one transaction
_CORRECTABLE = (State.FILED, State.INDEXED, State.ACCOUNTED)

Decided = tuple[Accession, Correction, dict[str, str | None]]
"""The record, with the section that keeps it since; what is decided; its values by name as they were (core/corrections.values_of)."""


def filed(number: str, catalogue: Catalogue) -> Accession:
    """The record, if it is filed and not disposed of. Raises NoRecord, UsageError."""
    found = catalogue.by_number(number)
    if found is None:
        raise NoRecord(number=number)
    accession, state = found
    if state not in _CORRECTABLE:
        raise UsageError(DISPOSED if state is State.DISPOSED else NOT_FILED, number=number)
    return accession


def correctable(number: str, catalogue: Catalogue) -> Accession:
    """The record, which is filed and whose pages are its own. Raises NoRecord, UsageError."""
    accession = filed(number, catalogue)
    if not catalogue.description(accession.id).is_batch:
        return accession
    if catalogue.corrections(accession.id):
        raise UsageError(ELSEWHERE, number=number, others=", ".join(catalogue.heirs(number)))
    raise UsageError(A_BATCH, number=number)


def ruled(
    accession: Accession,
    wish: Wish,
    catalogue: Catalogue,
    settings: Settings,
    *,
    after: Description,
    department: str | None = None,
    relation: Mapping[str, str | None] | None = None,
    undoes: int | None = None,
) -> Decided:
    """The record is `after` from now on, as this wish has it. department: that keeps it since, None = as before. Its name follows the facts.

    relation: what is told of other records. Where the pages go into others or come back, that is all that is told: the rest follows from it.
    """
    moved = replace(accession, department=department or accession.department)
    category = settings.schedule.categories.get(after.category)
    after = replace(after, name=name_of(moved, after, settings, category=category, has_copy=catalogue.has_access_copy(accession.id)))
    before = corrections.values_of(catalogue.description(accession.id), accession.department)
    now = corrections.values_of(after, moved.department)
    moves = relation is not None and any(name in relation for name in (partings.SPLIT_INTO, partings.MERGED_INTO))
    changes = {} if moves else {name: value for name, value in now.items() if value != before[name]}
    correction = Correction(
        number=len(catalogue.corrections(accession.id)) + 1,
        at=wish.at,
        by=wish.who,
        reason=wish.wants.get("reason") or "",
        changes=changes | dict(relation or {}),
        department=moved.department,
        description=after,
        path=cabinet_path(moved, after, settings),
        undoes=undoes,
        wish=wish.id,
    )
    return moved, correction, before | _relations(catalogue.corrections(accession.id))


def _relations(known: Sequence[Correction]) -> dict[str, str | None]:
    """What is told of other records, by name; None where nothing is."""
    told = partings.standing_relations(known)
    return {name: ",".join(told.get(name, ())) or None for name in partings.RELATIONS}


def answered(number: str, wish: Wish, catalogue: Catalogue) -> Decided | None:
    """What this wish has changed of the record already, where a crash came before its answer; None if nothing. Raises NoRecord."""
    found = catalogue.by_number(number)
    if found is None:
        raise NoRecord(number=number)
    accession, known = found[0], catalogue.corrections(found[0].id)
    place = next((place for place, one in enumerate(known) if one.wish == wish.id), None)
    if place is None:
        return None
    earlier = (known[place - 1].department, known[place - 1].description) if place else catalogue.as_filed(accession.id)
    return accession, known[place], corrections.values_of(earlier[1], earlier[0]) | _relations(known[:place])


def record_all(decided: Iterable[Decided], catalogue: Catalogue) -> None:
    """The corrections into the catalogue, so many at a time that the line's own work gets its turn in between. One that is there already is left out."""
    new = iter([(one.id, correction) for one, correction, _before in decided if correction.number > len(catalogue.corrections(one.id))])
    while several := list(islice(new, _TOGETHER)):
        catalogue.corrected_together(several)


def told(accession: Accession, correction: Correction, before: Mapping[str, str | None]) -> dict[str, Any]:
    """What people are told of a decision."""
    after = correction.description
    return {
        "number": accession.number,
        "title": after.title,
        "before": {name: before.get(name) for name in correction.changes},
        "after": dict(correction.changes),
        "expires": after.retention.expires.isoformat() if after.retention.expires else None,
        "path": correction.path,
        "needs_review": after.needs_review,
    }
