"""Papers of another made-up city, filed under that city's own schedule (97 rows, three levels), of which only names and examples of kinds are known.

The texts are in classification/another_city.toml and .csv; both were written before anything was tried on them, and nothing may be tuned to them.
"""

import csv
import re
import tomllib
from collections.abc import Iterator

from office_documents import MATERIAL, OfficeDocument

from scanpipe.core.retention import Category, Schedule
from scanpipe.core.schedules.schedule_facts import Grid
from scanpipe.core.schedules.schedule_grouping import categories_of
from scanpipe.core.schedules.schedule_reading import read_schedule

_CELLS_APART = "　" * 3
_LARGE = 1.4


def papers() -> list[tuple[str, OfficeDocument]]:
    """The code of the city's row that each paper belongs to, and the paper, whose `category` is that of config/retention.toml, "" where that has none."""
    found = tomllib.loads((MATERIAL / "another_city.toml").read_text("utf-8"))["paper"]
    return [(one["row"], _document(one)) for one in found]


def _document(one: dict[str, object]) -> OfficeDocument:
    return OfficeDocument(
        category=str(one.get("category", "")),
        rows=tuple(_rows(str(one["page"]))),
        title=str(one["title"]),
        number=one.get("number"),  # type: ignore[arg-type]
        day=one.get("date"),  # type: ignore[arg-type]
        amount=one.get("amount"),  # type: ignore[arg-type]
        section="",
    )


def _rows(page: str) -> Iterator[tuple[str, str, float]]:
    for line in page.strip("\n").split("\n"):
        marks = re.match(r"[>=^]*", line)
        signs = marks.group() if marks else ""
        text = re.sub(r"\s*\|\s*", _CELLS_APART, line[len(signs) :])
        yield text, "r" if ">" in signs else "c" if "=" in signs else "l", _LARGE if "^" in signs else 1.0


def schedule() -> Schedule:
    """The table as `retention import` reads it: names and typical titles, no words, no patterns."""
    with (MATERIAL / "another_city.csv").open(encoding="utf-8", newline="") as file:
        rows = tuple((number, tuple(cells)) for number, cells in enumerate(csv.reader(file), 1))
    reading = read_schedule([Grid("", rows)])
    return Schedule.of(
        Category(
            code=kept.code,
            name=kept.name,
            name_en="",
            period=kept.period,
            start=kept.start or "fy_next_apr1",
            disposition=kept.disposition or "review",
            titles=kept.titles,
        )
        for kept in categories_of(reading.entries)
    )
