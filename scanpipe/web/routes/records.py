"""The page of a record, its pages as pictures and as text with hits, and its files to download."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, JSONResponse, Response

from scanpipe import named, vault
from scanpipe.catalogue import glances
from scanpipe.catalogue.glances import Glance
from scanpipe.catalogue.reader import JsonObject
from scanpipe.core.review import reason
from scanpipe.core.scans.structure import PDF
from scanpipe.errors import NotFound
from scanpipe.i18n import N_
from scanpipe.web import record_shown, showing
from scanpipe.web.house import is_restricted
from scanpipe.web.pictures import WIDTHS
from scanpipe.web.record_shown import PageShown, Sought
from scanpipe.web.searching import category_labels, section_labels
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
NO_PAGE = N_("Record {number} has no page {page}.")
NO_FILE = N_("Record {number} has no such file.")


@router.get("/records/{number}")
def show(visit: Visitor, number: str, page: str = "", q: str = "", fuzzy: str = "", done: str = "") -> Response:
    """All facts of the record beside its page. done: what the person has just decided about it, as routes/review.py says it."""
    record, sought = visit.record(number), Sought(q=q.strip(), fuzzy=fuzzy == "1")
    visit.house.pictures.warm()
    asked = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else None
    return showing.page(
        visit,
        "record.html",
        record=record,
        q=sought.q,
        sought=sought,
        named=named,
        reason=reason,
        sections=section_labels(visit.house),
        categories=category_labels(visit.house),
        last=record_shown.last(visit, number, done),
        **record_shown.facts(visit, record, sought, asked),
    )


@router.get("/records/{number}/pages/{page}.json")
def page_json(visit: Visitor, number: str, page: int, q: str = "", fuzzy: str = "") -> Response:
    """A page's size, its text with the hits, and their boxes: for turning pages without loading all of them again."""
    shown = one_page(visit, number, page, Sought(q=q.strip(), fuzzy=fuzzy == "1"))
    return JSONResponse({name: getattr(shown, name) for name in ("number", "width", "height", "blank", "text", "boxes")})


def one_page(visit: Visit, number: str, page: int, sought: Sought) -> PageShown:
    """Raises NoRecord, NotFound where the record has no such page."""
    glance = visit.glance(number)
    face = next((one for one in glances.pages(visit.reader, glance.serial) if one.number == page), None)
    if face is None or glance.state == "disposed":
        raise NotFound(NO_PAGE, number=number, page=page)
    return record_shown.page_shown(visit, glance.serial, face, record_shown.folder_of(visit, glance.vault_path), sought)


@router.get("/records/{number}/pages/{page}.jpg")
def picture(visit: Visitor, number: str, page: int, width: Annotated[int, Query()] = WIDTHS[1]) -> Response:
    """One page of what people look at: the access copy, else the original."""
    glance = visit.glance(number)
    if not 1 <= page <= max(glance.pages, 1):
        raise NotFound(NO_PAGE, number=number, page=page)
    file, media_type = _shown_file(visit, glance)
    wanted = min((one for one in WIDTHS if one >= width), default=WIDTHS[-1])
    turned = 0 if file.name == vault.ACCESS else visit.reader.rotation(glance.id, page)
    drawn = visit.house.pictures.page(file, media_type, page, wanted, turned)
    keep = "no-store" if is_restricted(visit.house.settings, glance.restricted, glance.category) else "private, max-age=3600"
    return Response(drawn, media_type="image/jpeg", headers={"cache-control": keep})


@router.get("/records/{number}/original")
def original(visit: Visitor, number: str) -> Response:
    """The bytes that were delivered, only ever as a download: nothing in them is opened by the browser here."""
    record = visit.record(number)
    file = _folder(visit, record) / vault.original_name(record["original"]["media_type"])
    return _download(visit, record, file, record["original"]["media_type"], record["original"]["name"])


@router.get("/records/{number}/access.pdf")
def access(visit: Visitor, number: str) -> Response:
    """The access copy under the name that the cabinet gives it."""
    record = visit.record(number)
    name = Path(record["path"]).name if record["path"] else f"{number}.pdf"
    return _download(visit, record, _folder(visit, record) / vault.ACCESS, PDF, name)


def _shown_file(visit: Visit, glance: Glance) -> tuple[Path, str]:
    folder = record_shown.folder_of(visit, glance.vault_path)
    if folder is None:
        raise NotFound(NO_FILE, number=glance.number)
    if (folder / vault.ACCESS).exists():
        return folder / vault.ACCESS, PDF
    own = folder / vault.original_name(glance.media_type)
    if not own.exists():
        raise NotFound(NO_FILE, number=glance.number)
    return own, glance.media_type


def _folder(visit: Visit, record: JsonObject) -> Path:
    folder = record_shown.folder_of(visit, record["vault_path"])
    if folder is None:
        raise NotFound(NO_FILE, number=record["number"])
    return folder


def _download(visit: Visit, record: JsonObject, file: Path, media_type: str, name: str) -> Response:
    if not file.is_file():
        raise NotFound(NO_FILE, number=record["number"])
    visit.tell("downloaded", number=record["number"], file=file.name)
    headers = {
        "content-disposition": f"attachment; filename=\"{record['number']}{file.suffix}\"; filename*=UTF-8''{quote(name)}",
        "content-security-policy": "sandbox; default-src 'none'",
    }
    return FileResponse(file, media_type=media_type, headers=headers)
