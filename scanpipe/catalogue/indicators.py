"""Indicators that offices report, written and read: one import is one event. A newer figure supersedes the older one, which stays in the table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlite_utils import Database

from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.writing import Writer
from scanpipe.core.campaign.indicators import Figure
from scanpipe.core.serial import as_json, canonical, from_json, from_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A list that somebody took in: a row of table `indicator_import`. id: of the wish. name, sha256: of the file."""

    id: str
    at: datetime
    by: str
    name: str
    sha256: str


class Indicators(Writer):
    """Figures beside the paper."""

    def indicators_imported(self, source: Import, figures: Sequence[Figure]) -> None:
        """Takes in figures of one file, no month, kind and section twice. This import is known already: nothing happens."""
        with self._writing():
            if self._one("indicator_imported", id=source.id) is None:
                told = [as_json(one) for one in figures]
                self._record("indicators_imported", self._take_in, None, source.by, source=as_json(source), figures=told)

    def _take_in(self, event: Event) -> None:
        row = as_json(from_json(Import, event.data["source"]))
        self._execute("add_indicator_import", **row)
        for told in event.data["figures"]:
            figure = from_json(Figure, told)
            place = {"month": figure.month, "kind": figure.kind, "department": figure.department}
            self._execute("supersede_indicator", **{"import": row["id"]}, **place)
            self._execute("add_indicator", **{"import": row["id"]}, **place, fact=canonical(as_json(figure)).decode())

    AGAIN: ClassVar[dict[str, Callable[[Any, Event], None]]] = {"indicators_imported": _take_in}


def figures(db: Database, fiscal_year: int | None = None) -> list[Figure]:
    """All that stand now, or those of one fiscal year, by kind, month and section."""
    name = "indicators" if fiscal_year is None else "indicators_between"
    between = {} if fiscal_year is None else {"first": f"{fiscal_year}-04", "last": f"{fiscal_year + 1}-03"}
    return [from_text(Figure, row["fact"]) for row in db.conn.execute(SQL[name], between)]
