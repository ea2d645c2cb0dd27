"""Campaigns: what sections set out to do between two days, how far they are from it in sheets and metres, and who needs help (domain §5).

Gaps are in what people can count - sheets, metres, scans -, not only in per cent. A gap above 0 is what is still missing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_

OFFICE = ""  # the whole office, where a section's code would stand


class BadCampaign(UsageError):
    """A campaign or target that cannot be; the template says why and what to do."""


class NoCampaign(NotFound):
    template = N_("There is no campaign {number}. `scanpipe campaign list` shows all.")


NONE_RUNS = N_("No campaign runs on {day}. Begin one: scanpipe campaign add NAME --from YYYY-MM-DD --to YYYY-MM-DD --by WHO")
SEVERAL_RUN = N_("Several campaigns run on {day}: {numbers}. Say which one: --campaign NUMBER")
NO_NAME = N_("A campaign needs a name that people know it by.")
BACKWARDS = N_("The campaign would end on {end}, before it begins on {start}. Correct the days.")
HAS_ENDED = N_("Campaign {number} ended on {day}.")
NOTHING_SET = N_("Say what the target is: --rate, --cap, --fm or --scans-week")
NOT_A_TARGET = N_("{value} cannot be a target: a rate is above 0 and at most 100 %, everything else 0 or more.")
NO_TEXT = N_("Say what was advised: --text TEXT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign: a row of table `campaign`.

    number: from 1, by which people call it. start, end: first and last day. base_year: the fiscal year it is compared with, None = as configured.
    ended: the day on which it was closed before or at its end, None = not. id: of the wish.
    """

    id: str
    number: int
    name: str
    start: date
    end: date
    base_year: int | None = None
    by: str
    at: datetime
    ended: date | None = None
    ended_by: str | None = None
    end_reason: str = ""

    def day(self, today: date) -> date:
        """The day it is looked at from: today, but never after its end, so that what is closed stays as it was."""
        return min(today, self.end, self.ended or self.end)

    def runs(self, day: date) -> bool:
        """Whether it runs on this day."""
        return self.start <= day <= self.day(day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one section is to reach in one campaign; None = that is not asked.

    department: its code, OFFICE for all together. rate: share 0-1 of the base year's paper that is saved. cap: sheets that may be used in the whole campaign.
    fm: metres of paper that may be left at its end. scans_week: scans a week, at least. id: of the wish that set it last.
    """

    id: str
    campaign: int
    department: str
    rate: float | None = None
    cap: int | None = None
    fm: float | None = None
    scans_week: int | None = None
    by: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What the campaign office told a section. campaign: its number, None = none ran."""

    id: str
    day: date
    department: str
    text: str
    by: str
    campaign: int | None = None


def check(campaign: Campaign) -> None:
    """Raises BadCampaign."""
    if not campaign.name.strip():
        raise BadCampaign(NO_NAME)
    if campaign.end < campaign.start:
        raise BadCampaign(BACKWARDS, start=campaign.start.isoformat(), end=campaign.end.isoformat())


def check_target(target: Target) -> None:
    """Raises BadCampaign."""
    if target.rate is not None and not 0 < target.rate <= 1:
        raise BadCampaign(NOT_A_TARGET, value=f"{target.rate:.0%}")
    for value in (target.cap, target.fm, target.scans_week):
        if value is not None and not 0 <= value < 1e12:
            raise BadCampaign(NOT_A_TARGET, value=value)
    if target.rate is None and target.cap is None and target.fm is None and target.scans_week is None:
        raise BadCampaign(NOTHING_SET)


def running(campaigns: Iterable[Campaign], number: int | None, day: date) -> Campaign:
    """The campaign with this number, or the only one that runs on this day. Raises NoCampaign, BadCampaign."""
    known = {campaign.number: campaign for campaign in campaigns}
    if number is not None:
        if number not in known:
            raise NoCampaign(number=number)
        return known[number]
    found = [campaign for campaign in known.values() if campaign.runs(day)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise BadCampaign(NONE_RUNS, day=day.isoformat())
    raise BadCampaign(SEVERAL_RUN, day=day.isoformat(), numbers=", ".join(str(one.number) for one in found))


def inherited(targets: Iterable[Target], heir: Callable[[str], str], ended: Mapping[str, date]) -> dict[str, Target]:
    """Targets by the section that answers for them. heir: who took over from a section, itself if nobody did. ended: last days of sections that are no more.

    What can be counted adds up where sections became one; of two rates the section's own stands, else the stricter. A target that was set for the successor
    once the other section had ended says all.
    """
    groups: dict[str, list[Target]] = defaultdict(list)
    for target in targets:
        groups[heir(target.department) if target.department else OFFICE].append(target)
    return {code: _joined(code, several, ended) for code, several in groups.items()}


def _joined(code: str, several: Sequence[Target], ended: Mapping[str, date]) -> Target:
    own = next((one for one in several if one.department == code), None)
    if own:
        several = [one for one in several if one is own or not (one.department in ended and own.day > ended[one.department])]
    rates = [one.rate for one in ([own] if own and own.rate is not None else several) if one.rate is not None]
    sums: dict[str, Any] = {}
    for name in ("cap", "fm", "scans_week"):
        values = [value for one in several if (value := getattr(one, name)) is not None]
        sums[name] = sum(values) if values else None
    return replace(own or several[0], department=code, rate=max(rates, default=None), **sums)


# --- paper ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One section's paper in one month, in sheets. month: 2025-04. base: of the same month of the base year, staff ratio included; None = not known."""

    month: str
    base: float | None
    current: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """actual against what is allowed or asked by now, in the same unit. missing: how much is still to do, 0 or below = on course."""

    asked: float
    actual: float
    missing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RateGap(Gap):
    """Gap in sheets: asked, actual = sheets that may be and were used. rate: share saved so far. target: share that is asked."""

    rate: float
    target: float


def months_between(start: date, end: date) -> list[str]:
    """All months that lie in this period, also in part: 2025-04 …"""
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return [f"{n // 12}-{n % 12 + 1:02d}" for n in range(first, last + 1)]


def rate_gap(months: Iterable[Paper], rate: float) -> RateGap | None:
    """How many sheets more than the rate allows were used in the months that are known. None where no month has base and use."""
    known = [(one.base, one.current) for one in months if one.base and one.current is not None]
    if not known:
        return None
    base, current = sum(one for one, _used in known), sum(used for _base, used in known)
    allowed = base * (1 - rate)
    return RateGap(asked=round(allowed, 1), actual=current, missing=round(current - allowed, 1), rate=(base - current) / base, target=rate)


def shares(months: Sequence[Paper]) -> list[float]:
    """How a cap for all these months is parted among them: as the base year's paper was used, evenly where that is not known of all. Adds up to 1."""
    bases = [one.base for one in months if one.base is not None]
    total = sum(bases)
    if len(bases) < len(months) or not total:
        return [1 / len(months)] * len(months)
    return [base / total for base in bases]


def cap_gap(months: Sequence[Paper], cap: float) -> Gap | None:
    """Sheets used in the months that are known, against their share of the cap. months: all of the campaign. None where no use is known."""
    known = [(share, one.current) for share, one in zip(shares(months), months, strict=True) if one.current is not None] if months else []
    if not known:
        return None
    allowed, used = cap * sum(share for share, _used in known), sum(used for _share, used in known)
    return Gap(asked=round(allowed, 1), actual=used, missing=round(used - allowed, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backslide:
    """A month in which more sheets were used than its path allows."""

    month: str
    used: float
    allowed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The sheets that a month may use. base: of the same month of the base year, staff ratio included; None = not known."""

    month: str
    sheets: float
    base: float | None


def path(months: Sequence[Paper], target: Target) -> list[Allowance]:
    """What each month may use, in their order: the same month of the base year less the rate, and its share of the cap; the lower one, none where neither is known."""
    found = []
    for share, one in zip(shares(months), months, strict=True) if months else ():
        allowed = [] if target.rate is None or one.base is None else [one.base * (1 - target.rate)]
        allowed += [] if target.cap is None else [target.cap * share]
        found += [Allowance(month=one.month, sheets=min(allowed), base=one.base)] if allowed else []
    return found


def backslides(months: Sequence[Paper], allowed: Iterable[Allowance]) -> list[Backslide]:
    """Months above the path, in their order. allowed: as `path` gives it."""
    used = {one.month: one.current for one in months}
    above = [(one, now) for one in allowed if (now := used[one.month]) is not None and now > one.sheets + 1e-6]
    return [Backslide(month=one.month, used=now, allowed=round(one.sheets, 1)) for one, now in above]


ALERT_MONTHS = 3  # above the path in a row: somebody should look (domain §1)


def slides_back(months: Sequence[Paper], above: Iterable[Backslide]) -> bool:
    """Whether the newest ALERT_MONTHS months of which the use is known all lie above the path. above: as `backslides` gives them."""
    newest = [one.month for one in months if one.current is not None][-ALERT_MONTHS:]
    return len(newest) == ALERT_MONTHS and {one.month for one in above} >= set(newest)


# --- who needs help ---

NO_SCANS = N_("no scans for {days} days")
NEVER_SCANNED = N_("no scans yet")
OLD_REVIEW = N_("{records} records wait to be checked, the oldest for {days} days")
BELOW_RATE = N_("saved {rate:.1%} of {target:.1%}: {missing:,.0f} sheets too many")
ABOVE_CAP = N_("{missing:,.0f} sheets above the cap's path")
BEHIND_PLAN = N_("{missing:,.1f} m of paper more than planned by now")
FEW_SCANS = N_("{actual:,.1f} scans a week instead of {asked:,.0f}")
FILLED = N_("cabinets filled again by {metres:,.1f} m in four weeks")
BACKSLID = N_("above the path in {months}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a section lags: a message id and what fills it."""

    says: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is known of one section. last_scan: None = it never scanned. waiting: records to be checked; oldest: the day on which the oldest came, None = none.

    Gaps: None = not asked, or not known. filled: metres that came into emptied cabinets in the last four weeks. path: of all months of the campaign.
    sliding: the newest months all lie above it, see `slides_back`.
    """

    department: str
    last_scan: date | None
    waiting: int
    oldest: date | None
    rate: RateGap | None = None
    cap: Gap | None = None
    fm: Gap | None = None
    scans: Gap | None = None
    filled: float = 0.0
    backslides: tuple[Backslide, ...] = ()
    path: tuple[Allowance, ...] = ()
    sliding: bool = False


def reasons(course: Course, today: date, days: int) -> list[Reason]:
    """Why this section lags; empty if it does not. days: without a scan, or waiting to be checked, after which somebody should ask."""
    return [*_silence(course, today, days), *_gaps(course), *_back(course)]


def _silence(course: Course, today: date, days: int) -> list[Reason]:
    found = []
    if course.last_scan is None:
        found.append(Reason(says=NEVER_SCANNED, facts={}))
    elif (silent := (today - course.last_scan).days) >= days:
        found.append(Reason(says=NO_SCANS, facts={"days": silent}))
    if course.oldest and (old := (today - course.oldest).days) >= days:
        found.append(Reason(says=OLD_REVIEW, facts={"records": course.waiting, "days": old}))
    return found


def _gaps(course: Course) -> list[Reason]:
    found = []
    if course.rate and course.rate.missing > 0:
        found.append(Reason(says=BELOW_RATE, facts={"rate": course.rate.rate, "target": course.rate.target, "missing": course.rate.missing}))
    for gap, says in ((course.cap, ABOVE_CAP), (course.fm, BEHIND_PLAN), (course.scans, FEW_SCANS)):
        if gap and gap.missing > 0:
            found.append(Reason(says=says, facts={"missing": gap.missing, "actual": gap.actual, "asked": gap.asked}))
    return found


def _back(course: Course) -> list[Reason]:
    found = [Reason(says=FILLED, facts={"metres": course.filled})] if course.filled > 0 else []
    if course.backslides:
        found.append(Reason(says=BACKSLID, facts={"months": ", ".join(_runs([one.month for one in course.backslides]))}))
    return found


def _runs(months: Sequence[str]) -> list[str]:
    """Three or more months in a row as their first and last: 2025-04 - 2025-11."""
    runs: list[list[str]] = []
    for month in months:
        if runs and months_between(date.fromisoformat(f"{runs[-1][-1]}-01"), date.fromisoformat(f"{month}-01"))[1:] == [month]:
            runs[-1].append(month)
        else:
            runs.append([month])
    return [said for run in runs for said in (run if len(run) < 3 else [f"{run[0]} - {run[-1]}"])]
