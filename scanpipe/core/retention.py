"""The retention schedule's arithmetic: when a period starts, when it ends, and when disposal may come (domain §2.3-2.4)."""

import hashlib
import json
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Protocol

from scanpipe.core.dates import fiscal_year
from scanpipe.core.model import Retention
from scanpipe.core.text import normalise

START_RULES: tuple[str, ...] = (
    "fy_next_apr1",
    "cy_next_jan1",
    "cy_next_apr1",
    "cy_as_fy_plus1",
    "account_fy_apr1",
    "account_close_jun1",
    "event_fy_next_apr1",
    "event_next_day",
    "none",
)
PERMANENT, CURRENT = "永年", "常用"  # periods without an end
DISPOSITIONS: tuple[str, ...] = ("transfer", "dispose", "review")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A sub-rule for records whose title holds `title`. None = as the category says."""

    title: str
    period: int | str | None = None
    start: str | None = None
    paper_only: bool | None = None
    disposition: str | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One row of the retention schedule.

    period: whole years >= 0 (0 = less than one), "永年" or "常用". start: one of START_RULES. disposition: one of DISPOSITIONS.
    words: points for each word on the page; against: points taken away where a word shows that another category is meant.
    patterns: regular expressions over normalised lines. titles: typical titles. event: what starts the clock (契約終了); "" where none does.
    restricted: not linked into the cabinet. paper_only: the paper stays. auto_file: False = a person always confirms.
    yields: names only the form of a record (通知, 照会), so any other category with enough points comes first (domain §6.1).
    name_template: of its records' names in the cabinet; "" = the site's.
    paper_keep, inspect: of its paper originals, as in [paper] of scanpipe.toml; "" = the site's. paper_wait_days: so much longer, >= 0 (domain §2.8).
    classes: major and middle class (大分類, 中分類) of the body's file plan, 0-2 names; only the register shows them.
    """

    code: str
    name: str
    name_en: str
    period: int | str
    start: str
    disposition: str
    words: Mapping[str, float] = field(default_factory=dict)
    against: Mapping[str, float] = field(default_factory=dict)
    patterns: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    restricted: bool = False
    paper_only: bool = False
    auto_file: bool = True
    event: str = ""
    yields: bool = False
    name_template: str = ""
    classes: tuple[str, ...] = ()
    paper_keep: str = ""
    paper_wait_days: int = 0
    inspect: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The categories by code, in the order of the file. digest: sha256 of all in them that decides about a record, 64 hex digits."""

    categories: Mapping[str, Category]
    digest: str

    @classmethod
    def of(cls, categories: Iterable[Category]) -> "Schedule":
        """The schedule of these categories; a later one replaces an earlier one of the same code."""
        by_code = {category.code: category for category in categories}
        canonical = json.dumps([_plain(category) for category in by_code.values()], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return cls(by_code, hashlib.sha256(canonical.encode()).hexdigest())

    @property
    def restricted(self) -> frozenset[str]:
        """Codes of the categories whose records only few may see."""
        return frozenset(code for code, category in self.categories.items() if category.restricted)


_BESIDE = ("classes", "paper_keep", "paper_wait_days", "inspect")  # decide nothing about the record itself


def _plain(category: Category) -> dict[str, object]:
    row: dict[str, object] = {part.name: getattr(category, part.name) for part in fields(category) if part.name not in _BESIDE}
    return row | {
        "words": dict(category.words),
        "against": dict(category.against),
        "overrides": [asdict(override) for override in category.overrides],
    }


def starts(rule: str, completed: date, *, event: date | None = None, accounting_year: int | None = None) -> date | None:
    """The first day of the period (起算日); None under rule "none" and while the event is not known.

    accounting_year: the year the money belongs to (会計年度所属); None = the fiscal year of `completed`, which is never earlier.
    Raises ValueError for a rule that is not in START_RULES.
    """
    match rule:
        case "fy_next_apr1" | "cy_as_fy_plus1":
            return date(fiscal_year(completed) + 1, 4, 1)
        case "cy_next_jan1":
            return date(completed.year + 1, 1, 1)
        case "cy_next_apr1":
            return date(completed.year + 1, 4, 1)
        case "account_fy_apr1" | "account_close_jun1":
            year = fiscal_year(completed) if accounting_year is None else accounting_year
            return date(year + 1, 4 if rule == "account_fy_apr1" else 6, 1)
        case "event_fy_next_apr1":
            return None if event is None else date(fiscal_year(event) + 1, 4, 1)
        case "event_next_day":
            return None if event is None else event + timedelta(days=1)
        case "none":
            return None
    raise ValueError(rule)


def expiry(rule: str, period: int | str, start: date | None) -> date | None:
    """The last day of the period (満了日): start + years - 1 day; None for 永年, 常用 and while the start is open.

    A period of 0 years has no length of its own: it ends on the day before `start`, so that disposal may follow at once.
    """
    if start is None or not isinstance(period, int):
        return None
    years = period + 1 if rule == "cy_as_fy_plus1" else period  # kept to the end of the fiscal year in which the calendar one ends
    return _years_after(start, years) - timedelta(days=1) if start.year + years <= date.max.year else date.max


def _years_after(day: date, years: int) -> date:
    year = day.year + years
    return date(year, 3, 1) if (day.month, day.day) == (2, 29) and not _leap(year) else day.replace(year=year)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def override_of(category: Category, title: str | None) -> Override | None:
    """The sub-rule whose title the record's title holds.

    Of several, one that is the record's whole title comes first, and one that only tells another more closely (入札結果公表 of 入札) before that.
    What then still collides is of equal standing: the longest period wins (domain §2.3), of equal periods the longest words.
    """
    if not title:
        return None
    plain = normalise(title)
    fitting = [(words, override) for override in category.overrides if (words := normalise(override.title)) in plain]
    whole = [one for one in fitting if one[0] == _ABOUT.sub("", plain)]
    closest = whole or [one for one in fitting if not any(one[0] != words and one[0] in words for words, _ in fitting)]
    return max(closest, key=lambda one: (_years(category, one[1]), len(one[0])), default=("", None))[1]


_ABOUT = re.compile(r"(?:について|に関する件|の件)?(?:\([^()]{1,12}\))?$")


def _years(category: Category, special: Override) -> float:
    """The period for comparison: 永年 outlasts 常用, and both outlast any year count."""
    period = category.period if special.period is None else special.period
    return period if isinstance(period, int) else math.inf if period == PERMANENT else 10_000


def retention_of(category: Category, completed: date, *, event: date | None = None, accounting_year: int | None = None, title: str | None = None) -> Retention:
    """Until when a record of this category is kept, by the sub-rule for its title where there is one."""
    special = override_of(category, title) or Override(title="")
    period = category.period if special.period is None else special.period
    rule = category.start if special.start is None else special.start
    start = starts(rule, completed, event=event, accounting_year=accounting_year)
    return Retention(
        period=str(period),
        start_rule=rule,
        starts=start,
        expires=expiry(rule, period, start),
        disposition=category.disposition if special.disposition is None else special.disposition,
    )


def keeps_paper(category: Category, title: str | None = None) -> bool:
    """True where the paper itself must stay, whatever was scanned (`paper_only`, domain §2.8)."""
    special = override_of(category, title)
    return category.paper_only if special is None or special.paper_only is None else special.paper_only


def disposable_from(retention: Retention, completed: date, holds: Iterable[date | None] = ()) -> date | None:
    """The first day on which disposal may happen: the day after the latest of expiry and holds (domain §2.3-2.4).

    holds: the last day of each hold, None = a hold until further notice. The result is None while there is no such day.
    A record kept for less than a year under rule "none" may go once it is done.
    """
    done = retention.expires
    if done is None and retention.period == "0" and retention.start_rule == "none":
        done = completed
    ends = [done, *holds]
    latest = max((end for end in ends if end is not None), default=date.max)
    return latest + timedelta(days=1) if None not in ends and latest < date.max else None


# --- extension, collisions, and what a start tells about its event ---


def extended(retention: Retention, years: int) -> Retention:
    """The period made longer by a person (延長), repeatable: the register then shows original and extension in total (domain §2.4).

    years: 1 or more. Raises ValueError for less, and for a retention without an end, which cannot be extended: its event comes first.
    """
    if years < 1 or retention.expires is None or retention.period is None:
        raise ValueError(f"{years} years beyond {retention.expires}")
    after = retention.expires + timedelta(days=1) if retention.expires < date.max else date.max
    expires = _years_after(after, years) - timedelta(days=1) if after.year + years <= date.max.year else date.max
    return replace(retention, period=str(int(retention.period) + years), expires=expires)


def longest(retentions: Iterable[Retention]) -> Retention:
    """The one that wins when laws or sub-rules collide (domain §2.3). Raises ValueError for none.

    永年 outlasts 常用, both outlast a clock that has not begun, and that outlasts any day. Of equal ones the one that does not simply destroy.
    """
    return max(retentions, key=lambda one: (_reach(one), ("dispose", None, "review", "transfer").index(one.disposition)))


def compared(one: Retention, other: Retention) -> int:
    """-1 if the first is shorter, 1 if it is longer, 0 if both reach equally far."""
    mine, its = _reach(one), _reach(other)
    return (mine > its) - (mine < its)


def _reach(retention: Retention) -> tuple[int, float]:
    if retention.expires is not None:
        return 1, retention.expires.toordinal()
    if retention.period == "0" and retention.start_rule == "none":  # may go as soon as it is done
        return 0, 0
    if retention.period is not None and retention.period.isdecimal():
        return 2, int(retention.period)
    return 3, 0 if retention.period == CURRENT else math.inf


def event_behind(retention: Retention) -> date | None:
    """The event that a start was counted from; None if none was. Under a fiscal-year rule the last day of that year, which gives the same start."""
    if retention.starts is None or retention.start_rule not in ("event_next_day", "event_fy_next_apr1"):
        return None
    return retention.starts - timedelta(days=1)


def year_behind(retention: Retention) -> int | None:
    """The accounting year that a start was counted from; None under other rules."""
    if retention.starts is None or retention.start_rule not in ("account_fy_apr1", "account_close_jun1"):
        return None
    return retention.starts.year - 1


# --- reorganised sections ---


class Section(Protocol):
    """What [[department]] says of a section's life. valid_to: its last day, None = open. successor: the code of the section that took over."""

    @property
    def code(self) -> str: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def successor(self) -> str | None: ...


def successor_of(departments: Collection[Section], code: str, day: date) -> str:
    """The section that answers on `day` for the records of section `code`: itself, or who took over from who took over.

    A section that ended without a successor, or that is not known any more, stays itself: its records must not lose their owner unseen.
    """
    first = next((section for section in departments if section.code == code), None)
    if first is None or first.valid_to is None or first.valid_to >= day:  # asked for thousands of rows, and hardly any section has ended
        return code
    sections = {section.code: section for section in departments}
    seen = {code}
    while (section := sections.get(code)) and section.valid_to and section.valid_to < day and section.successor in sections:
        if section.successor is None or section.successor in seen:  # two that name each other
            break
        code = section.successor
        seen.add(code)
    return code
