"""The writing end of the catalogue: intake, the line, the queue. Each step of the line is one event in the journal, then one transaction: fact, state, event row."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from scanpipe.catalogue.accessions import accession_of
from scanpipe.catalogue.cabinets import Cabinets
from scanpipe.catalogue.campaigns import Campaigns
from scanpipe.catalogue.compared import Compared
from scanpipe.catalogue.database import SQL, Row, transaction
from scanpipe.catalogue.decided import Decided
from scanpipe.catalogue.disposed import Disposed
from scanpipe.catalogue.indicators import Indicators
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.paper_ledger import PaperLedger
from scanpipe.catalogue.papers import Papers
from scanpipe.catalogue.related import Related
from scanpipe.catalogue.telling import Telling
from scanpipe.catalogue.writing import Superseded
from scanpipe.core.dates import fiscal_year
from scanpipe.core.model import Accession, Credit, Description, Filing, Page, Recognition, State
from scanpipe.core.serial import as_json, from_json, from_text
from scanpipe.errors import Damaged, Fault, ScanpipeError
from scanpipe.i18n import N_

LINE_KINDS = {State.RECOGNISED: "recognised", State.DESCRIBED: "described", State.FILED: "filed", State.INDEXED: "indexed", State.ACCOUNTED: "accounted"}


class Catalogue(Decided, Papers, Disposed, Related, PaperLedger, Compared, Telling, Cabinets, Campaigns, Indicators):
    """The whole of it: intake and the line here, what people decide in its bases. One per process that holds the store's lock."""

    # --- intake ---

    def accessioned(self, accession_fields: Mapping[str, Any], key: str, at: datetime, file_keys: Sequence[str] = ()) -> Accession:
        """Gives the number and lets the scan into the line. accession_fields: all of Accession but number, serial, fiscal_year. file_keys: of its files."""
        with self._writing():
            year = fiscal_year(at.date())
            last = self._one("last_number", fiscal_year=year)
            number = f"{year}-{(last['last'] if last else 0) + 1:06d}"
            accession = Accession(**accession_fields, number=number, serial=self.journal.seq + 1, fiscal_year=year, received=at)
            self._record("accessioned", self._add_accession, accession.id, key=key, **_told(file_keys), accession=as_json(accession))
            return accession

    def _add_accession(self, event: Event) -> None:
        accession = from_json(Accession, event.data["accession"])
        row = as_json(accession)
        self._add_delivery(row, event, "accession")
        del row["files"]
        self._execute("add_accession", **{**row, "declared": json.dumps(row["declared"], ensure_ascii=False, sort_keys=True)})
        self._execute("set_last_number", fiscal_year=accession.fiscal_year, last=int(accession.number.rpartition("-")[2]))
        self._lay_into_box(accession, event)

    def _add_delivery(self, fields: Mapping[str, Any], event: Event, outcome: str) -> None:
        row = {name: fields.get(name) for name in ("id", "department", "name", "sha256", "bytes", "received", "duplicate_of", "reason")}
        params = json.dumps(fields.get("params") or {}, ensure_ascii=False)
        own = outcome == "accession" and not {"batch", "merged"} & fields["declared"].keys()
        self._execute("add_delivery", **row, key=event.data["key"], outcome=outcome, own_scan=int(own), params=params)
        for place, (file, key) in enumerate(zip(fields.get("files", ()), event.data.get("file_keys", ()), strict=True), 1):
            self._execute("add_page_file", **file, key=key, delivery=row["id"], place=place)

    def duplicate(self, fields: Mapping[str, Any], key: str, file_keys: Sequence[str] = ()) -> None:
        """A second delivery of bytes that this section has filed: recorded, counted 0.

        fields: id, department, name, sha256, bytes, received, duplicate_of; files too where it was joined, file_keys: theirs.
        """
        with self._writing():
            self._record("duplicate", self._add_duplicate, fields["id"], key=key, **_told(file_keys), delivery=dict(fields))

    def _add_duplicate(self, event: Event) -> None:
        self._add_delivery(event.data["delivery"], event, "duplicate")

    def rejected(self, fields: Mapping[str, Any], key: str) -> None:
        """What is not a document we take. fields: id, department, name, sha256 or None, bytes, received, reason, params."""
        with self._writing():
            self._record("rejected", self._add_rejected, fields["id"], key=key, delivery=dict(fields))

    def _add_rejected(self, event: Event) -> None:
        self._add_delivery(event.data["delivery"], event, "rejected")

    def delivered(self, id: str, place: int | None = None) -> Row | None:
        """name and sha256 of a delivery, or of the page file that it has at this place, from 1; None if it never came."""
        with self._lock:
            return self._one("delivered", id=id, place=place)

    def delivery_by_key(self, key: str) -> Row | None:
        """The delivery with this key, None if it never came. place: among the files of a joined one, None for what came as one file."""
        with self._writing():
            return self._one("delivery_by_key", key=key)

    def has(self, id: str) -> bool:
        """Whether this scan is let into the line."""
        with self._writing():
            return self._one("accession", id=id) is not None

    def same_bytes(self, department: str, sha256: str) -> Row | None:
        """id and number of the section's record with these bytes, None if it has none."""
        with self._writing():
            return self._one("same_bytes", department=department, sha256=sha256)

    def days_since(self, day: date) -> list[tuple[str, date]]:
        """(section, day) of all deliveries on this day or later."""
        with self._lock:
            rows = self.db.conn.execute("SELECT DISTINCT department, substr(received, 1, 10) AS day FROM delivery WHERE received >= ?", [day.isoformat()])
            return [(row["department"], date.fromisoformat(row["day"])) for row in rows]

    # --- the line ---

    def recognised(self, recognition: Recognition) -> None:
        """accessioned -> recognised."""
        told = {name: value for name, value in as_json(recognition).items() if name not in ("pages", "accession_id")}

        def change(event: Event) -> None:
            self._put_recognition(recognition)
            self._move(recognition.accession_id, State.ACCESSIONED, State.RECOGNISED)

        with self._writing():
            self._expect(recognition.accession_id, State.ACCESSIONED)
            self._record("recognised", change, recognition.accession_id, pages=len(recognition.pages), **told)

    def _put_recognition(self, recognition: Recognition) -> None:
        row = self._one("accession", id=recognition.accession_id)
        assert row is not None
        values = {**as_json(recognition), "confidence": recognition.confidence, "flags": json.dumps(recognition.flags)}
        del values["pages"]
        self._execute("put_recognition", **values)
        self._execute("drop_pages", serial=row["serial"])
        for page in recognition.pages:
            self._execute("add_page", serial=row["serial"], **_page_row(page))

    def described(self, description: Description) -> None:
        """recognised -> described."""

        def change(event: Event) -> None:
            self._put_description(description)
            self._move(description.accession_id, State.RECOGNISED, State.DESCRIBED)

        with self._writing():
            self._expect(description.accession_id, State.RECOGNISED)
            told = as_json(description)
            summary = {name: told[name] for name in ("category", "confidence", "title", "date", "document_number", "flags", "schedule")}
            self._record("described", change, description.accession_id, **summary)

    def filed(self, filing: Filing) -> None:
        """described -> filed."""
        told = {name: value for name, value in as_json(filing).items() if name != "accession_id"}

        def change(event: Event) -> None:
            self._put_filing(filing, event.at)
            self._move(filing.accession_id, State.DESCRIBED, State.FILED)

        with self._writing():
            self._expect(filing.accession_id, State.DESCRIBED)
            self._record("filed", change, filing.accession_id, **told)

    def _put_filing(self, filing: Filing, at: datetime) -> None:
        self._execute("put_filing", **as_json(filing), filed=at.isoformat())
        self._begin_fixity(filing.accession_id, at)

    def adopted(self, filing: Filing) -> None:
        """accessioned, recognised or described -> filed: its record folder was published before the catalogue could tell. All facts come from the vault."""
        told = {name: value for name, value in as_json(filing).items() if name != "accession_id"}
        with self._writing():
            row = self._one("accession", id=filing.accession_id)
            if row is None or row["state"] not in (State.ACCESSIONED, State.RECOGNISED, State.DESCRIBED):
                raise Superseded(id=filing.accession_id, state=State.DESCRIBED)
            self._record("filed", self._again_filed, filing.accession_id, **told)

    def indexed(self, accession_id: str) -> None:
        """filed -> indexed."""
        with self._writing():
            self._expect(accession_id, State.FILED)
            self._record("indexed", lambda event: self._move(accession_id, State.FILED, State.INDEXED), accession_id)

    def accounted(self, credit: Credit) -> None:
        """indexed -> accounted: mark and tallies move in the same transaction."""
        told = {name: value for name, value in as_json(credit).items() if name != "accession_id"}

        def change(event: Event) -> None:
            self._tally(credit)
            self._move(credit.accession_id, State.INDEXED, State.ACCOUNTED)

        with self._writing():
            self._expect(credit.accession_id, State.INDEXED)
            self._record("accounted", change, credit.accession_id, **told)

    def returned(self, accession_id: str, start: State) -> None:
        """recognised or described -> accessioned: its work/ is gone, so it is read again."""
        with self._writing():
            self._expect(accession_id, start)
            self._record("returned", lambda event: self._move(accession_id, start, State.ACCESSIONED), accession_id, start=start)

    # --- the queue ---

    def due(self, state: State, most: int, aging: timedelta) -> list[Row]:
        """id, department, started, attempts of what may begin now, in fair order: sections take turns, at most `most` of each."""
        now = self.clock()
        with self._lock:
            values = {"state": state, "now": now.astimezone(UTC).isoformat(), "old": (now - aging).isoformat(), "most": most}
            return list(self.db.conn.execute(SQL["due"], values))

    def unfiled(self) -> list[Accession]:
        """What is in custody and not in the vault yet, in order of arrival."""
        with self._lock:
            return [self._accession_of(row) for row in self.db.conn.execute(SQL["unfiled"])]

    def unfinished(self) -> int:
        """How many scans are still on their way."""
        with self._lock:
            return int(self.db.conn.execute("SELECT count(*) FROM accession WHERE state <> 'accounted' AND state <> 'disposed'").fetchone()[0])

    def refiling(self) -> int:
        """How many records are on their way through the line because a person corrected, split or merged."""
        sql = (
            "SELECT count(*) FROM accession WHERE state <> 'accounted' AND state <> 'disposed'"
            " AND (declared ->> '$.by' IS NOT NULL OR id IN (SELECT accession_id FROM correction))"
        )
        with self._lock:
            return int(self.db.conn.execute(sql).fetchone()[0])

    def accession(self, id: str) -> Accession:
        """Raises KeyError if there is none."""
        with self._lock:
            row = self._one("accession", id=id)
            if row is None:
                raise KeyError(id)
            return self._accession_of(row)

    def by_number(self, number: str) -> tuple[Accession, State] | None:
        """The record with this number and how far it is; None if there is none."""
        with self._lock:
            row = self.db.conn.execute("SELECT * FROM accession WHERE number = ?", [number]).fetchone()
            return (self._accession_of(row), State(row["state"])) if row else None

    def as_filed(self, id: str) -> tuple[str, Description]:
        """(section, facts) before any correction, from journal and vault. Raises KeyError if it is not filed, Damaged if its folder is gone."""
        with self._lock:
            row = self.db.conn.execute("SELECT vault_path FROM filing WHERE accession_id = ?", [id]).fetchone()
            told = self.db.conn.execute("SELECT data FROM event WHERE accession_id = ? AND kind = 'accessioned'", [id]).fetchone()
        if row is None or told is None:
            raise KeyError(id)
        facts = self._records(row["vault_path"])
        if facts is None:
            raise Damaged(N_("{folder}: the record folder is missing. Run `scanpipe verify`."), folder=row["vault_path"])
        return json.loads(told["data"])["accession"]["department"], facts[1]

    def has_access_copy(self, id: str) -> bool:
        """Whether the cabinet shows an access copy; else it shows the original."""
        with self._lock:
            row = self.db.conn.execute("SELECT access_sha256 FROM recognition WHERE accession_id = ?", [id]).fetchone()
        return row is not None and row["access_sha256"] is not None

    def _accession_of(self, row: Row) -> Accession:
        return accession_of(row, self.db.conn.execute(SQL["page_files"], {"delivery": row["id"]}))

    def description(self, id: str) -> Description:
        """Raises KeyError if it is not described."""
        with self._lock:
            row = self.db.conn.execute("SELECT fact FROM description WHERE accession_id = ?", [id]).fetchone()
        if row is None:
            raise KeyError(id)
        return from_text(Description, row["fact"])

    def born_digital(self, id: str) -> bool:
        """Whether all its pages came with text of their own. Raises KeyError if it was not read."""
        with self._lock:
            row = self.db.conn.execute("SELECT born_digital FROM recognition WHERE accession_id = ?", [id]).fetchone()
        if row is None:
            raise KeyError(id)
        return bool(row["born_digital"])

    def in_cabinet(self, id: str) -> bool:
        """Whether the record was linked into the cabinet when it was filed; restricted ones were not."""
        with self._lock:
            row = self.db.conn.execute("SELECT path FROM filing WHERE accession_id = ?", [id]).fetchone()
        return row is not None and row["path"] is not None

    def pages_text(self, serial: int) -> list[str]:
        """The text of each page in order."""
        with self._lock:
            return [row["text"] for row in self.db.conn.execute("SELECT text FROM page WHERE serial = ? ORDER BY number", [serial])]

    # --- attempts ---

    def begin_work(self, accession_id: str, state: State) -> None:
        """Counted and committed before the work, so that a scan that takes the daemon down with it is noticed."""
        with self._writing(), transaction(self.db):
            self._execute("begin_work", id=accession_id, state=state)

    def end_work(self, accession_id: str) -> None:
        """The daemon stops in order: the start does not count."""
        with self._writing(), transaction(self.db):
            self._execute("end_work", id=accession_id)

    def failed(self, accession_id: str, state: State, error: ScanpipeError, wait: timedelta) -> None:
        """One attempt is spent (fault of the scan) or none (fault of the place); it is due again after `wait`."""
        name = "failed" if error.fault is Fault.SCAN else "defer"
        with self._writing(), transaction(self.db):
            self._execute(name, id=accession_id, state=state, not_before=(self.clock() + wait).astimezone(UTC).isoformat(), error=repr(error))

    def retry(self, accession_id: str, actor: str) -> bool:
        """A person asks to try again now. False if the record is finished."""

        def change(event: Event) -> None:
            self._execute("retry", id=accession_id)

        with self._writing():
            row = self._one("accession", id=accession_id)
            if row is None or row["state"] in (State.ACCOUNTED, State.DISPOSED):
                return False
            self._record("retried", change, accession_id, actor)
            return True

    # --- places, folders, upkeep: shown, not journalled ---

    def pause(self, stage: str, error: ScanpipeError) -> None:
        with self._writing(), transaction(self.db):
            self._execute("pause", stage=stage, since=self.clock().isoformat(), reason=error.template, params=json.dumps(error.params, default=str))

    def begin_anew(self) -> None:
        """What the last process showed of places and folders is not true any more; this one will look."""
        with self._writing(), transaction(self.db):
            self._execute("nothing_paused")
            self._execute("nothing_lies")

    def resume(self, stage: str) -> None:
        with self._writing(), transaction(self.db):
            self._execute("resume", stage=stage)

    def lies(self, department: str, found: Mapping[str, str]) -> None:
        """What lies in the section's drop folder and is not taken: name -> reason (message id). Replaces the list of that section."""
        with self._writing(), transaction(self.db):
            known = {row["name"] for row in self.db.conn.execute("SELECT name FROM lying WHERE department = ?", [department])}
            for name in known - found.keys():
                self._execute("lies_no_more", department=department, name=name)
            for name, reason in found.items():
                self._execute("lies", department=department, name=name, since=self.clock().isoformat(), reason=reason)

    def upkeep_run(self, job: str, started: datetime, outcome: str, finished: datetime | None = None) -> None:
        with self._writing(), transaction(self.db):
            self._execute("upkeep_run", job=job, started=started.isoformat(), finished=finished.isoformat() if finished else None, outcome=outcome)

    def _again_filed(self, event: Event) -> None:
        self._to(event, State.FILED)
        facts = self._records(event.data["vault_path"])
        if facts is None:
            return  # `verify` names the folder that is missing; the event stays
        recognition, description, _ = facts
        if not self.corrections(recognition.accession_id):  # else it is filed anew, and the decision has told what it is
            self._put_recognition(recognition)
            self._put_description(description)
        self._put_filing(_filing_of(event), event.at)

    def _again_accounted(self, event: Event) -> None:
        self._tally(from_json(Credit, {"accession_id": event.accession_id, **event.data}))
        self._to(event, State.ACCOUNTED)

    AGAIN: ClassVar[dict[str, Callable[[Any, Event], None]]] = {
        **Decided.AGAIN,
        **Papers.AGAIN,
        **Related.AGAIN,
        **Disposed.AGAIN,
        **Compared.AGAIN,
        **PaperLedger.AGAIN,
        **Cabinets.AGAIN,
        **Campaigns.AGAIN,
        **Indicators.AGAIN,
        "accessioned": _add_accession,
        "duplicate": _add_duplicate,
        "rejected": _add_rejected,
        "filed": _again_filed,
        "indexed": lambda catalogue, event: catalogue._to(event, State.INDEXED),
        "accounted": _again_accounted,
        "returned": lambda catalogue, event: catalogue._to(event, State.ACCESSIONED),
    }


def _filing_of(event: Event) -> Filing:
    """The fact in a line "filed"."""
    return from_json(Filing, {"accession_id": event.accession_id, **event.data})


def _told(file_keys: Sequence[str]) -> dict[str, list[str]]:
    return {"file_keys": list(file_keys)} if file_keys else {}


def _page_row(page: Page) -> dict[str, Any]:
    row = as_json(page)
    del row["lines"]
    return dict(row)
