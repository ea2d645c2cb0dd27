"""reindex: catalogue and search index made again from vault and journal alone."""

from collections.abc import Callable
from pathlib import Path

from scanpipe import storage, vault
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.core.model import Description, Filing, Recognition, State
from scanpipe.errors import Damaged

Facts = tuple[Recognition, Description, Filing]


def records_of(archive: Path) -> Callable[[str], Facts | None]:
    """How the catalogue reads a filed record's facts back: by its vault path; None if the folder is gone or unreadable (`verify` names it)."""

    def facts(vault_path: str) -> Facts | None:
        try:
            record = vault.read(archive / vault_path)
        except Damaged:
            return None
        return record.recognition, record.description, record.filing

    return facts


def drop_databases(*paths: Path) -> None:
    """Removes the databases and what SQLite keeps beside them, under the store's lock."""
    for path in paths:
        for suffix in ("", "-wal", "-shm"):
            with storage.place(path):
                storage.remove(path.with_name(path.name + suffix))


def missing_from_search(catalogue: Catalogue, indexed: set[int]) -> list[str]:
    """Ids of records that the catalogue says are findable and the index does not hold, in order of arrival.

    One whose folder was lost has no description after a reindex: there is nothing to find it by, and `verify` names it.
    """
    sql = "SELECT id, serial FROM accession JOIN description ON accession_id = id WHERE state IN (?, ?) ORDER BY serial"
    rows = catalogue.db.conn.execute(sql, [State.INDEXED, State.ACCOUNTED])
    return [row["id"] for row in rows if row["serial"] not in indexed]
