"""The retention schedule's arithmetic: when a period starts, when it ends, and when disposal may come (domain §2.3-2.4)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta

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


@dataclass(frozen=True, slots=True)
class Schedule:
    """The categories by code, in the order of the file. digest: sha256 of their canonical content, 64 hex digits."""

    categories: Mapping[str, Category]
    digest: str

    @classmethod
    def of(cls, categories: Iterable[Category]) -> "Schedule":
        """The schedule of these categories; a later one replaces an earlier one of the same code."""
        by_code = {category.code: category for category in categories}
        canonical = json.dumps([_plain(category) for category in by_code.values()], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return cls(by_code, hashlib.sha256(canonical.encode()).hexdigest())


def _plain(category: Category) -> dict[str, object]:
    row: dict[str, object] = {part.name: getattr(category, part.name) for part in fields(category)}
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
    year = start.year + years
    if year > date.max.year:
        return date.max
    same_day = date(year, 3, 1) if (start.month, start.day) == (2, 29) and not _leap(year) else start.replace(year=year)
    return same_day - timedelta(days=1)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def override_of(category: Category, title: str | None) -> Override | None:
    """The sub-rule whose title the record's title holds; of several the longest, which is the most particular."""
    if not title:
        return None
    plain = normalise(title)
    fitting = [override for override in category.overrides if normalise(override.title) in plain]
    return max(fitting, key=lambda override: len(override.title), default=None)


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
