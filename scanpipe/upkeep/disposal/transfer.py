"""Transfer (移管): copies of the records that the archives are to get, in a bag with the register that goes with them. Nothing is removed from the vault here.

archive/disposals/D2026-001/bag/        BagIt 1.0, sha512
    data/<number>/                      the record folder as it was filed: original, access.pdf, record.json, text.json, manifest-sha256.txt, meta/
    data/register.csv                   the register's 13 fields of each record, and what scanpipe adds (domain §2.6)
"""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import structlog

from scanpipe import storage, vault
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Layout, Settings
from scanpipe.config_schema import Site
from scanpipe.core.disposing.disposals import Disposal
from scanpipe.errors import Damaged, PlaceError
from scanpipe.i18n import N_, _, speaking
from scanpipe.upkeep.disposal import register
from scanpipe.upkeep.disposal.certified import folder_of
from scanpipe.upkeep.reports import harmless

log = structlog.get_logger()

BAG, PAYLOAD, REGISTER = "bag", "data", "register.csv"
_SECONDS = 24 * 3600
_ADDED = {  # what scanpipe adds to the register's fields
    "number": N_("Record"),
    "document_number": N_("Document number"),
    "title": N_("Title"),
    "completed": N_("Completed"),
    "pages": N_("Pages"),
    "sides": N_("Sides"),
    "sheets": N_("Sheets"),
    "sha256": N_("Digest of the original (SHA-256)"),
    "manifest_sha256": N_("Digest of the manifest (SHA-256)"),
    "scan": N_("Scanned as"),
    "received": N_("Received"),
    "list": N_("Disposal list"),
    "operators": N_("Proposed and approved by"),
    "along": N_("Goes along with it (proof of delivery, not counted)"),
}


class NotBagged(PlaceError):
    template = N_("The bag of the list {list} could not be made ({reason}). scanpipe tries again by itself.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A bag to make: these records of the list, with the register as of `day`."""

    disposal: Disposal
    numbers: tuple[str, ...]
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A bag that lies in its place. digest: sha512 of its tag manifest. numbers: what is in it; damaged: what is not, since it is not as it was filed."""

    digest: str
    numbers: tuple[str, ...]
    damaged: tuple[str, ...]


def make_bag(wanted: Wanted, settings: Settings) -> Made:
    """Copies, describes, bags, checks and publishes. A bag that was not acknowledged is made anew; there is none if every record is damaged. Raises PlaceError."""
    layout, number = settings.layout, wanted.disposal.number
    staged, target = layout.archive_tmp / number, folder_of(number, layout) / BAG
    reader = CatalogueReader(layout.catalogue_db)
    try:
        with storage.place(staged):
            storage.remove_tree(staged)
            storage.make_folder(staged)
            damaged = tuple(one for one in wanted.numbers if not _copied(layout, _vault_path(one, reader), staged / one))
            wanted = replace(wanted, numbers=tuple(one for one in wanted.numbers if one not in damaged))
            if not wanted.numbers:
                storage.remove_tree(staged)
                return Made(digest="", numbers=(), damaged=damaged)
            storage.write_new(staged / REGISTER, register_csv(wanted, reader, settings))
            digest = _bag_apart(staged, wanted, settings)
            for tags in sorted(staged.glob("*.txt")):
                storage.sync_file(tags)
            for folder, _folders, _files in os.walk(staged):
                storage.sync_folder(Path(folder))
            storage.make_folder(target.parent)
            storage.remove_tree(target)
            storage.rename(staged, target)
            storage.sync_folder(target.parent)
    finally:
        reader.close()
    return Made(digest=digest, numbers=wanted.numbers, damaged=damaged)


def _vault_path(number: str, reader: CatalogueReader) -> str:
    return str(reader.record(number)["vault_path"])


def _copied(layout: Layout, vault_path: str, target: Path) -> bool:
    """Every file of a record folder, durable, each compared with its manifest. False, and no copy, if one is not as it was filed."""
    try:
        _copy(layout.archive / vault_path, target)
    except Damaged as damage:
        log.error("not bagged", says=str(damage))
        storage.remove_tree(target)
        return False
    return True


def _copy(source: Path, target: Path) -> None:
    promised = vault.manifest(source)
    storage.make_folder(target)
    for path in sorted(one for one in source.rglob("*") if one.is_file()):
        name = path.relative_to(source)
        storage.make_folder((target / name).parent)
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            sha256, _bytes = storage.copy_in(descriptor, target / name, os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)
        if str(name) in promised and promised[str(name)] != sha256:
            raise vault.RecordDamaged(vault.ALTERED, folder=str(source), name=str(name))
        storage.sync_folder((target / name).parent)
    if missing := [name for name in promised if not (target / name).is_file()]:
        raise vault.RecordDamaged(vault.MISSING, folder=str(source), name=missing[0])


def _bag_apart(staged: Path, wanted: Wanted, settings: Settings) -> str:
    with speaking(settings.site.language):
        records = _("{n} records").format(n=len(_own(wanted)))
    named = {} if settings.site.name == Site().name else {"Source-Organization": settings.site.name}  # nobody has put their own name there
    info = {
        **named,
        "External-Identifier": wanted.disposal.number,
        "External-Description": wanted.disposal.reason or wanted.disposal.number,
        "Bagging-Date": wanted.day.isoformat(),
        "Bag-Count": "1 of 1",
        "Internal-Sender-Description": records,
    }
    command = [sys.executable, "-m", "scanpipe.upkeep.disposal.bagging", str(staged)]
    try:
        done = subprocess.run(command, input=json.dumps(info), capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603 - no shell, our own words
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBagged(list=wanted.disposal.number, reason=str(error)) from error
    if done.returncode != os.EX_OK:
        raise NotBagged(list=wanted.disposal.number, reason=(done.stderr.strip().splitlines() or [str(done.returncode)])[-1])
    return done.stdout.strip()


def remove_payload(folder: Path) -> None:
    """The archives have it: what says that it was there (bag-info, manifests) stays."""
    with storage.place(folder):
        storage.remove_tree(folder / BAG / PAYLOAD)
        if (folder / BAG).is_dir():
            storage.sync_folder(folder / BAG)


# --- the register of what is in the bag ---


def register_csv(wanted: Wanted, reader: CatalogueReader, settings: Settings) -> bytes:
    """UTF-8 with its mark; a line a record, in the site's language. What only proves what was delivered is named with the records that hold its pages."""
    with speaking(settings.site.language):
        lines = register.of_records(reader, settings, wanted.day, frozenset(wanted.numbers))
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow([_(heading) for heading in (*register.HEADINGS.values(), *_ADDED.values())])
        for number in _own(wanted):
            line = register.as_json([lines[number]])[0] if number in lines else dict.fromkeys(register.HEADINGS)
            writer.writerow([harmless(str(value if value is not None else "")) for value in (*line.values(), *_added(number, wanted.disposal, reader))])
    return text.getvalue().encode("utf-8-sig")


def _own(wanted: Wanted) -> list[str]:
    """The numbers in the bag that are records of their own."""
    along = {one.number for one in wanted.disposal.entries if one.heirs}
    return [number for number in wanted.numbers if number not in along]


def _added(number: str, disposal: Disposal, reader: CatalogueReader) -> Iterator[Any]:
    body = reader.record(number)
    manifest = reader.db.conn.execute("SELECT manifest_sha256 FROM filing WHERE accession_id = ?", [body["id"]]).fetchone()
    dpi = reader.db.conn.execute("SELECT min(dpi) FROM page WHERE serial = (SELECT serial FROM accession WHERE id = ?)", [body["id"]]).fetchone()[0]
    own = {
        "sha256": body["original"]["sha256"],
        "manifest_sha256": manifest[0] if manifest else None,
        "scan": f"{body['original']['media_type']}{f', {dpi:g} dpi' if dpi else ''}",
        "list": disposal.number,
        "operators": ", ".join((disposal.by, *(one.by for one in disposal.approvals))),
        "along": ", ".join(one.number for one in disposal.entries if number in one.heirs),
    }
    yield from (own[name] if name in own else body[name] for name in _ADDED)
