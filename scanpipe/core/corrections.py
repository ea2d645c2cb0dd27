"""What a person changes about a record after it was filed: the facts as they are then, decided here; nothing that was filed is ever altered.

A correction names new values; the description that follows from them is made once, when it is decided, and kept with it: a later schedule
says nothing about an earlier decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from scanpipe.core import review
from scanpipe.core.dates import LAST, LAST_KEPT, NotPlausible, fiscal_year, plausible
from scanpipe.core.describing.my_number import masked
from scanpipe.core.model import UNCLASSIFIED, Description, Evidence, Retention, Suggestion
from scanpipe.core.retention import Schedule, override_of, retention_of
from scanpipe.core.text import normalise
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

TEXTS = ("title", "kind", "document_number", "sender", "addressee")
DAYS = ("date", "completed", "event", "extended")
NAMES = ("category", "department", *TEXTS, *DAYS)  # what may be corrected
LONGEST = 500  # signs of one value
_ANSWERED = {  # what a decision about this settles
    "category": (review.CATEGORY_UNCLEAR, review.CATEGORY_GONE),
    "title": (review.NO_TITLE, review.NO_TEXT),
    "date": (review.NO_DATE,),
    "completed": (review.NO_DATE,),
}
_OF_RETENTION = ("category", "completed", "event", "extended")


class BadCorrection(UsageError):
    """A value that cannot be; the template says which and what to write."""


NOT_CORRECTABLE = N_("{name} cannot be corrected. What can be: {names}")
NO_SUCH_CATEGORY = N_("There is no category {value} in retention.toml.")
NO_SUCH_SECTION = N_("There is no section {value} in departments.toml.")
NO_DAY = N_("{value} is not a day; write it like 2025-04-01")
TOO_LONG = N_("{name} is longer than {most} signs.")
NEEDED = N_("{name} cannot be empty.")
SHORTENED = N_("An extension to {value} would end before the period does ({expires}). Periods are never shortened.")
NO_PERIOD = N_("A record without an end of its period cannot be extended.")
NO_CHANGE = N_("Nothing would change.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One decision about one record.

    number: of the record's corrections, from 1. at: aware. by: who decided; reason: in their words, "" where none was asked for. changes: new values by name,
    days as ISO, None = there is none; empty where a person only confirmed; also where the pages of split and merged records went (core/partings.py). undoes: number of the correction that this one takes back.
    department: the section that keeps the record since. description: all facts since. path: in the cabinet since, None = not shown.
    wish: the id of the wish that it answers, so that one that is answered twice, after a crash, changes once; None in facts of an earlier version.
    """

    number: int
    at: datetime
    by: str
    reason: str
    changes: Mapping[str, str | None]
    department: str
    description: Description
    path: str | None
    undoes: int | None = None
    wish: str | None = None


def checked(changes: Mapping[str, str | None], schedule: Schedule, departments: frozenset[str]) -> dict[str, str | None]:
    """The changes with texts normalised and codes known. Raises BadCorrection."""
    return {name: _checked(name, value, schedule, departments) for name, value in changes.items()}


def _checked(name: str, value: str | None, schedule: Schedule, departments: frozenset[str]) -> str | None:
    if name not in NAMES:
        raise BadCorrection(NOT_CORRECTABLE, name=name, names=", ".join(NAMES))
    text = normalise(value).strip() if value else ""
    if not text:
        if name in ("category", "department", "completed"):
            raise BadCorrection(NEEDED, name=name)
        return None
    if len(text) > LONGEST:
        raise BadCorrection(TOO_LONG, name=name, most=LONGEST)
    if name == "category" and text != UNCLASSIFIED and text not in schedule.categories:
        raise BadCorrection(NO_SUCH_CATEGORY, value=text)
    if name == "department" and text not in departments:
        raise BadCorrection(NO_SUCH_SECTION, value=text)
    if name in DAYS:
        return _plausible(name, _day(text)).isoformat()
    return masked(value.strip()) if name in TEXTS and value else text  # a title stays as a person wrote it, but for individual numbers


def _plausible(name: str, day: date) -> date:
    try:
        return plausible(day, last=LAST_KEPT if name == "extended" else LAST)
    except NotPlausible as error:
        raise BadCorrection(error.template, **error.params) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadCorrection(NO_DAY, value=text) from error


def corrected(description: Description, changes: Mapping[str, str | None], schedule: Schedule, *, by: str, reason: str, confirmed: bool = False) -> Description:
    """The record as it is after these checked changes; with none, as a person has confirmed it. The name in the cabinet is not made here.

    confirmed: the person has looked at everything, also at what does not change.
    Raises BadCorrection where an extension would shorten the period, or there is none to extend.
    """
    days = {name: _day(value) if value else None for name, value in changes.items() if name in DAYS}
    values: dict[str, Any] = {name: value for name, value in changes.items() if name in TEXTS} | days
    if "completed" in days:
        values["fiscal_year"] = fiscal_year(values["completed"])
    if "category" in changes:
        code = changes["category"] or UNCLASSIFIED
        category = schedule.categories.get(code)
        others = tuple(one for one in description.suggestions if one.category != code)
        chosen = (Suggestion(category=code, confidence=1.0),) if category else ()
        values |= {"category": code, "category_name": category.name if category else None, "suggestions": chosen + others}
        values["confidence"] = 1.0 if category else 0.0
        closed = category.restricted if category else bool(description.restricted)  # what is not decided stays as closed as it was
        values["restricted"] = closed or any(one.name == "my_number" for one in description.fields)
    evidence = tuple(Evidence(about=name, rule=f"person:{by}", quote=reason) for name in changes)
    about = {name for name in changes if name != "event"}
    kept = tuple(one for one in description.evidence if one.about not in about)
    after = replace(description, **values, evidence=(*evidence, *kept), flags=_flags(description, changes, confirmed))
    return replace(after, retention=_retention(after, schedule)) if _concerns_retention(description, changes, schedule) else after


def confirms(description: Description, changes: Mapping[str, str | None]) -> bool:
    """Whether nothing is named but the category that the record has, and nobody had decided it yet: a decision too, and about the record as it is."""
    decided = any(one.about == "category" and one.rule.startswith("person:") for one in description.evidence)
    return set(changes) == {"category"} and changes["category"] == description.category != UNCLASSIFIED and not decided


def _concerns_retention(description: Description, changes: Mapping[str, str | None], schedule: Schedule) -> bool:
    """A new title does only where another sub-rule fits it: else a schedule that has changed since would move the end of the period unasked."""
    if any(name in changes for name in _OF_RETENTION):
        return True
    category = schedule.categories.get(description.category)
    return category is not None and "title" in changes and override_of(category, changes["title"]) != override_of(category, description.title)


def _flags(description: Description, changes: Mapping[str, str | None], confirmed: bool) -> tuple[str, ...]:
    """What is still to be looked at. A person who confirms has looked at everything."""
    unclear = [review.CATEGORY_UNCLEAR] if changes.get("category") == UNCLASSIFIED else []
    settled = {flag for name, value in changes.items() if value for flag in _ANSWERED.get(name, ())}
    if confirmed or not changes:
        return (*(flag for flag in description.flags if flag in review.NOTES and flag not in settled), *unclear)
    return (*(flag for flag in description.flags if flag not in settled and flag not in unclear), *unclear)


def _retention(description: Description, schedule: Schedule) -> Retention:
    """By the schedule of the day of the decision, and the extension if there is one."""
    category = schedule.categories.get(description.category)
    if category is None and description.category == UNCLASSIFIED:
        return Retention(period=None, start_rule=None, starts=None, expires=None, disposition=None)
    if category is None:  # taken out of the schedule since: what it said then still holds
        found = description.retention
    else:
        year = description.accounting_year
        found = retention_of(category, description.completed, event=description.event, accounting_year=year, title=description.title)
    if description.extended is None:
        return found
    if found.expires is None:
        raise BadCorrection(NO_PERIOD)
    if description.extended < found.expires:
        raise BadCorrection(SHORTENED, value=description.extended.isoformat(), expires=found.expires.isoformat())
    return replace(found, expires=description.extended)


def standing(known: Sequence[Correction]) -> list[Correction]:
    """Corrections that were not taken back, the first first. known: all of a record."""
    gone = {one.undoes for one in known if one.undoes is not None}
    return [one for one in known if one.undoes is None and one.number not in gone]


def values_of(description: Description, department: str) -> dict[str, str | None]:
    """Everything that can be corrected, as it is."""
    found: dict[str, str | None] = {"category": description.category, "department": department}
    found |= {name: getattr(description, name) for name in TEXTS}
    return found | {name: day.isoformat() if (day := getattr(description, name)) else None for name in DAYS}
