"""What people did that changes no record, for the journal alone: looked at a restricted one, took a copy away, sent a scan, changed an account,
verified the vault, imported a retention schedule."""

from collections.abc import Mapping
from typing import Any, Final

from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.writing import Writer

TOLD: Final = ("viewed", "account", "downloaded", "exported", "uploaded", "verified", "schedule")  # as in queries.sql and in the index event_told


class Telling(Writer):
    """Events that are no more than their line: they are applied again by being written down."""

    def told(self, kind: str, actor: str, accession_id: str | None, data: Mapping[str, Any]) -> None:
        """kind: one of TOLD. data: JSON values; `wish`, where it has one, is the id of the wish that tells it, and one wish tells once."""
        with self._writing():
            known = "wish" in data and self.db.conn.execute(SQL["told_already"], {"wish": data["wish"]}).fetchone()
            if not known:
                self._record(kind, _nothing_more, accession_id, actor, **data)


def _nothing_more(event: Event) -> None:
    return
