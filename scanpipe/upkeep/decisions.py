"""What people decide about records: their wishes, checked and made into corrections. The line then files, indexes and counts the record anew."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from scanpipe.catalogue.reader import NoRecord
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core import corrections
from scanpipe.core.corrections import BadCorrection, Correction
from scanpipe.core.model import Accession, Description, State
from scanpipe.errors import UsageError
from scanpipe.i18n import N_
from scanpipe.stages.describe import name_of
from scanpipe.stages.file import cabinet_path

NOT_FILED = N_("{number} is still being read. Correct it when it is filed; see `scanpipe show {number}`.")
A_BATCH = N_("{number} is the record of a batch, which only proves what was delivered. Correct its parts.")
NOTHING_TO_UNDO = N_("Nothing of {number} was corrected, or all of it was taken back already.")
_CORRECTABLE = (State.FILED, State.INDEXED, State.ACCOUNTED)


def correct(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{numbers, changes, reason, undo, dry_run}: what each record was and is. Nothing is changed unless all can be. Raises UsageError, NoRecord.

    changes: new values by name (core/corrections.py), none = a person confirms the record as it is. undo: takes back the newest correction instead.
    """
    wants = wish.wants
    departments = frozenset(department.code for department in settings.departments)
    changes = corrections.checked(wants.get("changes") or {}, settings.schedule, departments)
    decided = [_decided(number, changes, wish, catalogue, settings) for number in wants["numbers"]]
    if not wants.get("dry_run"):
        for accession, correction, _before in decided:
            catalogue.corrected(accession.id, correction)
    return {"records": [_answer(*one) for one in decided], "dry_run": bool(wants.get("dry_run"))}


Decided = tuple[Accession, Correction, dict[str, str | None]]


def _decided(number: str, changes: Mapping[str, str | None], wish: Wish, catalogue: Catalogue, settings: Settings) -> Decided:
    accession = _correctable(number, catalogue)
    description, known = catalogue.description(accession.id), catalogue.corrections(accession.id)
    before = corrections.values_of(description, accession.department)
    reason = wish.wants.get("reason") or ""
    department, undoes = changes.get("department") or accession.department, None
    if wish.wants.get("undo"):
        department, after, undoes = _before_the_newest(accession, known, catalogue)
    else:
        changed = {name: value for name, value in changes.items() if value != before[name]}
        if changes and not changed and not description.needs_review:
            raise BadCorrection(corrections.NO_CHANGE)
        after = corrections.corrected(description, changes, settings.schedule, by=wish.who, reason=reason)
    moved = replace(accession, department=department)
    category = settings.schedule.categories.get(after.category)
    after = replace(after, name=name_of(moved, after, settings, category=category, has_copy=catalogue.has_access_copy(accession.id)))
    now = corrections.values_of(after, department)
    correction = Correction(
        number=len(known) + 1,
        at=wish.at,
        by=wish.who,
        reason=reason,
        changes={name: value for name, value in now.items() if value != before[name]},
        department=department,
        description=after,
        path=cabinet_path(moved, after, settings),
        undoes=undoes,
    )
    return moved, correction, before


def _correctable(number: str, catalogue: Catalogue) -> Accession:
    found = catalogue.by_number(number)
    if found is None:
        raise NoRecord(number=number)
    accession, state = found
    if state not in _CORRECTABLE:
        raise UsageError(NOT_FILED, number=number)
    if catalogue.description(accession.id).is_batch:
        raise UsageError(A_BATCH, number=number)
    return accession


def _before_the_newest(accession: Accession, known: list[Correction], catalogue: Catalogue) -> tuple[str, Description, int]:
    """(section, facts, number of the correction taken back) as they were before the newest that stands."""
    standing = list(_standing(known))
    if not standing:
        raise UsageError(NOTHING_TO_UNDO, number=accession.number)
    department, description = (standing[-2].department, standing[-2].description) if len(standing) > 1 else catalogue.as_filed(accession.id)
    return department, description, standing[-1].number


def _standing(known: list[Correction]) -> Iterator[Correction]:
    """Corrections that were not taken back, the first first."""
    gone = {one.undoes for one in known if one.undoes is not None}
    yield from (one for one in known if one.undoes is None and one.number not in gone)


def _answer(accession: Accession, correction: Correction, before: Mapping[str, str | None]) -> dict[str, Any]:
    values = corrections.values_of(correction.description, correction.department)
    return {
        "number": accession.number,
        "title": correction.description.title,
        "before": {name: before[name] for name in correction.changes},
        "after": {name: values[name] for name in correction.changes},
        "expires": expires.isoformat() if (expires := correction.description.retention.expires) else None,
        "path": correction.path,
        "needs_review": correction.description.needs_review,
    }
