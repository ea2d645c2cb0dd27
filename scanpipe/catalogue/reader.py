"""The reading end of the catalogue: what other programs and people see. Opens it read-only; the daemon may be writing meanwhile."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from scanpipe.catalogue import disposal_lists, holdings
from scanpipe.catalogue.accessions import accession_of
from scanpipe.catalogue.database import SQL, OperationalError, Row, is_current, open_reader
from scanpipe.core import partings
from scanpipe.core.describing.my_number import masked
from scanpipe.core.disposing.holds import Hold
from scanpipe.core.disposing.papers import Status
from scanpipe.core.model import Accession, Description, Retention, State
from scanpipe.core.serial import as_json, from_text
from scanpipe.errors import NotFound, PlaceError
from scanpipe.i18n import N_

JsonObject = dict[str, Any]


class NoCatalogue(NotFound):
    template = N_("There is no catalogue at {path} yet. Start scanpipe once (`scanpipe run` or `scanpipe drain`).")


class OtherCatalogue(PlaceError):
    template = N_(
        "The catalogue {path} was made by another version. Start scanpipe once (`scanpipe run` or `scanpipe drain`): it is made again. Nothing is lost."
    )


class NoRecord(NotFound):
    template = N_("There is no record {number}. Look for it with `scanpipe search`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """One line of a section's 受付簿. outcome: accession, duplicate or rejected. state: of its record, None if it has none.

    reason, params: of a refusal. title, category_name, path: None until known, or where the section may not see them.
    """

    received: datetime
    name: str
    outcome: str
    number: str | None
    state: str | None
    pages: int | None
    title: str | None
    category: str | None
    category_name: str | None
    path: str | None
    needs_review: bool
    restricted: bool
    reason: str | None
    params: Mapping[str, Any]


class CatalogueReader:
    def __init__(self, path: Path) -> None:
        """Raises NoCatalogue, OtherCatalogue."""
        try:
            self.db = open_reader(path)
            self.db.conn.execute("SELECT 1 FROM accession LIMIT 1")
        except OperationalError as error:
            raise NoCatalogue(path=str(path)) from error
        if not is_current(self.db):
            raise OtherCatalogue(path=str(path))

    def close(self) -> None:
        self.db.conn.close()

    def _rows(self, sql: str, *values: object) -> Iterator[Row]:
        yield from self.db.conn.execute(sql, values)

    def _one(self, sql: str, *values: object) -> Row | None:
        row: Row | None = self.db.conn.execute(sql, values).fetchone()
        return row

    # --- one record ---

    def record(self, number: str, *, text: bool = False) -> JsonObject:
        """The record with this number, as the contract has it (design §10). Raises NoRecord."""
        row = self._one("SELECT * FROM accession WHERE number = ?", number)
        if row is None:
            raise NoRecord(number=number)
        return self._record(row, text)

    def _record(self, row: Row, text: bool) -> JsonObject:
        accession = accession_of(row, self._rows(SQL["page_files"], row["id"]))
        described = self._one("SELECT fact FROM description WHERE accession_id = ?", accession.id)
        filing = self._one("SELECT * FROM filing WHERE accession_id = ?", accession.id)
        recognition = self._one("SELECT * FROM recognition WHERE accession_id = ?", accession.id)
        body = record_json(
            accession,
            from_text(Description, described["fact"]) if described else None,
            state=row["state"],
            path=filing["path"] if filing else None,
            vault_path=filing["vault_path"] if filing else None,
            filed=filing["filed"] if filing else None,
            engine=recognition["engine"] if recognition else None,
        )
        body |= self._paper(accession.id, filed=filing is not None)
        body["last_error"] = row["last_error"]
        body["disposal"] = disposal_lists.disposed(self.db, accession.id)
        body |= self.relations(accession)
        body["retention"]["holds"] = [holdings.hold_json(hold) for hold in holdings.holds_on(self.db, accession.id)]
        if text:
            body["text"] = "\f".join(masked(page["text"]) for page in self._rows("SELECT text FROM page WHERE serial = ? ORDER BY number", accession.serial))
        return body

    def _paper(self, id: str, *, filed: bool) -> JsonObject:
        """paper_status: how far the paper is, one of core.disposing.papers.Status, None if the record never was on paper. box: the number of its box, None if in none."""
        if self._one("SELECT 1 FROM on_paper WHERE accession_id = ?", id) is None:
            return {"paper_status": None, "box": None}
        box = self._one("SELECT b.number, b.status FROM box_record r JOIN box b ON b.number = r.box WHERE r.accession_id = ?", id)
        own = Status.DIGITISED if filed else Status.REGISTERED
        status = own if box is None or box["status"] == Status.DIGITISED else Status(box["status"])
        return {"paper_status": status.value, "box": box["number"] if box else None}

    def relations(self, accession: Accession) -> JsonObject:
        """How the record and others belong together, by number, as it stands today.

        batch: that it was cut out of. parts: that hold its pages, of a batch or a split record. merged: the records that it was made of; merged_into: the one
        that holds its pages. replaces, replaced_by: a rescan and the record whose place it takes.
        """
        changes = self.corrections(accession.id)
        gone = {one["undoes"] for one in changes}
        told = partings.relations_in([one["changes"] for one in changes if one["undoes"] is None and one["number"] not in gone])
        replaced_by = self.db.conn.execute(SQL["replaced_by"], {"number": accession.number}).fetchone()
        parts = list(told.get(partings.SPLIT_INTO, ()))
        if not changes:
            parts = [row["number"] for row in self.db.conn.execute(SQL["parts_of_batch"], {"number": accession.number})]
        return {
            "batch": accession.declared.get(partings.BATCH),
            "parts": parts,
            "merged": list(partings.numbers(accession.declared.get(partings.MERGED))),
            "merged_into": next(iter(told.get(partings.MERGED_INTO, ())), None),
            "replaces": next(iter(told.get(partings.REPLACES, ())), None),
            "replaced_by": replaced_by["number"] if replaced_by else None,
        }

    def events(self, id: str) -> list[JsonObject]:
        """What happened to a record, in order; among it who sent its scan by the web, where one did."""
        rows = self._rows(SQL["events_of"], id)
        return [{**dict(row), "data": json.loads(row["data"])} for row in rows]

    def text_of(self, serial: int, page: int) -> str:
        """The text of one page as it is shown and found, its individual numbers masked; empty if there is none."""
        row = self._one("SELECT text FROM page WHERE serial = ? AND number = ?", serial, page)
        return masked(row["text"]) if row else ""

    def rotation(self, id: str, page: int) -> int:
        """Clockwise degrees that turn this stored page of the original upright; 0 where it was not judged."""
        row = self._one("SELECT rotation FROM page WHERE serial = (SELECT serial FROM accession WHERE id = ?) AND number = ?", id, page)
        return int(row["rotation"]) if row else 0

    # --- the operation ---

    def status(self) -> JsonObject:
        """What is where. deliveries = records + duplicates + rejected + waiting; disposed: of the records."""
        departments, states = self._departments(), self._states()
        summed = {name: sum(each[name] for each in departments.values()) for name in ("deliveries", "records", "duplicates", "rejected", "waiting")}
        return {
            **summed,
            "disposed": states[State.DISPOSED],
            "needs_review": self._count("SELECT count(*) AS n FROM description WHERE needs_review = 1"),
            "states": {state.value: summed["records"] - states[State.DISPOSED] if state is State.ACCOUNTED else states[state] for state in State},
            "oldest_waiting": self._oldest(),
            "departments": departments,
            "paused": self.paused(),
            "lying": self.lying(),
            "timetable": {row["job"]: {k: row[k] for k in ("started", "finished", "outcome")} for row in self._rows("SELECT * FROM upkeep_run ORDER BY job")},
        }

    def paused(self) -> list[JsonObject]:
        """Places at fault, for which a stage rests: the one that rests longest first."""
        return [{**dict(row), "params": json.loads(row["params"])} for row in self._rows("SELECT * FROM paused ORDER BY since")]

    def lying(self) -> list[JsonObject]:
        """Files in drop folders that are not taken, each with the reason."""
        return [dict(row) for row in self._rows("SELECT * FROM lying ORDER BY department, name")]

    def _count(self, sql: str, *values: object) -> int:
        row = self._one(sql, *values)
        return int(row["n"]) if row else 0

    def _states(self) -> dict[State, int]:
        """How many scans are at each state but the one that nearly all have reached."""
        rows = self._rows("SELECT state, count(*) AS n FROM accession WHERE state <> 'accounted' AND state <> 'disposed' GROUP BY state")
        disposed = self._count("SELECT count(*) AS n FROM accession WHERE state = 'disposed'")
        return dict.fromkeys(State, 0) | {State(row["state"]): row["n"] for row in rows} | {State.DISPOSED: disposed}

    def _oldest(self) -> JsonObject | None:
        sql = "SELECT number, department, received, state, attempts, last_error FROM accession"
        row = self._one(f"{sql} WHERE state <> 'accounted' AND state <> 'disposed' ORDER BY +serial LIMIT 1")  # +: by the index of what waits
        return dict(row) if row else None

    def _departments(self) -> dict[str, JsonObject]:
        """By the section through whose drop folder things came. What waits is little: only that is looked up one by one."""
        sql = (
            "SELECT department, count(*) AS deliveries, sum(outcome = 'accession') AS records, sum(outcome = 'duplicate') AS duplicates,"
            " sum(outcome = 'rejected') AS rejected, max(received) AS last_received FROM delivery GROUP BY department ORDER BY department"
        )
        waiting = {
            row["department"]: row["n"]
            for row in self._rows(
                "SELECT d.department, count(*) AS n FROM accession a CROSS JOIN delivery d ON d.id = a.id"  # CROSS: in this order
                " WHERE a.state <> 'accounted' AND a.state <> 'disposed' GROUP BY 1"
            )
        }
        found: dict[str, JsonObject] = {}
        for row in self._rows(sql):
            body = dict(row)
            wait = waiting.get(department := body.pop("department"), 0)
            found[department] = {**body, "records": body["records"] - wait, "waiting": wait}
        return found

    def reading(self) -> list[Accession]:
        """Scans that wait to be read or are being read, oldest first, at most 50."""
        return [accession_of(row) for row in self._rows("SELECT * FROM accession WHERE state = 'accessioned' ORDER BY serial LIMIT 50")]

    def outcomes(self, after: str = "") -> list[JsonObject]:
        """Deliveries with id > after, in order of arrival: id, department, name, sha256, outcome, duplicate_of, reason, params, state, number, needs_review, batch, names.

        batch: the number of the batch that it is a part of, None for what was delivered by itself. names: of its files, in the order of their pages where they were joined.
        """
        sql = (
            "SELECT d.id, d.department, d.name, d.sha256, d.outcome, d.duplicate_of, d.reason, d.params, coalesce(a.state, t.state) AS state,"
            " coalesce(a.number, t.number) AS number, coalesce(x.needs_review, 0) AS needs_review,"
            " json_extract(a.declared, '$.batch') AS batch,"
            " (SELECT json_group_array(name) FROM (SELECT name FROM page_file WHERE delivery = d.id ORDER BY place)) AS names FROM delivery d"
            " LEFT JOIN accession a ON a.id = d.id LEFT JOIN accession t ON t.id = d.duplicate_of LEFT JOIN description x ON x.accession_id = d.id"
            " WHERE d.id > ? ORDER BY d.id"
        )
        rows = ({**dict(row), "params": json.loads(row["params"]), "names": json.loads(row["names"])} for row in self._rows(sql, after))
        return [{**row, "names": row["names"] or [row["name"]]} for row in rows]

    def mark(self) -> tuple[str, frozenset[str]]:
        """The id of the newest delivery ("" if there is none), and the ids of the scans that are still on their way."""
        last = self._one("SELECT max(id) AS id FROM delivery")
        rows = self._rows("SELECT id FROM accession WHERE state <> 'accounted' AND state <> 'disposed'")
        return (last["id"] if last else None) or "", frozenset(row["id"] for row in rows)

    def doubtful(self, department: str | None = None, limit: int = 50) -> list[JsonObject]:
        """Records that ask for a person, oldest first: number, department, title, date, category, suggestions, flags, path."""
        sql = (
            "SELECT a.number, a.department, x.fact, f.path FROM description x JOIN accession a ON a.id = x.accession_id"
            " LEFT JOIN filing f ON f.accession_id = a.id WHERE x.needs_review = 1 AND (?1 IS NULL OR a.department = ?1) ORDER BY a.serial LIMIT ?2"
        )
        return [_doubtful(row) for row in self._rows(sql, department, limit)]

    def corrections(self, id: str) -> list[JsonObject]:
        """What people changed of a record, the first first: number, at, by, reason, changes, undoes."""
        rows = self._rows("SELECT number, at, by, reason, changes, undoes FROM correction WHERE accession_id = ? ORDER BY number", id)
        return [{**dict(row), "changes": json.loads(row["changes"])} for row in rows]

    def holds(self) -> list[Hold]:
        """All holds, the first first."""
        return holdings.holds(self.db)

    def codes(self) -> tuple[frozenset[str], frozenset[str]]:
        """Sections and categories that records have."""
        sections = self._rows("SELECT DISTINCT department AS code FROM accession")
        return frozenset(row["code"] for row in sections), frozenset(row["code"] for row in self._rows("SELECT DISTINCT category AS code FROM description"))

    def receipts(self, department: str, day: date) -> list[ReceiptRow]:
        """The section's deliveries of a day, in order of arrival."""
        sql = (
            "SELECT d.received, d.name, d.outcome, d.reason, d.params, coalesce(a.number, t.number) AS number, a.state, x.pages, x.title, x.category,"
            " x.category_name, coalesce(x.needs_review, 0) AS needs_review, coalesce(json_extract(x.fact, '$.restricted'), 0) AS restricted, f.path FROM delivery d"
            " LEFT JOIN accession a ON a.id = d.id LEFT JOIN accession t ON t.id = d.duplicate_of"
            " LEFT JOIN description x ON x.accession_id = d.id LEFT JOIN filing f ON f.accession_id = d.id"
            " WHERE d.department = ? AND substr(d.received, 1, 10) = ? ORDER BY d.id"
        )
        return [_receipt(row) for row in self._rows(sql, department, day.isoformat())]

    def categories(self) -> dict[str, int]:
        """How many records each category has."""
        return {row["category"]: row["n"] for row in self._rows("SELECT category, count(*) AS n FROM description GROUP BY category ORDER BY category")}

    # --- ledger B ---

    def sheets(self, by: str, fiscal_year: int | None = None) -> list[JsonObject]:
        """A4 sheets by "department", "month", "fiscal_year" or "category": digitised, cleared, removed. Ledger B only; ledger A is never added to it."""
        column = {"department": "department", "month": "substr(day, 1, 7)", "fiscal_year": "fiscal_year", "category": "category"}[by]
        sql = (
            f"SELECT {column} AS key, sum(digitised) AS digitised, sum(cleared) AS cleared, sum(removed) AS removed FROM tally"  # noqa: S608 (a column of ours)
            " WHERE ?1 IS NULL OR fiscal_year = ?1 GROUP BY 1 ORDER BY 1"
        )
        return [{by: row["key"], **{k: row[k] for k in ("digitised", "cleared", "removed")}} for row in self._rows(sql, fiscal_year)]


def _receipt(row: Row) -> ReceiptRow:
    plain = {name: row[name] for name in ("name", "outcome", "number", "state", "pages", "title", "category", "category_name", "path", "reason")}
    return ReceiptRow(
        **plain,
        received=datetime.fromisoformat(row["received"]),
        needs_review=bool(row["needs_review"]),
        restricted=bool(row["restricted"]),
        params=json.loads(row["params"]),
    )


def _doubtful(row: Row) -> JsonObject:
    said = _described(from_text(Description, row["fact"]))
    return {"number": row["number"], "department": row["department"], "path": row["path"]} | {
        name: said[name] for name in ("title", "date", "category", "confidence", "suggestions", "flags")
    }


# --- the contract's record ---


def record_json(
    accession: Accession | None,
    description: Description | None,
    *,
    state: str | None = None,
    path: str | None = None,
    vault_path: str | None = None,
    filed: str | None = None,
    engine: str | None = None,
) -> JsonObject:
    """A record as design §10 spells it; unknown = None. accession None: a text that is only explained and not in custody."""
    return {
        "number": accession.number if accession else None,
        "id": accession.id if accession else None,
        "state": state,
        "department": accession.department if accession else None,
        **_described(description),
        "paper_status": None,  # of a record in custody: CatalogueReader
        "box": None,
        "original": {"name": masked(accession.name), **{name: getattr(accession, name) for name in ("sha256", "bytes", "media_type")}} if accession else None,
        "files": [as_json(file) for file in accession.files] if accession else [],
        "declared": dict(accession.declared) if accession else {},
        "path": path,
        "vault_path": vault_path,
        "received": accession.received.isoformat() if accession else None,
        "filed": filed,
        "engine": engine,
    }


def _described(description: Description | None) -> JsonObject:
    d = description
    retention = d.retention if d else None
    return {
        "category": d.category if d else None,
        "category_name": d.category_name if d else None,
        "confidence": d.confidence if d else None,
        "suggestions": [{"category": s.category, "confidence": round(s.confidence, 4)} for s in d.suggestions] if d else [],
        "needs_review": d.needs_review if d else None,
        "flags": list(d.flags) if d else [],
        "title": d.title if d else None,
        "kind": d.kind if d else None,
        "document_number": d.document_number if d else None,
        "date": _iso(d.date) if d else None,
        "fiscal_year": d.fiscal_year if d else None,
        "completed": _iso(d.completed) if d else None,
        "amount": d.amount if d else None,
        "sender": d.sender if d else None,
        "addressee": d.addressee if d else None,
        "retention": retention_json(retention),
        **{name: getattr(d, name) if d else None for name in ("pages", "blank_pages", "sides", "sheets", "a4_sheets")},
        "sizes": dict(d.sizes) if d else None,
        "restricted": d.restricted if d else None,
        "fields": [as_json(one) for one in d.fields] if d else [],
        "evidence": [_evidence(e) for e in d.evidence] if d else [],
    }


def retention_json(retention: Retention | None) -> JsonObject:
    """The contract's `retention`; null where open or unknown. period: whole years as a number, else "永年" or "常用". holds: the record's, added by who knows."""
    return {
        "period": _period(retention.period) if retention else None,
        "start": retention.start_rule if retention else None,
        "starts": _iso(retention.starts) if retention else None,
        "expires": _iso(retention.expires) if retention else None,
        "disposition": retention.disposition if retention else None,
        "holds": [],
    }


def _evidence(evidence: Any) -> JsonObject:
    return {name: getattr(evidence, name) for name in ("about", "rule", "quote", "weight", "page")}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _period(period: str | None) -> int | str | None:
    return int(period) if period is not None and period.isdigit() else period
