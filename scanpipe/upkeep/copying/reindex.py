"""reindex: catalogue and search index made again from vault and journal alone."""

from collections.abc import Callable
from pathlib import Path

from scanpipe import vault
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


def missing_from_search(catalogue: Catalogue, indexed: set[int]) -> list[str]:
    """Ids of records that the catalogue says are findable and the index does not hold, in order of arrival.

    One whose folder was lost has no description after a reindex: there is nothing to find it by, and `verify` names it. One whose pages a person put
    into others is found as these.
    """
    sql = (
        "SELECT id, serial FROM accession JOIN description d ON d.accession_id = id WHERE state IN (?, ?)"
        " AND NOT (d.proof_only AND EXISTS (SELECT 1 FROM correction c WHERE c.accession_id = id)) ORDER BY serial"
    )
    rows = catalogue.db.conn.execute(sql, [State.INDEXED, State.ACCOUNTED])
    return [row["id"] for row in rows if row["serial"] not in indexed]


def disposed_in_search(catalogue: Catalogue, indexed: set[int]) -> list[int]:
    """Serials of records that were disposed of and are in the index all the same: an older copy of it was put back."""
    rows = catalogue.db.conn.execute("SELECT serial FROM accession WHERE state = ?", [State.DISPOSED])
    return [row["serial"] for row in rows if row["serial"] in indexed]
