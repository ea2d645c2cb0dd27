"""Records of a site that were filed long ago, put into its catalogue without scanning: for tests of what becomes of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.dates import fiscal_year
from scanpipe.core.disposing.holds import Hold
from scanpipe.core.model import UNCLASSIFIED, Credit, Description, Filing, Page, Recognition, Retention
from scanpipe.core.retention import retention_of

RECEIVED = datetime(2026, 4, 1, 9, tzinfo=UTC)
NOTHING = Retention(period=None, start_rule=None, starts=None, expires=None, disposition=None)


class Shelf:
    """Files records: the first has the number 2026-000001."""

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self.settings, self.catalogue, self._last = settings, catalogue, 0

    def record(
        self,
        department: str,
        category: str,
        completed: date,
        *,
        born_digital: bool = False,
        path: str | None = "cabinet/x/y.pdf",
        declared: dict[str, str] | None = None,
        name: str = "scan.pdf",
        text: str = "通知",
        **said: Any,
    ) -> str:
        """Its number. declared: by its cover. name: of the file. text: of its page. said: of the Description; its retention is what the schedule says."""
        self._last += 1
        id = f"01J{self._last:023d}"
        fields = {"id": id, "department": department, "name": name, "sha256": f"{self._last:064x}", "bytes": 1, "media_type": "application/pdf"}
        number = self.catalogue.accessioned({**fields, "duplex": None, "declared": declared or {}}, f"key of {id}", RECEIVED).number
        page = Page(number=1, width=1654, height=2339, dpi=200.0, engine="ppocr", text=text, confidence=98.0)
        self.catalogue.recognised(Recognition(accession_id=id, pages=(page,), engine="ppocr", settings="s", access_sha256=None, born_digital=born_digital))
        self.catalogue.described(self._description(id, category, completed, said))
        self.catalogue.filed(Filing(accession_id=id, path=path, vault_path=f"vault/{id}", manifest_sha256="0" * 64))
        self.catalogue.indexed(id)
        self.count(id, department, category, 0.0 if born_digital or "batch" in said.get("flags", ()) else 2.0)
        return number

    def count(self, id: str, department: str, category: str, digitised: float = 2.0) -> None:
        """indexed -> accounted."""
        day = RECEIVED.date()
        self.catalogue.accounted(Credit(accession_id=id, day=day, fiscal_year=2026, department=department, category=category, digitised=digitised))

    def _description(self, id: str, category: str, completed: date, said: dict[str, Any]) -> Description:
        of = self.settings.schedule.categories.get(category)
        clock = {name: said[name] for name in ("event", "accounting_year", "title") if name in said}
        kept = retention_of(of, completed, **clock) if of else NOTHING
        if said.get("extended"):
            kept = replace(kept, expires=said["extended"])
        facts: dict[str, Any] = {
            "accession_id": id, "category": category if of else UNCLASSIFIED, "category_name": of.name if of else None, "confidence": 1.0, "suggestions": (),
            "title": "件名", "kind": None, "document_number": None, "date": completed, "completed": completed, "fiscal_year": fiscal_year(completed),
            "amount": None, "sender": None, "addressee": None, "retention": kept, "pages": 1, "blank_pages": 0, "sides": 2, "sheets": 2, "a4_sheets": 2.0,
            "name": "x.pdf", "evidence": (), "flags": (), "schedule": "0" * 64,
            "sizes": {"A4": 2},
        }  # fmt: skip
        return Description(**(facts | said))

    def hold(self, *numbers: str, **said: Any) -> Hold:
        facts: dict[str, Any] = {"kind": "audit", "reason": "会計検査", "reference": "検第1号", "by": "佐藤", "at": RECEIVED, "since": RECEIVED.date()}
        hold = Hold(**({**facts, "id": f"01K{len(self.catalogue.holds()):023d}", "numbers": numbers} | said))
        self.catalogue.held(hold)
        return hold


@contextmanager
def shelf(settings: Settings) -> Iterator[Shelf]:
    """The site's catalogue, made for it."""
    layout = settings.layout
    layout.catalogue_db.parent.mkdir(parents=True, exist_ok=True)
    layout.journal.mkdir(parents=True, exist_ok=True)
    catalogue = Catalogue(layout.catalogue_db, layout.journal, lambda: RECEIVED, lambda vault_path: None)
    try:
        yield Shelf(settings, catalogue)
    finally:
        catalogue.close()
