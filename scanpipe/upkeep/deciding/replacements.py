"""A rescan takes the place of the record that it was made for: it takes over what people decided there, and the old one is put on a list to be withdrawn."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core import corrections, partings
from scanpipe.core.corrections import BadCorrection
from scanpipe.core.model import Accession, Description
from scanpipe.errors import UsageError
from scanpipe.i18n import N_
from scanpipe.upkeep.deciding.rulings import Decided, answered, correctable, record_all, ruled, told
from scanpipe.upkeep.disposal import disposals

ITSELF = N_("{number} cannot take its own place.")


def replace_record(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{old, new, reason, dry_run}: what the new one takes over, and the list that withdraws the old one, which another person must approve.

    Nothing is decided unless both can be. Until the list is carried out the old record stays, and says what replaces it. Raises UsageError, NoRecord.
    """
    wants = wish.wants
    if wants["old"] == wants["new"]:
        raise UsageError(ITSELF, number=wants["old"])
    taking = answered(wants["new"], wish, catalogue) or _taking_over(wish, catalogue, settings)
    listing = replace(wish, verb="withdraw", wants={"numbers": [wants["old"]], "replaced_by": wants["new"], "reason": wants.get("reason")})
    answer = disposals.withdraw(replace(listing, wants={**listing.wants, "dry_run": True}), catalogue, settings)
    if not wants.get("dry_run"):
        record_all([taking], catalogue)
        answer = disposals.withdraw(listing, catalogue, settings)
    return {"old": wants["old"], "new": told(*taking), "disposal": answer["disposal"], "dry_run": bool(wants.get("dry_run"))}


def _taking_over(wish: Wish, catalogue: Catalogue, settings: Settings) -> Decided:
    old, new = correctable(wish.wants["old"], catalogue), correctable(wish.wants["new"], catalogue)
    description = catalogue.description(new.id)
    changes = partings.taken_over(_values(old, catalogue), _values(new, catalogue), _decided(old, catalogue), _decided(new, catalogue), description.flags)
    after = _with(description, changes, wish, settings)
    return ruled(new, wish, catalogue, settings, after=after, department=changes.get("department"), relation={partings.REPLACES: old.number})


def _with(description: Description, changes: Mapping[str, str | None], wish: Wish, settings: Settings) -> Description:
    """Without the extension where the new record is kept longer without it; a category that the schedule lost is refused in words."""
    departments = frozenset(department.code for department in settings.departments)
    reason = wish.wants.get("reason") or ""
    if not changes:
        return description  # an empty correction would confirm what nobody has looked at
    wanted = corrections.checked(changes, settings.schedule, departments)
    try:
        return corrections.corrected(description, wanted, settings.schedule, by=wish.who, reason=reason)
    except BadCorrection:
        if "extended" not in wanted:
            raise
        rest = {name: value for name, value in wanted.items() if name != "extended"}
        return corrections.corrected(description, rest, settings.schedule, by=wish.who, reason=reason) if rest else description


def _values(accession: Accession, catalogue: Catalogue) -> dict[str, str | None]:
    return corrections.values_of(catalogue.description(accession.id), accession.department)


def _decided(accession: Accession, catalogue: Catalogue) -> dict[str, str | None]:
    """What persons decided, with the section where one did."""
    known = catalogue.corrections(accession.id)
    found = partings.decided(catalogue.description(accession.id), accession.department, known, accession.declared)
    moved = any("department" in one.changes for one in corrections.standing(known))
    return found | ({"department": accession.department} if moved else {})
