"""What is left of a record folder when its record was disposed of: the manifest as it was filed, and tombstone.json, which says what was destroyed and by whose leave.

archive/vault/<fiscal year of receipt>/<number>/
    manifest-sha256.txt      as it was: the digests of what is gone
    tombstone.json           schema 1: the journal's event `disposed`, word for word, and its moment

tombstone.json, schema 1:
    schema, at               1; the moment of destruction
    number, id, department   of the record; department: the section that answered for it
    pages_in[]               of a batch, or a record that was split or merged: the records that hold its pages; empty for any other
    record                   category, category_name, title (null where the record was restricted), kind, document_number, date, completed, fiscal_year,
                             retention, pages, blank_pages, sides, sheets, a4_sheets, sizes, restricted, is_batch
    original                 sha256, bytes, media_type
    received, filed          moments; vault_path, manifest_sha256: as filed; born_digital
    disposal, list           id and number of the list; kind "expired" or "withdrawal"; action "destroy" or "transfer"; reason
    proposed, agreed[], approved[]   who and when; agreed also of which section; reference: the archives' receipt; replaced_by: number of a rescan
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from scanpipe import storage, vault
from scanpipe.catalogue.journal import Event
from scanpipe.core.serial import canonical, readable
from scanpipe.errors import Damaged
from scanpipe.i18n import N_

NAME = "tombstone.json"
SCHEMA = 1

RISEN = N_("{folder}: {name} lies there, but record {number} was disposed of. Find out who put it back.")


def content(event: Event) -> bytes:
    """The tombstone that follows from the event that ended the record; the same from memory and from the journal."""
    return readable({"schema": SCHEMA, "at": event.at.isoformat(), **json.loads(canonical(event.data))})


def put(folder: Path, event: Event) -> None:
    """Makes a record folder a tombstone, durable: first what stays, then all else is removed. Repeat it after a crash at any line."""
    data, path = content(event), folder / NAME
    with storage.place(folder):
        if not path.is_file() or storage.digest(path) != hashlib.sha256(data).hexdigest():
            storage.remove(path)  # torn by a power cut
            storage.write_new(path, data, vault.READ_ONLY)
        storage.sync_folder(folder)
        for entry in sorted(os.scandir(folder), key=lambda found: found.name):
            if entry.is_dir(follow_symlinks=False):
                storage.remove_tree(Path(entry.path))
            elif entry.name not in (NAME, vault.MANIFEST):
                storage.remove(Path(entry.path))
        storage.sync_folder(folder)


def is_put(folder: Path, event: Event) -> bool:
    """Whether the folder holds the tombstone and nothing else but its manifest."""
    names = {entry.name for entry in os.scandir(folder)} if folder.is_dir() else set()
    return names <= {NAME, vault.MANIFEST} and NAME in names and storage.digest(folder / NAME) == hashlib.sha256(content(event)).hexdigest()


def deviations(folder: Path, event: Event, *, under_way: bool = False) -> Iterator[Damaged]:
    """What of a tombstone is not as the journal has it. under_way: its list is still being carried out, so that what was filed may not be gone yet."""
    names = {entry.name for entry in os.scandir(folder)}
    if NAME not in names:
        if not under_way:
            yield vault.RecordDamaged(vault.MISSING, folder=str(folder), name=NAME)
    elif (folder / NAME).read_bytes() != content(event):
        yield vault.RecordDamaged(vault.ALTERED, folder=str(folder), name=NAME)
    if vault.MANIFEST not in names:
        yield vault.RecordDamaged(vault.MISSING, folder=str(folder), name=vault.MANIFEST)
    elif storage.digest(folder / vault.MANIFEST) != event.data["manifest_sha256"]:
        yield vault.RecordDamaged(vault.ALTERED, folder=str(folder), name=vault.MANIFEST)
    allowed = {NAME, vault.MANIFEST} | ({*vault.manifest(folder), vault.META} if under_way and vault.MANIFEST in names else set())
    for name in sorted(names - allowed):
        yield vault.RecordDamaged(RISEN, folder=str(folder), name=name, number=folder.name)
