"""retention.toml -> the Schedule of core/retention.py."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from scanpipe.config_faults import Kind, Said, fault, one_of, shown, unknown_key, validated
from scanpipe.config_schema import Code, Inspect, MayBeEmpty, PaperKeep, Switch, Table, Template, Text
from scanpipe.core.model import UNCLASSIFIED
from scanpipe.core.retention import DISPOSITIONS, START_RULES, Category, Override, Schedule
from scanpipe.i18n import N_, _


def _category_code(code: str) -> str:
    if code.lower() == UNCLASSIFIED:
        raise Said(_('{value} is what scanpipe calls records without a category; write another code, for example "OTHER"').format(value=shown(code)))
    return code


def _start(rule: str) -> str:
    if rule not in START_RULES:
        raise ValueError
    return rule


def _disposition(word: str) -> str:
    if word not in DISPOSITIONS:
        raise ValueError
    return word


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        says = _("{value} is not a regular expression ({reason}); correct it, with \\ before a bracket that is meant as a sign")
        raise Said(says.format(value=shown(text), reason=error)) from None
    if not text:
        raise ValueError
    return text


Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_WORDS = Kind(
    N_('{value} is not a table of words and points; write each word in quotes with a number, for example {{ "請求書" = 3 }}'),
    each=N_("{value} is not a number of points; write a number above 0, for example 3"),
)
_DISPOSITION = one_of(*DISPOSITIONS, 移管="transfer", 廃棄="dispose", 延長="review", 見直し="review")
Words = Annotated[dict[Annotated[str, Field(min_length=1)], Weight], _WORDS]
Period = Annotated[
    Annotated[int, Field(ge=0, le=1000)] | Literal["永年", "常用"], Kind(N_('{value} is not a period; write whole years, "永年" or "常用"'), "period = 5")
]
Start = Annotated[str, AfterValidator(_start), one_of(*START_RULES)]
Disposition = Annotated[str, AfterValidator(_disposition), _DISPOSITION]
Texts = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    Field(strict=False),
    Kind(N_("{value} is not a list of texts; write each in quotes between [ ]"), each=N_("{value} is not text; write it in quotes, not empty")),
]
Patterns = Annotated[
    tuple[Annotated[str, AfterValidator(_pattern)], ...],
    Field(strict=False),
    Kind(
        N_("{value} is not a list of regular expressions; write each in single quotes between [ ]"),
        each=N_("{value} is not text; write it in quotes, not empty"),
    ),
]
Classes = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    Field(strict=False, max_length=2),
    Kind(
        N_('{value} is not a list of classes; write the major and the middle class, or the major one alone, for example ["総務", "文書"]'),
        each=N_("{value} is not text; write it in quotes, not empty"),
    ),
]

WaitDays = Annotated[int, Field(ge=0, le=3650), Kind(N_("{value} is not a number of days; write a whole number of 0 or more, for example 90"))]


class OverrideEntry(Table):
    """[[category.override]]: a sub-rule for titles that hold `title`."""

    title: Annotated[Text, Kind(N_("{value} is not a title; write it in double quotes"), 'title = "決算書"')]
    period: Period | None = None
    start: Start | None = None
    paper_only: Switch | None = None
    disposition: Disposition | None = None
    event: MayBeEmpty | None = None


class CategoryEntry(Table):
    """[[category]], but for its overrides. Defaults: the municipal rule of domain §2.3 and a person's decision at the end."""

    code: Annotated[Code, AfterValidator(_category_code)]
    period: Period
    name: Text = ""
    name_en: MayBeEmpty = ""
    start: Start = ""
    disposition: Disposition = "review"
    words: Words = Field(default_factory=dict)
    against: Words = Field(default_factory=dict)
    patterns: Patterns = ()
    titles: Texts = ()
    restricted: Switch = False
    paper_only: Switch = False
    auto_file: Switch = True
    event: MayBeEmpty = ""
    yields: Switch = False
    name_template: Template | None = None
    classes: Classes = ()
    paper_keep: PaperKeep | None = None
    paper_wait_days: WaitDays = 0
    inspect: Inspect | None = None


def schedule_of(tables: Mapping[str, Any], file: str) -> tuple[Schedule, list[str]]:
    """The schedule of all categories without a fault, and the faults of the others. A file without a category is a schedule, too: all stays unclassified."""
    faults = [fault(file, key, unknown_key(key, ("category",))) for key in tables if key != "category"]
    entries = tables.get("category", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return Schedule.of(()), [*faults, fault(file, "category", _("there is no category; write [[category]] with two brackets before each"))]
    categories: list[Category] = []
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        place = _place(entry.get("code"), number)
        category, wrong = _category(entry, file, place)
        code = str(entry.get("code")).casefold()
        if "code" in entry and code in seen:
            wrong.append(fault(file, f"{place}: code", _("there is another category with this code; give each its own")))
        seen.add(code)
        faults += wrong
        categories += [category] if category else []
    return Schedule.of(categories), faults


def _place(code: object, number: int) -> str:
    return f"category {code}" if isinstance(code, str) and code else _("category no. {number}").format(number=number)


def _category(table: Mapping[str, Any], file: str, place: str) -> tuple[Category | None, list[str]]:
    own = {key: value for key, value in table.items() if key != "override"}
    entry, faults = validated(CategoryEntry, own, file, f"{place}: ")
    overrides, wrong = _overrides(table.get("override", []), file, place)
    if entry is None:
        return None, faults + wrong
    values = dict(entry)
    values["name"] = entry.name or entry.code
    values |= {name: getattr(entry, name) or "" for name in ("name_template", "paper_keep", "inspect")}
    values["start"] = entry.start or ("fy_next_apr1" if isinstance(entry.period, int) else "none")
    category = Category(**values, overrides=overrides)
    return category, faults + wrong + _endless(category, file, place)


def _overrides(tables: object, file: str, place: str) -> tuple[tuple[Override, ...], list[str]]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return (), [fault(file, f"{place}: override", _("this is not a list of sub-rules; write [[category.override]] with two brackets before each"))]
    overrides: list[Override] = []
    faults: list[str] = []
    for number, table in enumerate(tables, 1):
        entry, wrong = validated(OverrideEntry, table, file, f"{place}: override {table.get('title', number)}: ")
        faults += wrong
        overrides += [Override(**dict(entry))] if entry else []
    return tuple(overrides), faults


def _endless(category: Category, file: str, place: str) -> list[str]:
    """A period of years under rule "none" would never end and nobody would notice."""
    rules = [(f"{place}: start", category.period, category.start)]
    for special in category.overrides:
        period = category.period if special.period is None else special.period
        rules.append((f"{place}: override {special.title}: start", period, special.start or category.start))
    says = _('"none" never ends a period of {period} years; write another start, for example "fy_next_apr1", or the period "永年"')
    return [fault(file, where, says.format(period=period)) for where, period, start in rules if start == "none" and isinstance(period, int) and period > 0]
