"""The cabinets and shelves of sections: how much paper stands in each, until all are emptied and a second person has looked (domain §5).

fm: file metres, metres of paper as it stands on the shelf. A cabinet that was emptied and gets paper again is open again: that is what a campaign fears.
"""

import math
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from scanpipe.core.describing.persons import same_person
from scanpipe.core.disposing.papers import declared_box
from scanpipe.errors import UsageError
from scanpipe.i18n import N_


class Kind(StrEnum):
    """What was done to a cabinet; the kind of its event in the journal, too."""

    SET = "cabinet_set"  # entered, or described anew
    MOVED = "cabinet_moved"
    EMPTIED = "cabinet_emptied"
    SIGNED_OFF = "cabinet_signed_off"
    VOIDED = "cabinet_voided"  # it was entered by mistake


class Basis(StrEnum):
    """Where the metres of a cabinet come from, the surest first."""

    MEASURED = "measured"
    COMPUTED = "computed"  # tiers x width, as if it were full
    ASSUMED = "assumed"  # [metrics] file_metres_per_cabinet


class BadCabinet(UsageError):
    """A step that may not be; the template says why and what to do."""


NO_LABEL = N_("{value} is not a label of a cabinet. Write up to 24 letters and digits, with hyphens between them, for example 3F-12.")
NO_CABINET = N_("There is no cabinet {id}. `scanpipe cabinet list` shows all.")
IS_THERE = N_("There is a cabinet {id} already. Change it with `scanpipe cabinet set {id}`, or give the new one another label.")
IS_VOID = N_("Cabinet {id} was entered by mistake and taken out of the register. Enter the right one under another label.")
NOT_A_NUMBER_OF = N_("{value} cannot be: a cabinet has 1 to {tiers} tiers, is up to {width} m wide and holds up to {fm} m of paper.")
DAY_TO_COME = N_("{day} has not come yet. Record it when it has been done.")
DAY_BEFORE = N_("{day} is before {last}, when cabinet {id} was changed last. Correct the day.")
EMPTY_ALREADY = N_("Cabinet {id} was emptied on {day} already.")
NOT_EMPTY = N_("Cabinet {id} is not recorded as empty. First: scanpipe cabinet empty {id} --by WHO")
SIGNED_ALREADY = N_("Cabinet {id} was signed off on {day} already.")
SAME_PERSON = N_("{by} emptied cabinet {id}. Another person must look into it and sign it off.")
NO_REASON = N_("Say why: --reason TEXT")
NOWHERE = N_("Say where cabinet {id} went: --place TEXT or --department CODE")

MOST_TIERS, MOST_WIDTH, MOST_FM = 30, 50.0, 2_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who did it, and on which day."""

    by: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Cabinet:
    """One cabinet as it is now: a row of table `cabinet`.

    id: its label, unique in the whole office. department: the section that entered it or that it was moved to. place: free text, "" = not said.
    tiers, width_m: None = not known. fm: metres of paper in it now, 0 when empty; basis: where that comes from. fm_start: when it was entered, corrected since
    where it was wrong from the start. since: the day of entry; changed: of the last step. emptied, signed_off: None = not (or not any more).
    """

    id: str
    department: str
    place: str = ""
    tiers: int | None = None
    width_m: float | None = None
    fm: float
    basis: Basis
    fm_start: float
    since: date
    changed: date
    emptied: Act | None = None
    signed_off: Act | None = None
    voided: bool = False

    @property
    def is_zero(self) -> bool:
        """Emptied, and signed off by another person."""
        return self.emptied is not None and self.signed_off is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one person did to one cabinet: one event, one row of table `cabinet_step`.

    id: that of the wish, so that a wish that is answered twice acts once. at: aware; day: on which it was done. None: not said, stays as it is.
    correction: fm was wrong from the start, so that the difference is neither paper removed nor paper added.
    """

    id: str
    cabinet: str
    kind: Kind
    by: str
    at: datetime
    day: date
    department: str | None = None
    place: str | None = None
    tiers: int | None = None
    width_m: float | None = None
    fm: float | None = None
    basis: Basis | None = None
    correction: bool = False
    reason: str = ""


def label(typed: str) -> str:
    """A cabinet's label as people type it: full width, small letters, any dash. Raises BadCabinet."""
    found = declared_box(typed)
    if found is None:
        raise BadCabinet(NO_LABEL, value=typed.strip()[:60])
    return found


def metres(fm: float | None, tiers: int | None, width_m: float | None, assumed: float) -> tuple[float, Basis]:
    """Metres of paper and where they come from: what a person measured wins, then tiers x width, then assumed (of a usual cabinet, from configuration)."""
    if fm is not None:
        return round(fm, 3), Basis.MEASURED
    if tiers is not None and width_m is not None:
        return round(tiers * width_m, 3), Basis.COMPUTED
    return assumed, Basis.ASSUMED


def after(cabinet: Cabinet | None, step: Step) -> Cabinet:
    """The cabinet after a step that `check` has let pass. None: it is new. The same step on the same cabinet gives the same cabinet."""
    if cabinet is None:
        return _entered(step)
    known = replace(cabinet, changed=step.day)
    act = Act(by=step.by, day=step.day)
    match step.kind:
        case Kind.SET:
            return _described(known, step)
        case Kind.MOVED:
            return replace(known, department=_or(step.department, known.department), place=_or(step.place, known.place))
        case Kind.EMPTIED:
            return replace(known, fm=0.0, basis=Basis.MEASURED, emptied=act)
        case Kind.SIGNED_OFF:
            return replace(known, signed_off=act)
        case Kind.VOIDED:
            return replace(known, voided=True)


def _entered(step: Step) -> Cabinet:
    fm, basis = step.fm or 0.0, step.basis or Basis.MEASURED
    return Cabinet(
        id=step.cabinet, department=step.department or "", place=step.place or "", tiers=step.tiers, width_m=step.width_m, fm=fm, basis=basis,
        fm_start=fm, since=step.day, changed=step.day,
    )  # fmt: skip


def _described(known: Cabinet, step: Step) -> Cabinet:
    fm = known.fm if step.fm is None else step.fm
    start = max(0.0, round(known.fm_start + fm - known.fm, 3)) if step.correction else known.fm_start
    changed = replace(
        known, place=_or(step.place, known.place), tiers=step.tiers or known.tiers, width_m=step.width_m or known.width_m, fm=fm, basis=step.basis or known.basis,
        fm_start=start,
    )  # fmt: skip
    return replace(changed, emptied=None, signed_off=None) if fm > 0 else changed


def _or(said: str | None, known: str) -> str:
    return known if said is None else said


def freed(before: Cabinet | None, now: Cabinet, step: Step) -> float:
    """Metres by which this step emptied the cabinet; below 0 if paper was added. Entering, moving and correcting a figure free nothing (domain §5, trap 10)."""
    if before is None or step.correction or step.kind in (Kind.MOVED, Kind.VOIDED):
        return 0.0
    return round(before.fm - now.fm, 3)


def changes_anything(cabinet: Cabinet | None, step: Step) -> bool:
    """Whether the cabinet is another after this step, its day aside."""
    return cabinet is None or replace(after(cabinet, step), changed=cabinet.changed) != cabinet


def check(cabinet: Cabinet | None, step: Step, *, today: date) -> None:
    """Whether this step may be done to this cabinet now; None: there is none, which only SET takes. Raises BadCabinet."""
    _check_numbers(step)
    if step.day > today:
        raise BadCabinet(DAY_TO_COME, day=step.day.isoformat())
    if cabinet is None:
        if step.kind is not Kind.SET:
            raise BadCabinet(NO_CABINET, id=step.cabinet)
        return
    if cabinet.voided:
        raise BadCabinet(IS_VOID, id=cabinet.id)
    if step.day < cabinet.changed:
        raise BadCabinet(DAY_BEFORE, day=step.day.isoformat(), last=cabinet.changed.isoformat(), id=cabinet.id)
    _check_kind(cabinet, step)


def _check_numbers(step: Step) -> None:
    said = ((step.tiers, 1, MOST_TIERS), (step.width_m, 0.01, MOST_WIDTH), (step.fm, 0, MOST_FM))
    for value, least, most in said:
        if value is not None and not (math.isfinite(value) and least <= value <= most):
            raise BadCabinet(NOT_A_NUMBER_OF, value=value, tiers=MOST_TIERS, width=f"{MOST_WIDTH:g}", fm=f"{MOST_FM:g}")


def _check_kind(cabinet: Cabinet, step: Step) -> None:
    match step.kind:
        case Kind.EMPTIED if cabinet.emptied:
            raise BadCabinet(EMPTY_ALREADY, id=cabinet.id, day=cabinet.emptied.day.isoformat())
        case Kind.SIGNED_OFF:
            _check_sign_off(cabinet, step)
        case Kind.VOIDED if not step.reason.strip():
            raise BadCabinet(NO_REASON)
        case Kind.MOVED if step.department is None and step.place is None:
            raise BadCabinet(NOWHERE, id=cabinet.id)


def _check_sign_off(cabinet: Cabinet, step: Step) -> None:
    if cabinet.signed_off:
        raise BadCabinet(SIGNED_ALREADY, id=cabinet.id, day=cabinet.signed_off.day.isoformat())
    if cabinet.emptied is None:
        raise BadCabinet(NOT_EMPTY, id=cabinet.id)
    if same_person(cabinet.emptied.by, step.by):
        raise BadCabinet(SAME_PERSON, by=step.by, id=cabinet.id)
