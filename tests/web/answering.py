"""A daemon that only answers: what people wish of records is decided at once, and the line behind it is walked through without files."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from scanpipe.catalogue.requests import Answer, Requests, Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.model import Credit, Filing
from scanpipe.upkeep.deciding.wishes import WISHES, Decide

_DAY = datetime(2026, 4, 1, 9, tzinfo=UTC)


class Answerer:
    """wishes: all that were answered, in order, without those that only tell."""

    def __init__(self, settings: Settings) -> None:
        layout = settings.layout
        self.settings, self.wishes = settings, list[Wish]()
        self.catalogue = Catalogue(layout.catalogue_db, layout.journal, lambda: datetime.now(UTC), lambda vault_path: None)
        self.requests = Requests(layout.requests_db)
        self._answerers = {verb: partial(self._answer, decide) for verb, decide in WISHES.items()} | {"expect": self._expected}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(10)
        self.requests.close()
        self.catalogue.close()

    def _work(self) -> None:
        while not self._stopping.wait(0.01):
            self.requests.answer(self._answerers, lambda: datetime.now(UTC))

    def _answer(self, decide: Decide, wish: Wish) -> Answer:
        answer = decide(wish, self.catalogue, self.settings)
        if wish.verb != "tell":
            self.wishes.append(wish)
            self._settle()
        return answer

    def _expected(self, wish: Wish) -> Answer:
        self.wishes.append(wish)
        return {}

    def _settle(self) -> None:
        """described -> accounted, as the line does with what was corrected."""
        rows = self.catalogue.db.conn.execute(
            "SELECT a.id, a.department, f.vault_path FROM accession a JOIN filing f ON f.accession_id = a.id WHERE state = 'described'"
        )
        for row in rows.fetchall():
            self.catalogue.filed(Filing(accession_id=row["id"], path="cabinet/x/y.pdf", vault_path=row["vault_path"], manifest_sha256="0" * 64))
            self.catalogue.indexed(row["id"])
            category = self.catalogue.description(row["id"]).category
            facts = {"department": row["department"], "category": category, "day": _DAY.date(), "fiscal_year": 2026, "digitised": 2.0}
            self.catalogue.accounted(Credit(accession_id=row["id"], **facts))


@contextmanager
def answering(settings: Settings) -> Iterator[Answerer]:
    answerer = Answerer(settings)
    try:
        yield answerer
    finally:
        answerer.close()
