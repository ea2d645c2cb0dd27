"""A changed schedule for records that are already kept: a person accepts it, and each record gets a correction of its retention (domain §2.4)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scanpipe.catalogue.reader import retention_json
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.corrections import Correction
from scanpipe.core.model import Description, Evidence, Retention
from scanpipe.core.schedules.schedule_changes import Change, acceptable, changes, held_of
from scanpipe.core.serial import as_json
from scanpipe.errors import UsageError
from scanpipe.i18n import N_
from scanpipe.stages.file import cabinet_path
from scanpipe.upkeep.deciding.rulings import Decided, answered, correctable, record_all

OTHER_SCHEDULE = N_("The running scanpipe works with another schedule than retention.toml has now. Run `systemctl reload scanpipe`, then try again.")
WHY_SHORTER = N_("Say why records may be kept less long than before: --reason TEXT")


def accept(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{numbers, schedule, shorten, reason, dry_run}: these records are kept as the schedule says now. Raises UsageError, NoRecord; nothing is changed then.

    schedule: digest of the one that the person saw. shorten: also where that takes something away, which needs a reason.
    Answers {records: [number, before, after], passed: numbers that stay as they are: the schedule says the same, or less, or lacks
    their category, or they are not filed yet}.
    """
    wants = wish.wants
    if wants["schedule"] != settings.schedule.digest:
        raise UsageError(OTHER_SCHEDULE)
    if wants.get("shorten") and not (wants.get("reason") or "").strip():
        raise UsageError(WHY_SHORTER)
    numbers = dict.fromkeys(wants["numbers"])
    decided = {number: one for number in numbers if (one := _decided(number, wish, catalogue, settings)) is not None}
    if not wants.get("dry_run"):
        record_all([one for one, _before in decided.values()], catalogue)
    records = [_answer(number, before, one[1]) for number, (one, before) in decided.items()]
    return {"records": records, "passed": [number for number in numbers if number not in decided], "dry_run": bool(wants.get("dry_run"))}


def _decided(number: str, wish: Wish, catalogue: Catalogue, settings: Settings) -> tuple[Decided, Retention] | None:
    """The correction, and how the record was kept before; None where it stays as it is. Answered twice, after a crash: what was decided then."""
    done = answered(number, wish, catalogue)
    if done is not None:
        known = catalogue.corrections(done[0].id)[: done[1].number - 1]
        return done, (known[-1].description if known else catalogue.as_filed(done[0].id)[1]).retention
    try:
        accession = correctable(number, catalogue)
    except UsageError:  # not filed yet, so described by the schedule of today; or nothing that is kept for itself
        return None
    description = catalogue.description(accession.id)
    change = next(changes([held_of(number, description)], settings.schedule), None)
    if change is None or change.after is None or not acceptable(change, shorten=bool(wish.wants.get("shorten"))):
        return None
    after = _accepted(description, change.after, wish)
    correction = Correction(
        number=len(catalogue.corrections(accession.id)) + 1,
        at=wish.at,
        by=wish.who,
        reason=wish.wants.get("reason") or "",
        changes=_differences(change),
        department=accession.department,
        description=after,
        path=cabinet_path(accession, after, settings),
        wish=wish.id,
    )
    return (accession, correction, {}), description.retention


def _accepted(description: Description, retention: Retention, wish: Wish) -> Description:
    evidence = Evidence(about="retention", rule=f"person:{wish.who}", quote=wish.wants.get("reason") or "")
    return replace(description, retention=retention, evidence=(evidence, *(one for one in description.evidence if one.about != "retention")))


def _differences(change: Change) -> dict[str, str | None]:
    """The new values of what differs: period, start_rule, starts, expires, disposition; days as ISO, None = open."""
    before, after = as_json(change.before), as_json(change.after)
    return {name: value for name, value in after.items() if value != before[name]}


def _answer(number: str, before: Retention, correction: Correction) -> dict[str, Any]:
    return {"number": number, "before": retention_json(before), "after": retention_json(correction.description.retention)}
