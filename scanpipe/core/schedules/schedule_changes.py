"""What a changed retention schedule would mean for records that are already kept. It only lists: a person decides (domain §2.4)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from scanpipe.core.model import UNCLASSIFIED, Description, Retention
from scanpipe.core.retention import Schedule, compared, event_behind, longest, retention_of, year_behind

AT_ONCE = 500  # records in one wish: the daemon answers well before people stop waiting, and does its other work in between


class Effect(StrEnum):
    """How the schedule's answer differs from what the record holds."""

    SHORTER = "shorter"
    LONGER = "longer"
    OTHER = "other"  # same length, but another start, disposition or kind of period
    GONE = "gone"  # the category is not in the schedule any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One record as the catalogue has it. completed: the day that drives retention. event: as a person entered it, None if not known.

    accounting_year: None if not known. extended: the day to which a person made its period longer, before which no new answer ends; None = nobody did.
    """

    number: str
    category: str
    title: str | None
    completed: date
    retention: Retention
    event: date | None = None
    accounting_year: int | None = None
    extended: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A record whose retention the schedule now gives otherwise. after: None where the category is gone."""

    number: str
    category: str
    title: str | None
    effect: Effect
    before: Retention
    after: Retention | None


def changes(records: Iterable[Held], schedule: Schedule) -> Iterator[Change]:
    """The records that would be kept otherwise under this schedule, in their order. Nothing is applied; unclassified records have no period."""
    for record in records:
        if record.category == UNCLASSIFIED:
            continue
        after = answer(record, schedule)
        effect = Effect.GONE if after is None else _effect(record.retention, after)
        if effect:
            yield Change(number=record.number, category=record.category, title=record.title, effect=effect, before=record.retention, after=after)


def answer(record: Held, schedule: Schedule) -> Retention | None:
    """What this schedule says for the record; None if it does not have its category.

    An event or accounting year that was not kept apart follows from the start that the record holds.
    """
    category = schedule.categories.get(record.category)
    if category is None:
        return None
    event = record.event or event_behind(record.retention)
    year = record.accounting_year if record.accounting_year is not None else year_behind(record.retention)
    found = retention_of(category, record.completed, event=event, accounting_year=year, title=record.title)
    return replace(found, expires=record.extended) if record.extended and found.expires and found.expires < record.extended else found


def held_of(number: str, description: Description) -> Held:
    """The record with this number, as a schedule that has changed looks at it."""
    names = ("category", "title", "completed", "retention", "event", "accounting_year", "extended")
    return Held(number=number, **{name: getattr(description, name) for name in names})


def takes_away(change: Change) -> bool:
    """Whether the record would be kept less long, or no less long but be destroyed where it would have been looked at or handed over: never unasked."""
    if change.after is None or change.effect is Effect.SHORTER:
        return True
    weaker = longest([change.after, change.before]) is change.before and change.after.disposition != change.before.disposition
    return change.effect is Effect.OTHER and compared(change.after, change.before) == 0 and weaker


def acceptable(change: Change, *, shorten: bool) -> bool:
    """Whether a person who accepts the schedule accepts this, too. shorten: what takes something away, as well; what has no category left is never."""
    return change.after is not None and (shorten or not takes_away(change))


def counted(found: Iterable[Change]) -> dict[str, dict[str, int]]:
    """Numbers of records by category and effect; categories in the order in which they come."""
    counts: dict[str, Counter[str]] = {}
    for change in found:
        counts.setdefault(change.category, Counter())[change.effect.value] += 1
    return {category: dict(one) for category, one in counts.items()}


def _effect(before: Retention, after: Retention) -> Effect | None:
    if before == after:
        return None
    order = compared(after, before)
    return Effect.SHORTER if order < 0 else Effect.LONGER if order > 0 else Effect.OTHER
