"""Who is next: pure ordering of waiting work. Sections take turns; within a section small before large, but nobody waits for ever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

AGING_SECONDS_PER_PAGE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A piece of work that waits for a lane.

    department: whose turn it would use. left: pages its scan still needs, this one included. since: monotonic seconds when its scan began to wait.
    serial: order of arrival of its scan. page: number within it. brief: it reads no page, and takes a moment.
    """

    department: str
    left: int
    since: float
    serial: int
    page: int
    brief: bool = False


def next_turn(waiting: Sequence[Turn], served: Mapping[str, float], now: float) -> int:
    """Index of the piece that runs next. served: work already done for each section lately; missing = none. `waiting` is not empty.

    The section served least goes first. Within it the scan with the fewest pages left, where each two seconds of waiting count as one page less:
    a large batch yields to small ones and still comes to its end.
    """
    return min(range(len(waiting)), key=lambda i: _rank(waiting[i], served, now))


def _rank(turn: Turn, served: Mapping[str, float], now: float) -> tuple[float, float, int, int]:
    waited = (now - turn.since) / AGING_SECONDS_PER_PAGE
    return served.get(turn.department, 0.0), turn.left - waited, turn.serial, turn.page


def join(served: Mapping[str, float], department: str, level: float) -> float:
    """Where a section stands that asks for work: not behind those that are served, so that it gains no credit for the time it asked nothing.

    level: where the section stood that was taken last (start-time fair queueing).
    """
    return max(served.get(department, 0.0), level)
