"""What people did that changes no record, for the journal alone: looked at a restricted one, took a copy away, sent a scan, changed an account,
verified the vault, imported a retention schedule."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.writing import Writer

TOLD: Final = ("viewed", "account", "downloaded", "exported", "uploaded", "verified", "schedule")  # as in queries.sql and in the index event_told


class Telling(Writer):
    """Events that are no more than their line: they are applied again by being written down."""

    def told(self, kind: str, actor: str, accession_id: str | None, data: Mapping[str, Any]) -> None:
        """kind: one of TOLD. data: JSON values; `wish`, where it has one, is the id of the wish that tells it, and one wish tells once."""
        self.told_together(kind, actor, [(accession_id, data)])

    def told_together(self, kind: str, actor: str, told: Iterable[tuple[str | None, Mapping[str, Any]]]) -> None:
        """Several of one kind, each of its record with its own data and `wish`, at the cost of one."""
        with self._writing():
            new = [(id, data) for id, data in told if not ("wish" in data and self.db.conn.execute(SQL["told_already"], {"wish": data["wish"]}).fetchone())]
            if new:
                self._record_together(kind, _nothing_more, new, actor)


def _nothing_more(event: Event) -> None:
    return
