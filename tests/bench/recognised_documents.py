"""The held-back documents as they were read: printed, scanned badly and recognised once; the pages are kept under var/bench for the next run."""

import dataclasses
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from office_documents import OfficeDocument, filled, held_back, printed, scanned
from truth import ROOT

from scanpipe.core.model import Line, Page
from scanpipe.recognition.pages import ReadingSettings, read_page

KEPT = ROOT / "var" / "bench" / "classification"


def recognised(most: int | None = None) -> list[tuple[OfficeDocument, Page]]:
    """Each held-back document with the page that was read. most: only so many of them, spread over the categories."""
    templates = held_back()
    step = max(1, len(templates) // most) if most else 1
    return [read(filled(template, "held back"), place) for place, template in list(enumerate(templates))[::step]]


def read(document: OfficeDocument, place: int) -> tuple[OfficeDocument, Page]:
    """The document with the page that was read. place: chooses the letters and the faults of the scanner."""
    kept = KEPT / f"{hashlib.sha256(f'{place}{document.rows}'.encode()).hexdigest()[:24]}.json"
    if kept.exists():
        return document, _page(json.loads(kept.read_text("utf-8")))
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(scanned(printed(document, place), place))
        file.flush()
        page = read_page(Path(file.name), 1, ReadingSettings(engine="ppocr", runtime="auto"))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(dataclasses.asdict(page), ensure_ascii=False), "utf-8")
    return document, page


def _page(kept: dict[str, Any]) -> Page:
    lines = tuple(Line(**{**line, "box": tuple(line["box"])}) for line in kept.pop("lines"))
    return Page(**{name: value for name, value in kept.items() if name in {one.name for one in dataclasses.fields(Page)}}, lines=lines)


if __name__ == "__main__":
    for number, (document, page) in enumerate(recognised(), 1):
        print(number, document.category, document.title, len(page.text), flush=True)
