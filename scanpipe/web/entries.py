"""What a person entered about a record: read, compared with what is known, made into changes."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from scanpipe.core.corrections import DAYS, TEXTS
from scanpipe.core.dates import parse_date
from scanpipe.core.model import UNCLASSIFIED
from scanpipe.core.retention import Category
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

NAMES = ("category", "department", *TEXTS, *DAYS)


class BadEntry(UsageError):
    """Something that was entered cannot be; the sentence says what to write. field: the name of its input."""

    def __init__(self, field: str, template: str, **params: object) -> None:
        super().__init__(template, **params)
        self.field = field


NO_DAY = N_("「{value}」 is not a date. Write it like 2025-06-12, R7.6.12 or 令和7年6月12日.")
NO_CATEGORY = N_("There is no category 「{value}」. Choose one from the list.")
SEVERAL = N_("「{value}」 fits several categories: {names}. Write more of the name.")
CHOOSE = N_("Choose the category. If you cannot tell yet, press “Later”.")


def changes_in(entered: Mapping[str, str], known: Mapping[str, str | None], categories: Mapping[str, Category]) -> dict[str, str | None]:
    """What the person wants otherwise, by name as core/corrections.py has it. known: the values now. A field that was not sent stays. Raises BadEntry."""
    found = {name: _value(name, entered[name], categories) for name in NAMES if name in entered and not (name == "category" and not entered[name].strip())}
    typed = entered.get("typed", "").strip()
    if typed:
        found["category"] = category_named(typed, categories)
    return {name: value for name, value in found.items() if value != (known[name] or None)}


def chosen(entered: Mapping[str, str], known: Mapping[str, str | None]) -> bool:
    """Whether the record has a category now, or the person gave it one."""
    given = entered.get("typed", "").strip() or entered.get("category", "").strip()
    return (given or known["category"]) != UNCLASSIFIED


def category_named(typed: str, categories: Mapping[str, Category]) -> str:
    """The code of the category that was typed: its code, its name, or a piece of either that fits no other. Raises BadEntry."""
    plain = _folded(typed)
    names = {code: _folded(category.name) for code, category in categories.items()}
    exact = [code for code, name in names.items() if plain in (_folded(code), name)]
    near = exact or [code for code, name in names.items() if plain in name or plain in _folded(code)]
    if len(near) == 1:
        return near[0]
    if not near:
        raise BadEntry("typed", NO_CATEGORY, value=typed)
    raise BadEntry("typed", SEVERAL, value=typed, names=", ".join(categories[code].name for code in near[:5]))


def known_values(record: Mapping[str, Any]) -> dict[str, str | None]:
    """Everything that can be entered, as it is. record: as JSON, with its corrections: event and extended are told by these alone."""
    corrected: dict[str, str | None] = {}
    gone = {one["undoes"] for one in record["corrections"]}
    for one in record["corrections"]:
        if one["undoes"] is None and one["number"] not in gone:
            corrected |= {name: one["changes"][name] for name in ("event", "extended") if name in one["changes"]}
    return {name: corrected.get(name) if name in ("event", "extended") else record[name] for name in NAMES}


def places(fields: Sequence[Mapping[str, Any]], known: Mapping[str, str | None]) -> dict[str, Mapping[str, Any]]:
    """Where on the pages each value stands, by name: the first field that says so and has a place."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, value in known.items():
        said = [
            one for one in fields if one["page"] and (one["name"] == name or (name == "date" and one["name"].startswith("date"))) and str(one["value"]) == value
        ]
        if said:
            found[name] = next((one for one in said if one["box"]), said[0])
    return found


def _value(name: str, text: str, categories: Mapping[str, Category]) -> str | None:
    text = text.strip()
    if name in DAYS:
        return _day(name, text)
    return text or None


def _day(name: str, text: str) -> str | None:
    if not text:
        return None
    day = parse_date(unicodedata.normalize("NFKC", text))
    if day is None:
        raise BadEntry(name, NO_DAY, value=text)
    return day.isoformat()


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
