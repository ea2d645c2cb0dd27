"""What people decide about records: their wishes, checked and made into corrections. The line then files, indexes and counts the record anew."""

from collections.abc import Mapping
from typing import Any

from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core import corrections
from scanpipe.core.corrections import BadCorrection
from scanpipe.upkeep.deciding.reversals import Reversal, keep_held
from scanpipe.upkeep.deciding.rulings import Decided, answered, correctable, record_all, ruled, told


def correct(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{numbers, changes, reason, confirmed, undo, dry_run}: what each record was and is. Nothing is changed unless all can be. Raises UsageError, NoRecord.

    The answer's `unchanged` has the numbers of those that are as they should be already; if all of them are, it is refused.

    changes: new values by name (core/corrections.py), none = a person confirms the record as it is. confirmed: the rest of it, too. undo: takes back the newest correction instead, with
    all that it did to other records.
    """
    wants = wish.wants
    decided = Reversal(wish, catalogue, settings).all(wants["numbers"]) if wants.get("undo") else _corrected(wish, catalogue, settings)
    told_of = {accession.number for accession, _correction, _before in decided}
    if not wants.get("dry_run"):
        keep_held(decided, wish, catalogue)
        record_all(decided, catalogue)
    unchanged = [] if wants.get("undo") else [number for number in dict.fromkeys(wants["numbers"]) if number not in told_of]
    return {"records": [told(*one) for one in decided], "unchanged": unchanged, "dry_run": bool(wants.get("dry_run"))}


def _corrected(wish: Wish, catalogue: Catalogue, settings: Settings) -> list[Decided]:
    departments = frozenset(department.code for department in settings.departments)
    changes = corrections.checked(wish.wants.get("changes") or {}, settings.schedule, departments)
    decided = [_decided(number, changes, wish, catalogue, settings) for number in dict.fromkeys(wish.wants["numbers"])]
    found = [one for one in decided if one is not None]
    if decided and not found:
        raise BadCorrection(corrections.NO_CHANGE)
    return found


def _decided(number: str, changes: Mapping[str, str | None], wish: Wish, catalogue: Catalogue, settings: Settings) -> Decided | None:
    """None if the record has these values already, and its category was a person's decision."""
    if (done := answered(number, wish, catalogue)) is not None:
        return done
    accession = correctable(number, catalogue)
    description = catalogue.description(accession.id)
    before = corrections.values_of(description, accession.department)
    changed = {name: value for name, value in changes.items() if value != before[name]}
    if changes and not changed and not description.needs_review and not corrections.confirms(description, changes):
        return None
    confirmed = bool(wish.wants.get("confirmed")) or corrections.confirms(description, changes)
    said: dict[str, Any] = {"by": wish.who, "reason": wish.wants.get("reason") or "", "confirmed": confirmed}
    after = corrections.corrected(description, changes, settings.schedule, **said)
    return ruled(accession, wish, catalogue, settings, after=after, department=changes.get("department"))
