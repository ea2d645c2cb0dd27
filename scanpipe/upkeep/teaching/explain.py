"""explain: what a scan or a text would be filed as. Reads in a lane like the line does; files nothing."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from scanpipe import learnt, storage
from scanpipe.catalogue.reader import record_json
from scanpipe.config import Settings
from scanpipe.confinement import Reach
from scanpipe.core.describing.my_number import masked
from scanpipe.core.model import Accession, Page, Recognition
from scanpipe.core.scans.structure import completeness, sniff
from scanpipe.errors import NotFound, ScanError
from scanpipe.i18n import N_
from scanpipe.recognition.lane import warm_up
from scanpipe.stages.describe import describe
from scanpipe.stages.file import cabinet_path
from scanpipe.stages.intake import EMPTY, INCOMPLETE
from scanpipe.stages.recognise import Reader, reading_settings
from scanpipe.workbench import Workbench
from scanpipe.workers import LocalLanes

_A4_AT_200 = (1654, 2339, 200.0)
_HEAD = 1024


class NotAText(ScanError):
    template = N_("{name} is neither a PDF, TIFF, JPEG or PNG nor text in UTF-8. Give one of these.")


def explain(source: str, settings: Settings, department: str, standard_input: BinaryIO) -> Mapping[str, Any]:
    """The record's JSON (design §10) with evidence and text; number, id and custody are None. source: a path, or "-" for text on standard input.

    Raises NotFound for a file or section that is not there, NotAText for what is neither a scan nor text, ScanError for a scan that intake would refuse.
    """
    data, name = (standard_input.read(), "-") if source == "-" else (_bytes(Path(source)), Path(source).name)
    media_type = sniff(data[:_HEAD]) if source != "-" else None
    section = settings.department(department).name if department else None
    if source != "-" and (fault := _fault(data, media_type)):
        raise ScanError(fault)
    accession = Accession(
        id="explain",
        number="0000-000000",
        serial=1,
        department=department,
        name=name,
        sha256="",
        bytes=len(data),
        media_type=media_type or "application/pdf",
        received=datetime.now(settings.timezone),
        fiscal_year=0,
    )
    recognition = _read(accession, Path(source), settings) if media_type else _text(accession, data, name)
    description = describe(accession, recognition, settings, learnt.current(settings.layout.store))
    body = record_json(None, description, path=cabinet_path(accession, description, settings), engine=recognition.engine)
    return {
        **body,
        "department": department or None,
        "department_name": section,
        "name": description.name,
        "text": "\f".join(masked(page.text) for page in recognition.pages),
    }


def _fault(data: bytes, media_type: str | None) -> str:
    """Why intake would refuse this file: a message id, "" if it would not."""
    if not data:
        return EMPTY
    whole = media_type is None or completeness(media_type, lambda offset, length: data[offset : offset + length], len(data))
    return "" if whole else INCOMPLETE


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound(N_("{path} cannot be read ({reason})."), path=str(path), reason=error.strerror) from error


def _text(accession: Accession, data: bytes, name: str) -> Recognition:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotAText(name=name) from error
    width, height, dpi = _A4_AT_200
    pages = tuple(Page(number=n, width=width, height=height, dpi=dpi, source="digital", text=page) for n, page in enumerate(text.split("\f"), 1))
    return Recognition(accession_id=accession.id, pages=pages, engine="none", settings="", access_sha256="0" * 64, born_digital=True)


def _read(accession: Accession, path: Path, settings: Settings) -> Recognition:
    folder = Path(tempfile.mkdtemp(prefix="scanpipe-explain-"))
    reading = reading_settings(settings)
    args, reach = (reading.engine, reading.runtime), Reach(readable=(path.absolute(),), writable=(folder,))
    lanes = LocalLanes(1, memory_mib=settings.workers.memory_mib, idle_seconds=60, warm_up=warm_up, warm_args=args, reach=reach)
    try:
        known = replace(accession, sha256=storage.digest(path))
        return Reader(settings, lanes, Workbench(folder)).recognise(known, path.absolute())
    finally:
        lanes.close()
        shutil.rmtree(folder, ignore_errors=True)
