"""The record folder: what lies in it, how it is written once, read back, and checked. The vault alone tells everything about a record.

archive/vault/<fiscal year of receipt>/<number>/
    original.<ext>           the bytes as the scanner sent them; .zip: the page files of a scanner that writes one for each page, or what merged records came in (container.py)
    access.pdf               PDF/A-2b with text layer; missing where the original is filed alone
    text.json                schema 1: the Recognition, page by page, line by line with boxes
    record.json              schema 1: identity, custody, description, place in the cabinet
    manifest-sha256.txt      "<64 hex digits>  <name>" for each of these, sorted by name (BagIt style)
    meta/0001.json …         schema 1: what people changed later, a Correction each (core/corrections.py); the journal tells the same but for words of the pages

text.json, schema 1 (core/model.py: Recognition, Page, Line; fields may be added, none is ever given another meaning):
    schema                   1
    accession_id, engine, settings, access_sha256, born_digital, flags
    pages[]                  in order, one for each page of the original
        number               from 1
        width, height, dpi   of the upright image, pixels; width / dpi * 25.4 = millimetres
        rotation             clockwise degrees that turn the stored page upright; rotation_confidence 0-1 or null
        blank                nothing is on this side
        source               "ocr", "digital" (the PDF's own text) or "none" (could not be read); engine: what read it
        text                 the lines joined by newlines; confidence: mean over signs, 0-100, null if no line was read by OCR
        lines[]              in reading order
            text             NFC, no blanks between Japanese signs
            box              [left, top, right, bottom] in pixels of the upright image
            confidence       0-100; null for the PDF's own text
            direction        "h", or "v" for a line that runs from top to bottom
            block            number of the column, table or paragraph group, from 0 in reading order
            seal             true for what a red seal says; such lines follow the page's own text
    Individual numbers (個人番号) stand here as they were read, for the record is evidence and its folder is closed to all but the service;
    wherever text is shown or found by, and in record.json's description, they are masked (core/describing/my_number.py).
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanpipe import storage
from scanpipe.core.corrections import Correction
from scanpipe.core.journalled import is_same_decision, meta_digest, meta_json
from scanpipe.core.model import Accession, Description, Filing, Page, Recognition
from scanpipe.core.scans.sequences import JOINED
from scanpipe.core.serial import as_json, from_json, from_text, readable
from scanpipe.errors import Damaged
from scanpipe.i18n import N_

MANIFEST = "manifest-sha256.txt"
RECORD, TEXT, ACCESS, META = "record.json", "text.json", "access.pdf", "meta"
EXTENSIONS = {"application/pdf": ".pdf", "image/tiff": ".tif", "image/jpeg": ".jpg", "image/png": ".png", JOINED: ".zip"}
SCHEMA = 1
READ_ONLY = 0o440

Digest = Callable[[Path], str]


class RecordDamaged(Damaged):
    """What is wrong with one file of a record folder."""


MISSING = N_("{folder}: {name} is missing.")
ALTERED = N_("{folder}: {name} does not have the bytes that its manifest promises.")
UNLISTED = N_("{folder}: {name} is not in the manifest.")
UNREADABLE = N_("{folder}: {name} cannot be read.")
STRANGER = N_("{folder}: {name} belongs to another record.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record folder as it lies in the vault."""

    accession: Accession
    recognition: Recognition
    description: Description
    filing: Filing


def original_name(media_type: str) -> str:
    """The original's name in its record folder: by its content, never by the sender's name."""
    return f"original{EXTENSIONS[media_type]}"


def relative_folder(accession: Accession) -> Path:
    """`vault/2025/2025-000123`, relative to archive/: facts that never change."""
    return Path("vault", str(accession.fiscal_year), accession.number)


# --- text.json ---


def text_json(recognition: Recognition) -> bytes:
    return readable({"schema": SCHEMA, **as_json(recognition)})


def read_text_json(data: bytes) -> Recognition:
    """Raises Damaged if it is not one."""
    return from_text(Recognition, data)


# --- writing ---


def write(staged: Path, original: Path, access: Path | None, accession: Accession, recognition: Recognition, description: Description, path: str | None) -> str:
    """Fills the new folder `staged` (on the archive's filesystem), durable and read back. Returns the manifest's sha256.

    original, access: files on the same filesystem; they are linked, not copied. path: where the cabinet will show it, None = not shown.
    """
    if not original.exists():
        raise RecordDamaged(folder=str(original.parent), name=original.name, what=MISSING)
    storage.make_staging(staged)
    names = [original_name(accession.media_type), RECORD, TEXT]
    storage.link(original, staged / names[0])
    if access is not None:
        storage.link(access, staged / ACCESS)
        storage.sync_file(staged / ACCESS)  # a lane wrote it and did not sync
        names.append(ACCESS)
    storage.write_new(staged / TEXT, text_json(recognition))
    storage.write_new(staged / RECORD, readable(record_json(accession, recognition, description, path)))
    digests = {name: storage.digest(staged / name) for name in sorted(names)}
    if digests[names[0]] != accession.sha256 or (access is not None and digests[ACCESS] != recognition.access_sha256):
        raise RecordDamaged(ALTERED, folder=str(staged), name=names[0])
    manifest = "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()
    storage.write_new(staged / MANIFEST, manifest)
    for name in (*names, MANIFEST):
        storage.before("chmod", staged / name)
        (staged / name).chmod(READ_ONLY)
    storage.sync_folder(staged)
    return storage.digest(staged / MANIFEST)


def record_json(accession: Accession, recognition: Recognition, description: Description, path: str | None) -> dict[str, Any]:
    custody = as_json(accession)
    original = {name: custody.pop(name) for name in ("name", "sha256", "bytes", "media_type")}
    told = {name: value for name, value in as_json(description).items() if name != "accession_id"}
    return {
        "schema": SCHEMA,
        **custody,
        "original": original,
        "access": {"sha256": recognition.access_sha256} if recognition.access_sha256 else None,
        "description": told,
        "path": path,
    }


# --- what people changed later ---


def meta_name(number: int) -> str:
    return f"{number:04d}.json"


def append_meta(folder: Path, corrections: Sequence[Correction]) -> None:
    """Each correction as a file of its own, durable; those that are there already are left, also where the catalogue has not all of their words any more."""
    meta = folder / META
    if not meta.is_dir():
        storage.make_folder(meta)
    for correction in corrections:
        path = meta / meta_name(correction.number)
        if _digest(path) != meta_digest(correction) and not _tells(path, correction):
            storage.replace(path, meta_json(correction), READ_ONLY, durable=True)
    storage.sync_folder(meta)


def _tells(path: Path, correction: Correction) -> bool:
    """Whether the file tells this decision, if with other words of the pages: `verify` says whether they are those that were written."""
    try:
        body = json.loads(path.read_bytes())
        return is_same_decision(from_json(Correction, {name: value for name, value in body.items() if name != "schema"}), correction)
    except (OSError, ValueError, AttributeError, Damaged):
        return False


def meta_deviations(folder: Path, promised: Mapping[str, str], digest: Digest = storage.digest) -> Iterator[RecordDamaged]:
    """What of the corrections in a record folder is not as the journal has it. promised: file name -> sha256. digest: see `deviations`."""
    present = {entry.name for entry in os.scandir(folder / META)} if (folder / META).is_dir() else set()
    for name in sorted(promised.keys() | present):
        if name not in present:
            yield RecordDamaged(MISSING, folder=str(folder), name=f"{META}/{name}")
        elif name not in promised:
            yield RecordDamaged(UNLISTED, folder=str(folder), name=f"{META}/{name}")
        elif _digest(folder / META / name, digest) != promised[name]:
            yield RecordDamaged(ALTERED, folder=str(folder), name=f"{META}/{name}")


# --- reading and checking ---


def read(folder: Path) -> Record:
    """The facts in a record folder. Raises Damaged if a file is missing or is not what it should be; digests are not checked here."""
    body = _json(folder, RECORD)
    try:
        text = (folder / TEXT).read_bytes()
        manifest_sha256 = storage.digest(folder / MANIFEST)
        original, described = body["original"], body["description"]
        custody = {name: body[name] for name in ("id", "number", "serial", "department", "received", "fiscal_year", "duplex", "declared")}
        custody["files"] = body.get("files", [])
    except (OSError, KeyError) as error:
        raise RecordDamaged(UNREADABLE, folder=str(folder), name=RECORD) from error
    filing = {"accession_id": body["id"], "path": body["path"], "vault_path": f"vault/{body['fiscal_year']}/{body['number']}"}
    try:
        recognition = read_text_json(text)
    except Damaged as error:
        raise RecordDamaged(UNREADABLE, folder=str(folder), name=TEXT) from error
    return Record(
        accession=from_json(Accession, {**custody, **original}),
        recognition=recognition,
        description=from_json(Description, {**described, "accession_id": body["id"]}),
        filing=from_json(Filing, {**filing, "manifest_sha256": manifest_sha256}),
    )


def read_page(folder: Path, number: int) -> Page | None:
    """One page (from 1) as it was read, without making facts of all the others; None if there is none. Raises Damaged if text.json is missing or is not one."""
    pages = _json(folder, TEXT).get("pages", [])
    return from_json(Page, pages[number - 1]) if 1 <= number <= len(pages) else None


def _json(folder: Path, name: str) -> dict[str, Any]:
    try:
        body: dict[str, Any] = json.loads((folder / name).read_bytes())
    except (OSError, ValueError) as error:
        raise RecordDamaged(UNREADABLE, folder=str(folder), name=name) from error
    return body


def manifest(folder: Path) -> Mapping[str, str]:
    """name -> sha256. Raises Damaged if it is missing, empty or not of its form."""
    try:
        lines = (folder / MANIFEST).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RecordDamaged(MISSING, folder=str(folder), name=MANIFEST) from error
    pairs = [line.partition("  ") for line in lines]
    if not pairs or any(len(digest) != 64 or not name or "/" in name for digest, _, name in pairs):
        raise RecordDamaged(UNREADABLE, folder=str(folder), name=MANIFEST)
    return {name: digest for digest, _, name in pairs}


def deviations(folder: Path, digest: Digest = storage.digest) -> Iterator[RecordDamaged]:
    """Everything about a record folder that is not as its manifest says. Nothing = its bytes are what was filed. digest: how a file's sha256 is read."""
    try:
        promised = manifest(folder)
    except RecordDamaged as damage:
        yield damage
        return
    present = {entry.name for entry in os.scandir(folder)} - {MANIFEST, META}
    for name in sorted(promised.keys() - present):
        yield RecordDamaged(MISSING, folder=str(folder), name=name)
    for name in sorted(present - promised.keys()):
        yield RecordDamaged(UNLISTED, folder=str(folder), name=name)
    for name in sorted(promised.keys() & present):
        if _digest(folder / name, digest) != promised[name]:
            yield RecordDamaged(ALTERED, folder=str(folder), name=name)


def _digest(path: Path, digest: Digest = storage.digest) -> str | None:
    try:
        return digest(path)
    except OSError:
        return None


def folders(vault: Path) -> Iterator[Path]:
    """Every record folder, by fiscal year and number."""
    for year in sorted(path for path in vault.iterdir() if path.is_dir()) if vault.is_dir() else []:
        yield from sorted(path for path in year.iterdir() if path.is_dir())
