"""When the paper of a record may go, and what keeps it: the paper's own clock, holds, categories that stay on paper (domain §2.8)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scanpipe.core.dates import fiscal_year
from scanpipe.core.disposing import holds
from scanpipe.core.disposing.holds import Hold
from scanpipe.core.model import UNCLASSIFIED
from scanpipe.i18n import N_

FY_END, UNTIL_VERIFIED, DAYS = "fy_end_of_receipt", "until_verified", "days:"
INSPECTIONS = ("sample", "all")

STILL_FILED = N_("{number} is still being filed. Wait until it is finished.")
WITHDRAWN = N_("The scan {number} was withdrawn. Take its paper out of the box, and put in that of the new scan.")
FAILED_CHECK = N_("{number} failed the check ({reason}). Take its paper out of the box, or check the box again after it was mended.")
NO_CATEGORY = N_("{number} has no category yet. Decide it: scanpipe classify {number} CODE --by WHO")
GONE_CATEGORY = N_("{number}: its category {category} is not in the retention schedule any more. Decide it: scanpipe classify {number} CODE --by WHO")
IN_REVIEW = N_("{number} waits for a person's review. See `scanpipe review`.")
STAYS = N_("{number} ({category}) must be kept on paper, as the retention schedule says. Take its paper out of the box.")
HELD = N_("{number} is held until {end}: {reason} ({reference})")
HELD_ON = N_("{number} is held until further notice: {reason} ({reference})")
TOO_EARLY = N_("{number}: its paper may go from {day} on.")
OTHER_SECTION = N_("{number} belongs to section {section} now, and the box to section {owner}. Take its paper out of the box.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What is known of the paper of one record. Sections are those that answer today.

    finished: it is filed and counted. withdrawn: its scan was taken out for being wrong. disposed: its period ended, and the record itself was destroyed
    or handed over by an approved list. category: code; known: the schedule has it. stays: `paper_only`, also by a sub-rule. failed: why it failed the last
    check, None if it did not. free: the first day on which the paper may go, holds aside; None while the box must be verified first. holds: on it, ended ones too.
    """

    number: str
    section: str
    category: str
    finished: bool = True
    withdrawn: bool = False
    disposed: bool = False
    known: bool = True
    needs_review: bool = False
    stays: bool = False
    failed: str | None = None
    free: date | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the paper may not go yet. template: a message id, filled with params where it is shown."""

    template: str
    params: dict[str, str]


def free_from(keep: str, wait_days: int, received: date, verified: date | None) -> date | None:
    """The first day on which the paper may go by its own clock; None while that depends on the check of its box.

    keep: "fy_end_of_receipt": to the end of the fiscal year of receipt (Tajimi); "days:N": N days beyond the day of receipt; "until_verified".
    wait_days: so much longer, counted from the day after (Katsushika: 90 days after a disposition), 0 = no longer.
    """
    if keep == UNTIL_VERIFIED:
        return verified + timedelta(days=wait_days + 1 if wait_days else 0) if verified else None
    last = received + timedelta(days=int(keep.removeprefix(DAYS))) if keep.startswith(DAYS) else date(fiscal_year(received) + 1, 3, 31)
    return last + timedelta(days=wait_days + 1)


def kept_by(paper: Paper, owner: str, today: date) -> Iterator[Reason]:
    """All that keeps the paper of this record from going today; nothing if it may. owner: the section of its box.

    Of a record that was disposed of, only a withdrawn scan keeps the paper: its period has ended for paper and digital alike.
    """
    if paper.withdrawn:
        yield Reason(WITHDRAWN, {"number": paper.number})
    if paper.disposed:
        return
    yield from _record(paper, owner)
    for hold in paper.holds:
        if holds.in_force(hold, today):
            yield _held(paper, hold)
    if paper.free is not None and paper.free > today:
        yield Reason(TOO_EARLY, {"number": paper.number, "day": paper.free.isoformat()})


def _record(paper: Paper, owner: str) -> Iterator[Reason]:
    said = {"number": paper.number, "category": paper.category}
    if not paper.finished:
        yield Reason(STILL_FILED, said)
    if paper.failed is not None:
        yield Reason(FAILED_CHECK, said | {"reason": paper.failed})
    if paper.category == UNCLASSIFIED:
        yield Reason(NO_CATEGORY, said)
    elif not paper.known:
        yield Reason(GONE_CATEGORY, said)
    if paper.needs_review:
        yield Reason(IN_REVIEW, said)
    if paper.stays:
        yield Reason(STAYS, said)
    if paper.section != owner:
        yield Reason(OTHER_SECTION, said | {"section": paper.section, "owner": owner})


def _held(paper: Paper, hold: Hold) -> Reason:
    said = {"number": paper.number, "reason": hold.reason, "reference": hold.reference or "-"}
    end = holds.effective_end(hold)
    return Reason(HELD, said | {"end": end.isoformat()}) if end else Reason(HELD_ON, said)


def earliest(papers: Sequence[Paper], today: date) -> date | None:
    """The first day on which the paper of all of these may go, if nothing else comes; None where that is not known: a hold without end, a category to decide."""
    days = [today]
    for paper in papers:
        if paper.disposed and not paper.withdrawn:
            continue
        if paper.withdrawn or paper.stays or paper.failed is not None or not paper.known or paper.category == UNCLASSIFIED:
            return None
        ends = [holds.effective_end(hold) for hold in paper.holds if holds.in_force(hold, today)]
        if None in ends:
            return None
        days += [end + timedelta(days=1) for end in ends if end is not None and end < date.max]
        days += [paper.free] if paper.free else []
    return max(days)
