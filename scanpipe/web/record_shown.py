"""What the page of a record shows beside its facts: its pages, the hits on one of them, and what may be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from scanpipe import named, vault
from scanpipe.catalogue import glances
from scanpipe.catalogue.glances import PageFace
from scanpipe.catalogue.reader import JsonObject, NoRecord
from scanpipe.core.finding.marking import Box, boxes_of, parts
from scanpipe.core.finding.query import QueryError
from scanpipe.core.finding.snippet import Span
from scanpipe.core.rights import Right
from scanpipe.errors import Damaged, PlaceError
from scanpipe.upkeep.disposal.outlook import outlook
from scanpipe.web import showing
from scanpipe.web.house import House
from scanpipe.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What the page was looked for with, so that hits are marked. q: "" = nothing."""

    q: str = ""
    fuzzy: bool = False

    def link(self, number: str, page: int) -> str:
        return showing.link(f"/records/{number}", page=page if page > 1 else None, q=self.q, fuzzy="1" if self.q and self.fuzzy else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageShown:
    """One page. text: its parts, each with whether it is a hit. boxes: of the hits, in pixels of the upright image of width x height."""

    number: int
    width: int
    height: int
    blank: bool
    text: Sequence[tuple[str, bool]]
    boxes: Sequence[Box]


def pages_with_hits(house: House, serial: int, sought: Sought) -> tuple[int, ...]:
    """Empty without a query, for one that cannot be understood and where the index cannot be read: the record is shown all the same."""
    try:
        return house.search.pages(serial, sought.q, fuzzy=sought.fuzzy) if sought.q else ()
    except (QueryError, PlaceError):
        return ()


def page_shown(visit: Visit, serial: int, face: PageFace, folder: Path | None, sought: Sought) -> PageShown:
    """The page with its hits marked. folder: of the record, None where there is none yet."""
    text = visit.reader.text_of(serial, face.number)
    spans = _spans(visit.house, serial, face.number, sought)
    return PageShown(
        number=face.number, width=face.width, height=face.height, blank=face.blank, text=parts(text, spans), boxes=_boxes(folder, face.number, spans)
    )


def _spans(house: House, serial: int, page: int, sought: Sought) -> list[Span]:
    try:
        return house.search.spans(serial, page, sought.q, fuzzy=sought.fuzzy) if sought.q else []
    except (QueryError, PlaceError):
        return []


def _boxes(folder: Path | None, page: int, spans: Sequence[Span]) -> list[Box]:
    """Individual numbers are masked sign for sign, so that places in the text that is shown are places in what was read."""
    if folder is None or not spans:
        return []
    try:
        read = vault.read_page(folder, page)
    except Damaged:  # fixity tells the administrator; the page is shown without boxes
        return []
    return boxes_of(read, spans) if read else []


def facts(visit: Visit, record: JsonObject, sought: Sought, page: int | None) -> dict[str, Any]:
    """For record.html. page: asked for; None = the first with a hit, else the first."""
    glance = glances.glance(visit.reader, record["number"])
    pages, folder = glances.pages(visit.reader, glance.serial), folder_of(visit, glance.vault_path)
    hits = pages_with_hits(visit.house, glance.serial, sought)
    wanted = page or (hits[0] if hits else 1)
    face = next((one for one in pages if one.number == wanted), pages[0] if pages else None)
    shown = page_shown(visit, glance.serial, face, folder, sought) if face and glance.state != "disposed" else None
    related = sorted({number for name in ("batch", "parts", "merged", "merged_into", "replaces", "replaced_by") for number in _listed(record[name])})
    corrections = visit.reader.corrections(record["id"])
    today: date = visit.house.now().date()
    return {
        "pages": pages if shown else [],
        "shown": shown,
        "hit_pages": hits,
        "next": outlook(record, glances.open_list(visit.reader, record["id"]), today, showing.day),
        "events": visit.reader.events(record["id"]),
        "titles": glances.titles(visit.reader, related),
        "corrections": corrections,
        "undone": {one["undoes"] for one in corrections},
        "has_access": folder is not None and (folder / vault.ACCESS).is_file(),
        "has_original": folder is not None and (folder / vault.original_name(record["original"]["media_type"])).is_file(),
        "correctable": visit.person.may(Right.CORRECT, record["department"]) and record["state"] != "disposed",
    }


def folder_of(visit: Visit, vault_path: str | None) -> Path | None:
    return visit.house.settings.layout.archive / vault_path if vault_path else None


def _listed(value: str | Sequence[str] | None) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value or ()


def last(visit: Visit, number: str, said: str) -> dict[str, Any] | None:
    """What the page says of what was done just before. None where nothing was, or the record may not be seen any more."""
    if said not in ("decided", "undone", "meanwhile", "later"):
        return None
    try:
        record = visit.reader.record(number)
    except NoRecord:
        return {"said": said, "number": None, "title": None, "changes": [], "undo": False}
    newest = next(reversed(visit.reader.corrections(record["id"])), None)
    changes = [(named.about(name), _shown_value(visit, name, value)) for name, value in newest["changes"].items()] if newest and said == "decided" else []
    undo = said == "decided" and newest is not None and newest["by"] == visit.person.name and newest["undoes"] is None
    return {"said": said, "number": number, "title": record["title"], "changes": changes, "undo": undo}


def _shown_value(visit: Visit, name: str, value: str | None) -> str:
    settings = visit.house.settings
    if name == "category" and value is not None and value in settings.schedule.categories:
        return settings.schedule.categories[value].name
    return showing.section(value, names(visit)) if name == "department" and value else value or "—"


def names(visit: Visit) -> dict[str, str]:
    """The sections by code."""
    return {one.code: one.name for one in visit.house.settings.departments}
