"""What boxes hold and what they wait for, as rows and bodies: read by the verbs, and by those who decide (upkeep/disposal/papers.py)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from scanpipe.catalogue.database import SQL, Row
from scanpipe.catalogue.holdings import holds_by_record, holds_on
from scanpipe.config import Settings
from scanpipe.core.disposing.holds import Hold, in_force
from scanpipe.core.disposing.paper_rules import Paper, Reason, earliest, free_from, kept_by
from scanpipe.core.disposing.papers import CHECK_ITEMS, Box, Kind, Status, Step
from scanpipe.core.model import State
from scanpipe.core.retention import Category, keeps_paper, successor_of
from scanpipe.core.serial import as_json, from_text
from scanpipe.errors import NotFound
from scanpipe.i18n import N_

JsonObject = dict[str, Any]

NO_BOX = N_("There is no box {box}. See `scanpipe paper-status list`.")
EMPTY = N_("Box {box} is empty. Put records into it: scanpipe paper-status box {box} NUMBER --by WHO")
LEFT_OUT = N_(
    "{number} of section {section} names box {box} on its cover and is not in it. Put it into the box where its paper lies: scanpipe paper-status box"
)
_NEXT = {Status.DIGITISED: "check", Status.VERIFIED: "clear", Status.CLEARED: "approve", Status.APPROVED: "destroy"}


def box_of(db: Database, number: str) -> Box:
    """Raises NotFound."""
    row = db.conn.execute(SQL["box"], {"number": number}).fetchone()
    if row is None:
        raise NotFound(NO_BOX, box=number)
    return from_text(Box, row["fact"])


def rows_of(db: Database, number: str) -> list[Row]:
    """The records whose paper lies in this box, in order of arrival."""
    return list(db.conn.execute(SQL["box_papers"], {"box": number}))


class Keeper:
    """What keeps the paper of records, by the schedule and the sections of today. known: all holds by record, where many records are looked at."""

    def __init__(self, db: Database, settings: Settings, today: date, known: Mapping[str, Sequence[Hold]] | None = None) -> None:
        self._db, self._settings, self.today, self._known = db, settings, today, known
        self._zone = settings.timezone
        self._owners: dict[str, str] = {}

    def owner(self, code: str) -> str:
        """The section that answers today for what is this section's."""
        if code not in self._owners:
            self._owners[code] = successor_of(self._settings.departments, code, self.today)
        return self._owners[code]

    def paper(self, row: Row, box: Box) -> Paper:
        """Of one of a box's records."""
        category = self._settings.schedule.categories.get(row["category"])
        disposed = row["state"] == State.DISPOSED
        return Paper(
            number=row["number"],
            section=self.owner(row["department"]),
            category=row["category"] or "-",
            finished=disposed or row["state"] == State.ACCOUNTED,
            disposed=disposed,
            withdrawn=disposed and not row["counted"],  # its sheets were taken back
            known=category is not None,
            needs_review=bool(row["needs_review"]),
            stays=category is not None and keeps_paper(category, row["title"]),
            failed=row["failed"],
            free=self._free(row, category, box),
            holds=tuple(holds_on(self._db, row["id"]) if self._known is None else self._known.get(row["id"], ())),
        )

    def restricted(self, row: Row) -> bool:
        """Whether its title is only for people with a grant; in facts of an earlier version the category alone says so."""
        category = self._settings.schedule.categories.get(row["category"])
        return bool(row["restricted"]) if row["restricted"] is not None else category is not None and category.restricted

    def _free(self, row: Row, category: Category | None, box: Box) -> date | None:
        verified = box.step(Status.VERIFIED)
        received = datetime.fromisoformat(row["received"]).astimezone(self._zone).date()
        keep = (category.paper_keep if category else "") or self._settings.paper.paper_keep
        return free_from(keep, category.paper_wait_days if category else 0, received, verified.day if verified else None)


def reasons(db: Database, box: Box, papers: Sequence[Paper], keeper: Keeper) -> Iterator[Reason]:
    """All that keeps this box from going today; nothing if it may."""
    if not papers:
        yield Reason(EMPTY, {"box": box.number})
    for paper in papers:
        yield from kept_by(paper, keeper.owner(box.department), keeper.today)
    for row in db.conn.execute(SQL["left_out_of"], {"box": box.number}):
        yield Reason(LEFT_OUT, {"number": row["number"], "section": row["department"], "box": box.number})


# --- bodies ---


def shown(db: Database, number: str, settings: Settings, today: date) -> JsonObject:
    """One box: its records, what it waits for, what was done to it. Raises NotFound. Reasons are templates with params, for who shows them to translate."""
    box, rows = box_of(db, number), rows_of(db, number)
    keeper = Keeper(db, settings, today)
    papers = [keeper.paper(row, box) for row in rows]
    numbers = {row["id"]: row["number"] for row in rows}
    (counted,) = db.conn.execute(SQL["boxes"], {"department": None, "number": number})
    waits = [] if box.is_final else [asdict(reason) for reason in reasons(db, box, papers, keeper)]
    return _summary(counted, box, papers, today) | {
        "contents": [_content(row, paper, keeper, db, in_sample=row["id"] in box.sample) for row, paper in zip(rows, papers, strict=True)],
        "reasons": waits,
        "left_out": [dict(row) for row in db.conn.execute(SQL["left_out_of"], {"box": number})],
        "sample": [numbers[id] for id in box.sample if id in numbers],
        "sampled_by": box.sampled_by or None,
        "items": CHECK_ITEMS if box.status is Status.DIGITISED else {},
        "next": _next(db, box),
        "steps": [_step(row, db) for row in db.conn.execute(SQL["box_steps"], {"box": number})],
    }


def _summary(counted: Row, box: Box, papers: Sequence[Paper], today: date) -> JsonObject:
    status = Status.REGISTERED if box.status is Status.DIGITISED and counted["unfiled"] else box.status
    day = earliest(papers, today) if papers and not box.is_final else None
    return {
        "box": box.number,
        "department": box.department,
        "status": status.value,
        "attempts": box.attempts,
        "done": [as_json(one) for one in box.done],
        **{name: counted[name] for name in ("records", "sheets", "a4_sheets")},
        "declared_sheets": counted["declared"],
        "declared_counted": counted["declared_counted"],
        "earliest": day.isoformat() if day else None,
    }


def _content(row: Row, paper: Paper, keeper: Keeper, db: Database, *, in_sample: bool) -> JsonObject:
    plain = ("number", "title", "category", "category_name", "pages", "blank_pages", "sheets", "a4_sheets", "failed", "path")
    dpi = db.conn.execute(SQL["lowest_dpi"], {"serial": row["serial"]}).fetchone()["dpi"] if in_sample else None
    return {name: row[name] for name in plain} | {
        "restricted": keeper.restricted(row),
        "declared_sheets": int(row["declared"]) if (row["declared"] or "").isascii() and (row["declared"] or "").isdecimal() else None,
        "needs_review": paper.needs_review,
        "paper_only": paper.stays,
        "held": any(in_force(hold, keeper.today) for hold in paper.holds),
        "free": paper.free.isoformat() if paper.free else None,
        "in_sample": in_sample,
        "lowest_dpi": dpi,
    }


def _next(db: Database, box: Box) -> JsonObject | None:
    """The step that comes next and who may not do it; None after the last."""
    if box.is_final:
        return None
    hands = sorted({row["by"] for row in db.conn.execute(SQL["box_members"], {"box": box.number}) if row["by"]})
    return {"step": _NEXT[box.status], "not_by": hands if box.status is Status.DIGITISED else [box.done[-1].by] if box.status is Status.CLEARED else []}


def _step(row: Row, db: Database) -> JsonObject:
    step = from_text(Step, row["fact"])
    body = {name: value for name, value in as_json(step).items() if value not in ("", [], False) and name not in ("box", "department")}
    for name in ("records", "sample", "failed"):
        if name in body:
            body[name] = _numbers(db, body[name])
    return body


def _numbers(db: Database, ids: Iterable[str]) -> list[str]:
    return [row["number"] for id in ids if (row := db.conn.execute(SQL["accession"], {"id": id}).fetchone())]


def listed(db: Database, settings: Settings, today: date, department: str | None = None, status: str | None = None) -> JsonObject:
    """{boxes, loose, left_out}: all boxes, of one section or status; records on paper in no box, by section; those that a box did not take.

    department: also those of sections that it took over from.
    """
    keeper = Keeper(db, settings, today, holds_by_record(db))

    def asked(code: str) -> bool:
        return department is None or department in (code, keeper.owner(code))

    boxes = []
    for row in list(db.conn.execute(SQL["boxes"], {"department": None, "number": None})):
        box = from_text(Box, row["fact"])
        if asked(box.department):
            papers = [] if box.is_final else [keeper.paper(one, box) for one in rows_of(db, box.number)]
            boxes.append(_summary(row, box, papers, today))
    loose = [dict(row) for row in db.conn.execute(SQL["loose_papers"]) if asked(row["department"])]
    left_out = [dict(row) for row in db.conn.execute(SQL["left_out"]) if asked(row["department"])]
    return {"boxes": [one for one in boxes if status in (None, one["status"])], "loose": loose, "left_out": left_out}


def kinds() -> Mapping[str, Kind]:
    """The steps that end the life of a box, by the verb's word."""
    return {"destroy": Kind.DESTROYED, "transfer": Kind.TRANSFERRED, "return": Kind.RETURNED}
