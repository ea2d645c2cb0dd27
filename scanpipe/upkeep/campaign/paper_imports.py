"""What people bring into ledger A: files of purchases and counters, single figures, notes on months. An import never refuses for want of a factor."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from scanpipe.catalogue import paper_rows
from scanpipe.catalogue.paper_ledger import Brought
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.campaign.devices import Device
from scanpipe.core.campaign.paper_counts import BAD_QUANTITY, WHOLE, BadRow, PaperRow, Source, Terms, check, first_day, sheets_of
from scanpipe.core.serial import as_json, from_json
from scanpipe.errors import NotFound
from scanpipe.i18n import N_
from scanpipe.upkeep.campaign.ledger_a import terms_of

Answer = Mapping[str, Any]
Key = tuple[str, str, str, str]
NO_SUCH_FIGURE: Final = N_("There is no figure of {source} for {section} in {month} to correct. See `scanpipe paper list --from {month} --to {month}`.")
NO_REASON: Final = N_("Say why: --reason TEXT")


def plan(db: Any, rows: Sequence[PaperRow], sha256: str | None) -> dict[str, Any]:
    """What bringing these rows would change: {rows: those to bring, new, same, changed: [{before, after}], doubts: [{about, month, department, source}]}.

    What this very file brought before is not brought again, even where a person has corrected it since. doubts: what a person has to look at before it
    counts; about: "devices" where figures of devices and one of none would count beside each other, "sizes" where paper of another size takes the place.
    """
    holding, brought = paper_rows.earlier(db, list(rows), sha256)
    fresh: list[PaperRow] = []
    counts = {"new": 0, "same": 0}
    changed: list[dict[str, Any]] = []
    for key, after in _by_key(rows).items():
        before = holding.get(key, [])
        if _figures(before) == _figures(after) or set(after) <= brought:
            counts["same"] += len(after)
            continue
        fresh += after
        if before:
            changed.append({"before": [as_json(row) for row in before], "after": [as_json(row) for row in after]})
        else:
            counts["new"] += len(after)
    return {"rows": fresh, "changed": changed, "doubts": _doubts(holding, fresh), **counts}


def _doubts(holding: Mapping[Key, Sequence[PaperRow]], fresh: Sequence[PaperRow]) -> list[dict[str, Any]]:
    coming = _by_key(fresh)
    names: dict[Key, set[str]] = {}
    for key in [*holding, *coming]:
        names.setdefault((*key[:-1], ""), set()).add(key[-1])
    beside = [key for key in coming if "" in names[*key[:-1], ""] and len(names[*key[:-1], ""]) > 1]
    others = [key for key, rows in coming.items() if key in holding and not {row.size for row in holding[key]} & {row.size for row in rows}]
    found = [("devices", key[:-1]) for key in beside] + [("sizes", key[:-1]) for key in others]
    return [{"about": about, "month": month, "department": section, "source": source} for about, (month, section, source) in dict.fromkeys(found)]


def _by_key(rows: Iterable[PaperRow]) -> dict[Key, list[PaperRow]]:
    found: dict[Key, list[PaperRow]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(row)
    return found


def _figures(rows: Iterable[PaperRow]) -> list[tuple[Any, ...]]:
    """What counts of rows, wherever they stood in their files."""
    return sorted((row.unit.value, row.quantity, row.size, -1.0 if row.duplex is None else row.duplex, row.note) for row in rows)


# --- wishes ---


def bring(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{name, sha256, rows, reason}: rows that were read from a file, or estimated. Raises BadRow, NotFound for a section that is not known."""
    rows = [from_json(PaperRow, row) for row in wish.wants["rows"]]
    for row in rows:
        check(row)
        if row.department != WHOLE:
            settings.department(row.department)
    done = catalogue.has_brought(wish.id)
    change = plan(catalogue.db, rows, wish.wants["sha256"])
    if not done:
        brought = Brought(id=wish.id, by=wish.who, name=wish.wants["name"], sha256=wish.wants["sha256"], reason=wish.wants.get("reason") or "")
        catalogue.paper_brought(brought, change["rows"], terms_of(settings))
    return {**change, "rows": [as_json(row) for row in change["rows"]]}


def correct(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{row, reason}: another figure in place of the one that holds, which stays in the history. Raises BadRow, NotFound."""
    row = from_json(PaperRow, wish.wants["row"])
    reason = (wish.wants.get("reason") or "").strip()
    check(row)
    if not reason:
        raise BadRow(NO_REASON)
    if not catalogue.has_brought(wish.id):
        holding, _brought = paper_rows.earlier(catalogue.db, [row], None)
        if row.key not in holding:
            raise NotFound(NO_SUCH_FIGURE, source=row.source.value, section=row.department, month=row.month)
        catalogue.paper_brought(Brought(id=wish.id, by=wish.who, reason=reason), [row], terms_of(settings))
    return {"row": as_json(row)}


def note(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{month, department or None, text, sheets or None}: why this month is out of the ordinary; an empty text takes it back. Raises BadRow, NotFound."""
    said = {name: wish.wants.get(name) for name in ("month", "department", "sheets")}
    first_day(str(said["month"]))
    if said["department"] is not None and said["department"] != WHOLE:
        settings.department(str(said["department"]))
    if said["sheets"] is not None and not 0 <= float(said["sheets"]) < 1e12:
        raise BadRow(BAD_QUANTITY, quantity=said["sheets"])
    text = (wish.wants.get("text") or "").strip()
    catalogue.month_noted(wish.id, wish.who, {**said, "text": text})
    return {**said, "text": text}


# --- reading ---


def listed(db: Any, settings: Settings, department: str | None, first: str | None, last: str | None, *, superseded: bool) -> list[dict[str, Any]]:
    """Rows as `scanpipe paper list` shows them. counts: whether this source is the one that counts for its section and month."""
    terms, names = terms_of(settings), {one.code: one.name for one in settings.departments}
    rows = list(paper_rows.listed(db, department, first, last, superseded=superseded))
    best: dict[tuple[str, str], Source] = {}
    for row in rows:
        if row["superseded_by"] is None:
            place, source = (row["month"], row["department"]), Source(row["source"])
            best[place] = min(best.get(place, source), source, key=list(Source).index)
    devices = paper_rows.devices(db)
    return [_listed(row, terms, names, devices, best.get((row["month"], row["department"]))) for row in rows]


def _listed(row: Mapping[str, Any], terms: Terms, names: Mapping[str, str], devices: Mapping[str, Device], best: Source | None) -> dict[str, Any]:
    fact = paper_rows.row_of(row)
    sheets = sheets_of(fact, terms, devices.get(fact.device))
    holds = row["superseded_by"] is None
    return {
        **as_json(fact),
        "department_name": names.get(fact.department),
        "sheets": round(sheets.count, 2),
        "provisional": list(terms.unconfirmed(sheets.made_from)),
        "counts": holds and best is fact.source,
        **{name: row[name] for name in ("import_id", "file", "at", "by", "reason", "superseded_by")},
    }
