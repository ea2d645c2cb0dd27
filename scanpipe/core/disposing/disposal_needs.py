"""What a disposal list waits for, and of whom."""

from collections.abc import Iterator
from dataclasses import dataclass

from scanpipe.core.disposing import disposals
from scanpipe.core.disposing.disposals import APPROVED, BEGUN, DESTROY, KEPT, NEEDED, OPEN, PROPOSED, TRANSFER, Disposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A step that a list waits for. what: "answer" (of: sections), "select", "leave-out" (of: numbers), "approve" (count more persons, not those in of), "carry-out", "wait" (scanpipe is at it), "hand-over"."""

    what: str
    of: tuple[str, ...] = ()
    count: int = 0


def needs(disposal: Disposal) -> Iterator[Need]:
    """What is still needed, the next first; nothing for a list that is closed."""
    if disposal.stage == PROPOSED:
        if missing := disposals.not_agreed(disposal):
            yield Need(what="answer", of=missing, count=len(missing))
        if open_ones := disposals.undecided(disposal):
            yield Need(what="select", of=open_ones, count=len(open_ones))
        done = (disposal.by, *(one.by for one in disposal.approvals))
        yield Need(what="approve", of=done, count=NEEDED[disposal.kind] - len(disposal.approvals))
    elif disposal.stage == APPROVED:
        yield Need(what="carry-out")
    elif disposal.stage == BEGUN:
        kept = tuple(one.number for one in disposal.entries if one.state == KEPT)
        if kept:
            yield Need(what="leave-out", of=kept, count=len(kept))
        still = [one for one in disposal.entries if one.state == OPEN]
        if disposal.bagged and not disposal.handed_over and any(one.action == TRANSFER for one in still):
            yield Need(what="hand-over", count=sum(one.bagged and not one.heirs for one in still))
        there = {one.number for one in still}
        own = [one for one in still if there.isdisjoint(one.heirs)]  # the others follow
        if not kept and (not own or any(one.action == DESTROY or not disposal.bagged or disposal.handed_over for one in own)):
            yield Need(what="wait", count=len(still))
