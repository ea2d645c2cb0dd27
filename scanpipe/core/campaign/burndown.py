"""Metres of paper that are left, day by day: what was, what the plan says, and when the end comes if the last weeks go on (domain §5)."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from statistics import median
from typing import Final, NamedTuple

from scanpipe.i18n import N_

WEEKS: Final = 8  # that the forecast looks back
LEAST_WEEKS: Final = 3  # of them, else nothing is foretold
_MOST_DAYS: Final = 20 * 366  # beyond that a forecast is a joke

TOO_SHORT: Final = N_("no forecast: fewer than three weeks are known")
STANDS_STILL: Final = N_("no forecast: nothing was emptied in the last weeks")
GROWS: Final = N_("no forecast: the cabinets fill again")
TOO_FAR: Final = N_("no forecast: at this pace it would take more than twenty years")


class Change(NamedTuple):
    """A cabinet after one step: a row of table `cabinet_step`. A tuple, for thousands of them are made for one look at the campaign.

    department: as entered. fm, fm_start: metres. freed: by this step, below 0 if paper was added; 0 where cabinets were entered, moved or corrected.
    """

    cabinet: str
    day: date
    department: str
    fm: float
    fm_start: float
    freed: float
    emptied: bool
    signed_off: bool
    voided: bool


def standing(changes: Iterable[Change], day: date) -> dict[str, Change]:
    """Each cabinet as it was at the end of this day; those that were not entered yet, or void, are left away. changes: each cabinet's in their order."""
    found = {change.cabinet: change for change in changes if change.day <= day}
    return {cabinet: change for cabinet, change in found.items() if not change.voided}


def by_day(changes: Iterable[Change], days: Sequence[date]) -> list[dict[str, float]]:
    """Metres by section, as entered, at the end of each of these days, which ascend. What was on a day that is past stays so, whatever is done later."""
    waiting = sorted(changes, key=lambda change: change.day)  # stable: a cabinet's own stay in their order
    now: dict[str, Change] = {}
    fm: dict[str, float] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    sums: list[dict[str, float]] = []
    place = 0
    for day in days:
        while place < len(waiting) and waiting[place].day <= day:
            change = waiting[place]
            for one, sign in ((now.get(change.cabinet), -1), (change, 1)):
                if one is not None and not one.voided:
                    fm[one.department] += sign * one.fm
                    count[one.department] += sign
            now[change.cabinet] = change
            place += 1
        sums.append({section: round(fm[section], 3) + 0.0 for section, cabinets in count.items() if cabinets})
    return sums


def left(changes: Iterable[Change], days: Sequence[date], today: date) -> list[float]:
    """Metres left in the cabinets of these changes at the end of each day, all counted as if they had been there from the start.

    So neither entering a cabinet, moving one in, nor correcting a figure looks like paper that came or went: only what was freed does. changes: all steps of
    the cabinets that are looked at now.
    """
    several = list(changes)
    kept = standing(several, today)
    now = sum(change.fm for change in kept.values())
    freed: dict[date, float] = defaultdict(float)
    for one in several:
        if one.freed and one.cabinet in kept and one.day <= today:
            freed[one.day] += one.freed
    return [round(now + sum(metres for when, metres in freed.items() if day < when), 3) for day in days]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """day: on which nothing is left; None with the reason, a message id. metres_a_week: freed, below 0 if the cabinets fill; None if too little is known."""

    day: date | None
    metres_a_week: float | None
    reason: str | None = None


def weeks(first: date, today: date) -> list[date]:
    """The days whose ends the forecast looks at: today, and the same weekday of the weeks before, since the first day that is known."""
    found = [today - timedelta(weeks=n) for n in range(WEEKS, -1, -1)]
    return [day for day in found if day >= first]


def forecast(points: Sequence[tuple[date, float]], today: date) -> Forecast:
    """When nothing is left if it goes on as in these weeks. points: (day, metres left), ascending, the last one today's.

    The pace is the median of the slopes between any two points (Theil-Sen): one week in which a whole storeroom went, or nothing was done, does not bend it.
    """
    if not points or points[-1][1] <= 0:
        return Forecast(day=today if points else None, metres_a_week=None, reason=None if points else TOO_SHORT)
    if len(points) <= LEAST_WEEKS:
        return Forecast(day=None, metres_a_week=None, reason=TOO_SHORT)
    slope = median((later[1] - earlier[1]) / (later[0] - earlier[0]).days for earlier, later in combinations(points, 2))
    pace = round(-7 * slope, 3) + 0.0
    if slope >= 0:
        return Forecast(day=None, metres_a_week=pace, reason=STANDS_STILL if pace == 0 else GROWS)
    days = points[-1][1] / -slope
    if days > _MOST_DAYS:
        return Forecast(day=None, metres_a_week=pace, reason=TOO_FAR)
    return Forecast(day=today + timedelta(days=math.ceil(round(days, 6))), metres_a_week=pace)


def planned(start: date, fm_start: float, end: date, fm_end: float, day: date) -> float:
    """Metres that a straight line from start to end allows on this day; before and after it the values at its ends."""
    if day <= start or end <= start:
        return fm_start if day <= start and end > start else fm_end
    share = min(1.0, (day - start).days / (end - start).days)
    return round(fm_start + (fm_end - fm_start) * share, 3)


def filled_again(changes: Iterable[Change], since: date, today: date) -> float:
    """Metres that came into cabinets after `since` beyond what was freed; 0 if more was freed."""
    return max(0.0, round(-sum(change.freed for change in changes if since < change.day <= today), 3))
