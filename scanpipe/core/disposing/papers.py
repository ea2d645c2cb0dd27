"""The paper originals by the box: what becomes of a box, step by step (domain §2.8).

digitised -> verified -> cleared -> approved -> destroyed, transferred or returned. A person takes one step back before the end. Nobody enters single sheets.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from scanpipe.core.describing.persons import same_person
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _


class Status(StrEnum):
    """How far the paper of a record is. The first two are of the record itself, all others of its box."""

    REGISTERED = "registered"  # scanned, not filed yet
    DIGITISED = "digitised"  # filed
    VERIFIED = "verified"  # a second person compared a sample with the paper
    CLEARED = "cleared"  # the paper may go
    APPROVED = "approved"  # another person agreed
    DESTROYED = "destroyed"
    TRANSFERRED = "transferred"  # to an archive
    RETURNED = "returned"  # to its sender, or kept by the section


WORDS: Mapping[Status, str] = {  # and what people call them
    Status.REGISTERED: N_("registered"),
    Status.DIGITISED: N_("digitised"),
    Status.VERIFIED: N_("verified"),
    Status.CLEARED: N_("cleared"),
    Status.APPROVED: N_("approved"),
    Status.DESTROYED: N_("destroyed"),
    Status.TRANSFERRED: N_("transferred"),
    Status.RETURNED: N_("given back"),
}
FINAL = (Status.DESTROYED, Status.TRANSFERRED, Status.RETURNED)


class Kind(StrEnum):
    """What was done to a box; the kind of its event in the journal, too."""

    BOXED = "boxed"  # records were put into it by hand
    UNBOXED = "unboxed"  # taken out of it
    JOINED = "box_joined"  # a scan that came later lies in it, by its cover: what was verified is not any more
    SAMPLED = "box_sampled"  # the records to compare were chosen
    PASSED = "box_passed"
    FAILED = "box_failed"
    CLEARED = "box_cleared"
    APPROVED = "box_approved"
    DESTROYED = "box_destroyed"
    TRANSFERRED = "box_transferred"
    RETURNED = "box_returned"
    BACK = "box_back"  # a wrong step was taken back


_LEADS: Mapping[Kind, tuple[Status, Status]] = {
    Kind.PASSED: (Status.DIGITISED, Status.VERIFIED),
    Kind.CLEARED: (Status.VERIFIED, Status.CLEARED),
    Kind.APPROVED: (Status.CLEARED, Status.APPROVED),
    Kind.DESTROYED: (Status.APPROVED, Status.DESTROYED),
    Kind.TRANSFERRED: (Status.APPROVED, Status.TRANSFERRED),
    Kind.RETURNED: (Status.APPROVED, Status.RETURNED),
}

CHECK_ITEMS: Mapping[str, str] = {  # what is compared, each with the question to answer
    "pages": N_("Are all pages there? The sheets of paper are as many as declared and counted."),
    "readable": N_("Is everything readable, also small print, pale stamps and red seals?"),
    "straight": N_("Is no page skewed, cut off or folded?"),
    "orientation": N_("Does every page stand upright?"),
    "streaks": N_("Are there no streaks, and does nothing shine through from the other side?"),
    "profile": N_("Are resolution and colour as the section's scanner is to be set?"),
}


class BadStep(UsageError):
    """A step that may not be; the template says why and what to do."""


NO_BOX_NUMBER = N_("{value} is not a box number. Write up to {most} letters and digits, with hyphens between them, for example B-0012.")
WRONG_STATUS = N_("Box {box} is {status}; this step needs it to be {wanted}. See `scanpipe paper-status show {box}`.")
PUT_IN = N_("{by} put records into box {box}. Another person must compare them with the paper.")
CLEARED_IT = N_("{by} cleared box {box}. Another person must approve it.")
NOT_DRAWN = N_("No sample of box {box} was drawn, or its records changed since. Draw it first: scanpipe paper-status check {box} --by WHO")
FINISHED = N_("The paper of box {box} is {status}; that cannot be taken back or changed.")
NOTHING_BACK = N_("Box {box} has no step to take back.")
ONE_REASON = N_("Say why: --reason TEXT")
DAY_TO_COME = N_("{day} has not come yet. Record it when it has been done.")
DAY_BEFORE = N_("{day} is before box {box} was approved on {approved}. Correct the day.")
_MOST_SIGNS = 24  # so that a label can be read from afar


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step that stands. day: on which it was done. saved: the paper left the office, so its sheets count as removed; only of a last step."""

    status: Status
    day: date
    by: str
    saved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box: a row of table `box`. number: as `box_number` gives it. department: the section that it belongs to.

    done: the steps that stand, in their order. attempts: checks that had a result. sample: ids of records that are to be compared now, empty before they
    were chosen; sampled_by: who asked for them, "" before that.
    """

    number: str
    department: str
    done: tuple[Done, ...] = ()
    attempts: int = 0
    sample: tuple[str, ...] = ()
    sampled_by: str = ""

    @property
    def status(self) -> Status:
        return self.done[-1].status if self.done else Status.DIGITISED

    @property
    def is_final(self) -> bool:
        """Whether its paper is gone, or not kept here any more."""
        return self.status in FINAL

    def step(self, status: Status) -> Done | None:
        """How it came to this status; None if it did not."""
        return next((one for one in self.done if one.status is status), None)

    @property
    def removed(self) -> Done | None:
        """The last step, if its sheets count as removed: what was only moved saves nothing (domain §5)."""
        return self.done[-1] if self.done and self.done[-1].saved else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one person did to one box: one event, one row of table `box_step`.

    id: that of the wish, so that a wish that is answered twice acts once. at: aware; day: on which it was done. records: ids of those that it concerns.
    sample: ids of those that were compared; failed: of those that were found wrong; items: of CHECK_ITEMS. department: of a box that is new.
    method: how the paper was destroyed; place: where it went; reference: of the certificate or receipt. left_office: paper given back left the office.
    """

    id: str
    box: str
    kind: Kind
    by: str
    at: datetime
    day: date
    department: str = ""
    records: tuple[str, ...] = ()
    sample: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    reason: str = ""
    method: str = ""
    place: str = ""
    reference: str = ""
    left_office: bool = False


def word(status: str) -> str:
    """What people call it, in the language of this context; a word of a later version as it is."""
    return _(WORDS[Status(status)]) if status in WORDS else status


# --- numbers ---

_DASHES = "".join(map(chr, (0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x2500, 0xFE63)))
_NUMBER = re.compile(r"[^\W_]+(?:[-._][^\W_]+)*")


def box_number(typed: str) -> str:
    """A box's number as people type it: full width, small letters, any dash. Raises BadStep."""
    plain = "".join(unicodedata.normalize("NFKC", typed).upper().translate(dict.fromkeys(map(ord, _DASHES), "-")).split())
    plain = re.sub("(?<![ァ-ヺー])ー", "-", plain)  # the dash key while kana are typed
    if len(plain) > _MOST_SIGNS or not _NUMBER.fullmatch(plain):
        raise BadStep(NO_BOX_NUMBER, value=typed.strip()[:60], most=_MOST_SIGNS)
    return plain


def declared_box(text: str) -> str | None:
    """The number of a box that a cover or a companion file names; None if it names none that could be one."""
    try:
        return box_number(text)
    except BadStep:
        return None


# --- what becomes of a box ---


def after(box: Box | None, step: Step) -> Box:
    """The box after a step that `checked` has let pass. None: it is new. The same step on the same box gives the same box."""
    known = box or Box(number=step.box, department=step.department)
    match step.kind:
        case Kind.BOXED | Kind.JOINED:
            return known if known.is_final else replace(known, done=(), sample=(), sampled_by="")
        case Kind.UNBOXED:
            return replace(known, sample=(), sampled_by="")
        case Kind.SAMPLED:
            return replace(known, sample=step.sample, sampled_by=step.by)
        case Kind.FAILED:
            return replace(known, attempts=known.attempts + 1, sample=(), sampled_by="")
        case Kind.BACK:
            return replace(known, done=known.done[:-1])
    after_it = replace(known, done=(*known.done, _done(step)))
    return replace(after_it, attempts=known.attempts + 1, sample=(), sampled_by="") if step.kind is Kind.PASSED else after_it


def _done(step: Step) -> Done:
    saved = step.kind in (Kind.DESTROYED, Kind.TRANSFERRED) or (step.kind is Kind.RETURNED and step.left_office)
    return Done(status=_LEADS[step.kind][1], day=step.day, by=step.by, saved=saved)


def check(box: Box, step: Step, *, hands: tuple[str, ...] = (), today: date) -> None:
    """Whether this step may be done to this box now, records aside. hands: who put records into it. Raises BadStep."""
    if step.kind in _LEADS:
        _check_status(box, _LEADS[step.kind][0])
    if step.kind in (Kind.BOXED, Kind.SAMPLED, Kind.FAILED) and not box.is_final:
        _check_status(box, Status.DIGITISED)
    if box.is_final:
        raise BadStep(FINISHED, box=box.number, status=word(box.status))
    if step.kind in (Kind.SAMPLED, Kind.PASSED, Kind.FAILED):
        _check_person(box, step.by, hands, PUT_IN)
    if step.kind in (Kind.PASSED, Kind.FAILED) and not box.sampled_by:
        raise BadStep(NOT_DRAWN, box=box.number)
    if step.kind is Kind.APPROVED:
        _check_person(box, step.by, (box.done[-1].by,), CLEARED_IT)
    if step.kind is Kind.BACK and not box.done:
        raise BadStep(NOTHING_BACK, box=box.number)
    if step.kind in (Kind.BACK, Kind.FAILED) and not step.reason.strip():
        raise BadStep(ONE_REASON)
    _check_day(box, step, today)


def _check_status(box: Box, wanted: Status) -> None:
    if box.status is not wanted:
        raise BadStep(WRONG_STATUS, box=box.number, status=word(box.status), wanted=word(wanted))


def _check_person(box: Box, by: str, others: tuple[str, ...], says: str) -> None:
    if any(same_person(by, other) for other in others):
        raise BadStep(says, by=by, box=box.number)


def _check_day(box: Box, step: Step, today: date) -> None:
    if step.day > today:
        raise BadStep(DAY_TO_COME, day=step.day.isoformat())
    approved = box.step(Status.APPROVED)
    if step.kind in _LEADS and approved and step.day < approved.day:
        raise BadStep(DAY_BEFORE, day=step.day.isoformat(), box=box.number, approved=approved.day.isoformat())
