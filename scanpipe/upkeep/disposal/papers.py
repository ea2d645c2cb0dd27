"""What people do to the paper originals: their wishes, checked and made into steps of boxes (domain §2.8). Nothing is destroyed here; what people did is recorded."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from scanpipe.catalogue.reader import NoRecord
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.disposing import papers
from scanpipe.core.disposing.paper_rules import Reason
from scanpipe.core.disposing.papers import CHECK_ITEMS, BadStep, Box, Kind, Step
from scanpipe.core.disposing.sampling import sample
from scanpipe.core.model import State
from scanpipe.core.retention import successor_of
from scanpipe.i18n import N_, _
from scanpipe.upkeep.disposal import boxes

Answer = Mapping[str, Any]

NOT_ON_PAPER = N_("{number} never was on paper, or is the record of a batch, whose parts have the paper. It goes into no box.")
OTHER_SECTION = N_("{number} belongs to section {section}, and box {box} to section {owner}. A box holds the paper of one section.")
IN_NO_BOX = N_("{number} lies in no box.")
NOT_IN_BOX = N_("{number} does not lie in box {box}.")
NO_NUMBERS = N_("Name the records by their numbers or by --query.")
STILL_READ = N_("{number} is still being filed. Compare the box with its paper when all of it is filed.")
NO_METHOD = N_("Say how it was destroyed: --method TEXT")
NO_PLACE = N_("Say where it went: --to TEXT")
KEPT = N_("Box {box} cannot go on:{reasons}")
MORE = N_("and {n} more; see `scanpipe paper-status show {box}`")
_MOST_TOLD = 10  # reasons in one refusal


def _today(wish: Wish, settings: Settings) -> date:
    return wish.at.astimezone(settings.timezone).date()


def _step(wish: Wish, settings: Settings, box: str, kind: Kind, **fields: Any) -> Step:
    said = {"day": _today(wish, settings), "reason": (wish.wants.get("reason") or "").strip(), **fields}
    return Step(id=wish.id, box=box, kind=kind, by=wish.who, at=wish.at, **said)


def _answer(wish: Wish, catalogue: Catalogue, settings: Settings, *numbers: str, **told: Any) -> Answer:
    """{boxes, dry_run} and what is `told` beside it."""
    bodies = [boxes.shown(catalogue.db, number, settings, _today(wish, settings)) for number in numbers]
    return {"boxes": bodies, "dry_run": _is_dry(wish), **told}


def _is_dry(wish: Wish) -> bool:
    return bool(wish.wants.get("dry_run"))


# --- what lies where ---


def put(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{box, numbers, dry_run}: their paper lies in this box; what lies in another is moved. A box that is not known begins here. Raises BadStep, NoRecord.

    The answer says `put`: numbers of those that did not lie in it, and `moved`: {number, box} of those that lay in another. A dry run of a new box has no body.
    """
    number = papers.box_number(wish.wants["box"])
    if catalogue.has_stepped(number, wish.id):
        return _answer(wish, catalogue, settings, number)
    inside = {one: _on_paper(one, catalogue) for one in dict.fromkeys(wish.wants["numbers"])}
    if not inside:
        raise BadStep(NO_NUMBERS)
    today, known = _today(wish, settings), catalogue.box(number)
    owner = successor_of(settings.departments, known.department if known else next(iter(inside.values()))[1], today)
    for one, (_id, section) in inside.items():
        if (its := successor_of(settings.departments, section, today)) != owner:
            raise BadStep(OTHER_SECTION, number=one, section=its, box=number, owner=owner)
    moving = {id: catalogue.box_of(id) for id, _section in inside.values()}
    records = tuple(sorted(id for id, box in moving.items() if box is None or box.number != number))
    outs = [_out(wish, settings, box, ids) for box, ids in _by_box({id: moving[id] for id in records})]
    step = _step(wish, settings, number, Kind.BOXED, department=owner, records=records)
    papers.check(known or Box(number=number, department=owner), step, today=today)
    for box, out in outs:
        papers.check(box, out, today=today)
    if not _is_dry(wish):
        for each in [*(out for _box, out in outs), *([step] if records else [])]:
            catalogue.stepped(each)
    names = {id: one for one, (id, _section) in inside.items()}
    moved = [{"number": names[id], "box": lay.number} for id in records if (lay := moving[id]) is not None]
    there = [number] if known is not None or not _is_dry(wish) else []
    return _answer(wish, catalogue, settings, *there, put=[names[id] for id in records], moved=moved)


def _on_paper(number: str, catalogue: Catalogue) -> tuple[str, str]:
    """(id, section) of a record that came on paper."""
    found = catalogue.by_number(number)
    if found is None:
        raise NoRecord(number=number)
    id = found[0].id
    if catalogue.db.conn.execute("SELECT 1 FROM on_paper WHERE accession_id = ?", [id]).fetchone() is None:
        raise BadStep(NOT_ON_PAPER, number=number)
    return id, found[0].department


def _by_box(lying: Mapping[str, Box | None]) -> list[tuple[Box, list[str]]]:
    """Each box with its records among these; those in no box are left away."""
    found: dict[str, tuple[Box, list[str]]] = {}
    for id, box in lying.items():
        if box is not None:
            found.setdefault(box.number, (box, []))[1].append(id)
    return list(found.values())


def _out(wish: Wish, settings: Settings, box: Box, ids: Iterable[str]) -> tuple[Box, Step]:
    return box, _step(wish, settings, box.number, Kind.UNBOXED, records=tuple(sorted(ids)))


def take_out(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{numbers, reason, dry_run}: their paper was taken out of its box and is kept. Raises BadStep, NoRecord."""
    numbers, today = list(dict.fromkeys(wish.wants["numbers"])), _today(wish, settings)
    known = {one: catalogue.by_number(one) for one in numbers}
    done = [row["box"] for row in catalogue.db.conn.execute("SELECT box FROM box_step WHERE id = ? ORDER BY box", [wish.id])]
    lying: dict[str, Box | None] = {}
    for number, found in known.items():
        if found is None:
            raise NoRecord(number=number)
        lying[found[0].id] = catalogue.box_of(found[0].id)
        if lying[found[0].id] is None and not done:
            raise BadStep(IN_NO_BOX, number=number)
    outs = [_out(wish, settings, box, ids) for box, ids in _by_box(lying)]
    for box, step in outs:
        papers.check(box, step, today=today)
    for _box, step in () if _is_dry(wish) else outs:
        catalogue.stepped(step)
    return _answer(wish, catalogue, settings, *(sorted({*done, *(box.number for box, _step in outs)})))


# --- the check ---


def draw(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{box, dry_run}: which records a second person compares with the paper. The same until the box changes or the check has a result. Raises BadStep, NotFound."""
    box = boxes.box_of(catalogue.db, papers.box_number(wish.wants["box"]))
    if catalogue.has_stepped(box.number, wish.id):
        return _answer(wish, catalogue, settings, box.number)
    rows = boxes.rows_of(catalogue.db, box.number)
    today = _today(wish, settings)
    step = _step(wish, settings, box.number, Kind.SAMPLED, sample=_sample(box, rows, settings))
    papers.check(box, step, hands=catalogue.hands(box.number), today=today)
    keeper = boxes.Keeper(catalogue.db, settings, today)
    for paper in (keeper.paper(row, box) for row in rows):
        if not paper.finished:
            raise BadStep(STILL_READ, number=paper.number)
    if not rows:
        raise BadStep(boxes.EMPTY, box=box.number)
    if not box.sampled_by and not _is_dry(wish):
        catalogue.stepped(step)
    numbers = {row["id"]: row["number"] for row in rows}
    return _answer(wish, catalogue, settings, box.number, sample=[numbers[id] for id in box.sample or step.sample])


def _sample(box: Box, rows: Iterable[Mapping[str, Any]], settings: Settings) -> tuple[str, ...]:
    """What was disposed of cannot be compared any more; what failed is compared again."""
    there = [row for row in rows if row["state"] != State.DISPOSED]
    whole = [row["id"] for row in there if row["failed"] is not None or _inspect(row["category"], settings) == "all"]
    return sample(box.number, box.attempts + 1, [row["id"] for row in there], whole)


def _inspect(category: str | None, settings: Settings) -> str:
    known = settings.schedule.categories.get(category or "")
    return (known.inspect if known else "") or settings.paper.inspect


def checked(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{box, failed, reason, dry_run}: the sample was compared; failed: numbers that were found wrong, none = all passed. Raises BadStep, NotFound."""
    box = boxes.box_of(catalogue.db, papers.box_number(wish.wants["box"]))
    if catalogue.has_stepped(box.number, wish.id):
        return _answer(wish, catalogue, settings, box.number)
    ids = {row["number"]: row["id"] for row in boxes.rows_of(catalogue.db, box.number)}
    wrong = wish.wants.get("failed") or []
    for number in wrong:
        if number not in ids:
            raise BadStep(NOT_IN_BOX, number=number, box=box.number)
    said = {"sample": box.sample, "items": tuple(CHECK_ITEMS), "records": tuple(sorted(ids.values()))}
    step = _step(wish, settings, box.number, Kind.FAILED if wrong else Kind.PASSED, failed=tuple(sorted({ids[one] for one in wrong})), **said)
    papers.check(box, step, hands=catalogue.hands(box.number), today=_today(wish, settings))
    if not _is_dry(wish):
        catalogue.stepped(step)
    return _answer(wish, catalogue, settings, box.number)


# --- from cleared to gone, and back ---


def clear(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{box, dry_run}: the paper may go. Raises BadStep with all that keeps it, NotFound."""
    return _go_on(wish, catalogue, settings, Kind.CLEARED)


def approve(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{box, dry_run}: another person agrees. Raises BadStep, NotFound."""
    return _go_on(wish, catalogue, settings, Kind.APPROVED)


def remove(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{box, how, on, method, place, reference, left_office, dry_run}: the paper was destroyed, transferred or given back. Raises BadStep, NotFound."""
    wants, kind = wish.wants, boxes.kinds()[wish.wants["how"]]
    if kind is Kind.DESTROYED and not (wants.get("method") or "").strip():
        raise BadStep(NO_METHOD)
    if kind is not Kind.DESTROYED and not (wants.get("place") or "").strip():
        raise BadStep(NO_PLACE)
    said: dict[str, Any] = {name: (wants.get(name) or "").strip() for name in ("method", "place", "reference")}
    said |= {"day": date.fromisoformat(wants["on"])} if wants.get("on") else {}
    return _go_on(wish, catalogue, settings, kind, left_office=bool(wants.get("left_office")), **said)


def _go_on(wish: Wish, catalogue: Catalogue, settings: Settings, kind: Kind, **said: Any) -> Answer:
    """Holds, categories and the rest are looked at again at each step: much may have happened since the last."""
    box = boxes.box_of(catalogue.db, papers.box_number(wish.wants["box"]))
    if catalogue.has_stepped(box.number, wish.id):
        return _answer(wish, catalogue, settings, box.number)
    today, rows = _today(wish, settings), boxes.rows_of(catalogue.db, box.number)
    step = _step(wish, settings, box.number, kind, records=tuple(row["id"] for row in rows), **said)
    papers.check(box, step, today=today)
    keeper = boxes.Keeper(catalogue.db, settings, today)
    kept = list(boxes.reasons(catalogue.db, box, [keeper.paper(row, box) for row in rows], keeper))
    if kept:
        raise BadStep(KEPT, box=box.number, reasons=_told(box, kept))
    if not _is_dry(wish):
        catalogue.stepped(step)
    return _answer(wish, catalogue, settings, box.number)


def _told(box: Box, kept: list[Reason]) -> str:
    says = [_(reason.template).format(**reason.params) for reason in kept[:_MOST_TOLD]]
    return "\n".join(["", *says, *([_(MORE).format(n=len(kept) - _MOST_TOLD, box=box.number)] if len(kept) > _MOST_TOLD else [])])


def back(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{box, reason}: the newest step was wrong; it is taken back while the paper is still there. Raises BadStep, NotFound."""
    box = boxes.box_of(catalogue.db, papers.box_number(wish.wants["box"]))
    if catalogue.has_stepped(box.number, wish.id):
        return _answer(wish, catalogue, settings, box.number)
    ids = tuple(row["id"] for row in boxes.rows_of(catalogue.db, box.number))
    step = _step(wish, settings, box.number, Kind.BACK, records=ids)
    papers.check(box, step, today=_today(wish, settings))
    catalogue.stepped(step)
    return _answer(wish, catalogue, settings, box.number)
