"""Lists of records to dispose of: what people wish about them, checked against the records as they are today. upkeep/disposal/destruction.py carries them out."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from scanpipe.catalogue.disposal_lists import NoDisposal, disposed
from scanpipe.catalogue.holdings import hold_json
from scanpipe.catalogue.reader import CatalogueReader, NoRecord
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.dates import fiscal_year
from scanpipe.core.disposing import disposals
from scanpipe.core.disposing.disposals import ACTIONS, DESTROY, EXPIRED, OPEN, WITHDRAWAL, Act, BadDisposal, Disposal, Entry
from scanpipe.core.disposing.holds import Hold, in_force
from scanpipe.core.disposing.obstacles import Obstacle, in_words
from scanpipe.core.model import State
from scanpipe.core.retention import successor_of
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, speaking
from scanpipe.upkeep.deciding import decisions, holds
from scanpipe.upkeep.disposal.disposals_shown import disposal_json

JsonObject = dict[str, Any]

NOT_FINISHED = N_("{number} is still on its way. Withdraw it when it is finished; see `scanpipe show {number}`.")
ON_A_LIST = N_("{number} is on the list {list} already.")
REPLACES_ITSELF = N_("{number} cannot take its own place.")
NOT_OVER = N_("The fiscal year {year} has not begun; no period can have ended in it.")


# --- wishes ---


def propose(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{fiscal_year, department, reason, dry_run}: a list of all records whose period has passed by the end of that fiscal year. Raises UsageError.

    fiscal_year: the one before today's without it; of the present one only what has passed already is listed. Those that only a hold keeps are told apart.
    """
    wants, today = wish.wants, _today(wish, settings)
    if (known := _known(wish, catalogue)) is not None:
        return _answer(known, settings, catalogue)
    year = fiscal_year(today) - 1 if wants.get("fiscal_year") is None else int(wants["fiscal_year"])
    if year > fiscal_year(today):
        raise BadDisposal(NOT_OVER, year=year)
    last = min(date(year + 1, 3, 31), today - timedelta(days=1))
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        found = holds.due(reader, settings, last + timedelta(days=1), today, wants.get("department"))
    finally:
        reader.close()
    listed = catalogue.on_open_lists()
    relations = Relations.of(catalogue)
    entries = {
        one["number"]: Entry(number=one["number"], department=one["department"], action=ACTIONS.get(one["retention"]["disposition"]))
        for one in found["due"]
        if one["number"] not in listed and one["number"] not in relations.heirs
    }
    kept = _kept_along(entries, catalogue, today)
    entries = {number: one for number, one in entries.items() if number not in kept}
    entries |= _with_batches(entries, relations, listed, settings, today)
    if not entries:
        raise BadDisposal(disposals.NOTHING_DUE)
    with speaking(settings.site.language):
        reason = disposals.checked_text(wants.get("reason")) or disposals.ended(last)
    made = _made(wish, catalogue, today, kind=EXPIRED, last=last, entries=entries.values(), reason=reason)
    if not wants.get("dry_run"):
        catalogue.proposed(made)
    held = [one for one in found["blocked"] if one["number"] not in listed]
    held += [_held_along(one, kept[one["number"]]) for one in found["due"] if one["number"] in kept]
    return _answer(made, settings, catalogue, dry_run=bool(wants.get("dry_run")), held=held)


def withdraw(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{numbers, reason, replaced_by, dry_run}: wrong scans are taken out, whatever their period; another person must approve. Raises UsageError, NoRecord.

    A batch takes its parts with it; any part of a batch takes the batch with it, and leaves the other parts.
    """
    wants, today = wish.wants, _today(wish, settings)
    if (known := _known(wish, catalogue)) is not None:
        return _answer(known, settings, catalogue)
    reason = disposals.checked_text(wants.get("reason"), needed=disposals.NO_REASON)
    relations, listed = Relations.of(catalogue), catalogue.on_open_lists()
    numbers = relations.with_heirs(wants["numbers"])
    entries = {number: _withdrawn(number, relations, listed, catalogue, settings, today) for number in numbers}
    entries |= _with_batches(entries, relations, listed, settings, today, only_theirs=True)
    replaced_by = wants.get("replaced_by")
    if replaced_by is not None:
        _check_replacement(replaced_by, entries, catalogue)
    made = _made(wish, catalogue, today, kind=WITHDRAWAL, last=today, entries=entries.values(), reason=reason, replaced_by=replaced_by)
    if in_the_way := obstacles(made, catalogue, today):
        raise BadDisposal(in_the_way[0].template, **in_the_way[0].params)
    if not wants.get("dry_run"):
        catalogue.proposed(made)
    return _answer(made, settings, catalogue, dry_run=bool(wants.get("dry_run")))


def answer(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{list, department, agree, extend, numbers, reason, dry_run}: a section agrees to its part, or keeps records until the day `extend`. Raises UsageError."""
    wants, found = wish.wants, catalogue.disposal(wish.wants["list"])
    department, numbers = wants["department"], list(wants.get("numbers") or ())
    act = _act(wish)
    if wants.get("extend"):
        return _extend(found, department, numbers, act, wish, catalogue, settings)
    after = disposals.agreed(found, department, act)
    if wants.get("dry_run"):
        return _answer(after, settings, catalogue, dry_run=True)
    if after != found:
        catalogue.agreed(found, department, act)
    return _answer(catalogue.disposal(found.id), settings, catalogue)


def _extend(found: Disposal, department: str, numbers: list[str], act: Act, wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """The correction first: a record that is kept longer is off the list, also where the power fails between the two (it is then not expired)."""
    on_list = [number for number in numbers if any(one.number == number for one in found.entries)]
    again = _again(found, numbers, wish, catalogue)
    disposals.of_section(found, department, on_list if again else numbers)
    if not again:
        _check_longer(numbers, date.fromisoformat(wish.wants["extend"]), _today(wish, settings), catalogue)
    changes = {"extended": wish.wants["extend"]}
    dry_run = bool(wish.wants.get("dry_run"))
    wants = {"numbers": numbers, "changes": changes, "reason": act.text, "dry_run": dry_run}
    decisions.correct(Wish(id=wish.id, at=wish.at, who=wish.who, verb="correct", wants=wants), catalogue, settings)
    return _changed(found, disposals.left_out(found, on_list), act, catalogue, settings, dry_run=dry_run)


def _check_longer(numbers: Iterable[str], until: date, today: date, catalogue: Catalogue) -> None:
    """Raises BadDisposal unless the day lies after today and after the end of each record's period."""
    for number in numbers:
        if (known := catalogue.by_number(number)) is None:
            raise NoRecord(number=number)
        expires = catalogue.description(known[0].id).retention.expires
        last = max(today, expires or today)
        if until <= last:
            raise BadDisposal(disposals.NOT_LONGER, number=number, value=until.isoformat(), last=last.isoformat())


def _again(found: Disposal, numbers: Iterable[str], wish: Wish, catalogue: Catalogue) -> bool:
    """Whether this wish was carried out before: what it takes off the list was extended at its moment."""
    return all((known := catalogue.by_number(number)) and any(one.at == wish.at for one in catalogue.corrections(known[0].id)) for number in numbers)


def select(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{list, numbers, action, reason, dry_run}: transfer to the archives or destroy (選別). Raises UsageError."""
    found = catalogue.disposal(wish.wants["list"])
    after = disposals.selected(found, wish.wants["numbers"], wish.wants["action"])
    return _changed(found, after, _act(wish), catalogue, settings, dry_run=bool(wish.wants.get("dry_run")))


def leave_out(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{list, numbers, reason, dry_run}: these are taken off the list; once it began, only what was kept back. Raises UsageError."""
    found, numbers = catalogue.disposal(wish.wants["list"]), wish.wants["numbers"]
    act = Act(by=disposals.checked_name(wish.who), at=wish.at, text=disposals.checked_text(wish.wants.get("reason"), needed=disposals.NO_REASON))
    on_list = [one.number for one in found.entries if one.number in numbers]
    if not on_list and catalogue.disposal_acted(found, act):  # the answer was lost, not the deed
        return _answer(found, settings, catalogue)
    return _changed(found, disposals.left_out(found, numbers), act, catalogue, settings, dry_run=bool(wish.wants.get("dry_run")))


def approve(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{list, dry_run}: another person approves the list as it is. Raises UsageError with what is missing."""
    found, act = catalogue.disposal(wish.wants["list"]), _act(wish)
    lost = act in found.approvals  # the answer was, not the approval
    after = found if lost else disposals.approved(found, act, obstacles(found, catalogue, _today(wish, settings)))
    if wish.wants.get("dry_run"):
        return _answer(after, settings, catalogue, dry_run=True)
    if after != found:
        catalogue.approved(found, act)
    return _answer(catalogue.disposal(found.id), settings, catalogue)


def cancel(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{list, reason}: given up before it began. Raises UsageError."""
    found = catalogue.disposal(wish.wants["list"])
    act = Act(by=disposals.checked_name(wish.who), at=wish.at, text=disposals.checked_text(wish.wants.get("reason"), needed=disposals.NO_REASON))
    if found.cancelled != act:
        disposals.cancelled(found, act)
        catalogue.cancelled(found, act)
    return _answer(catalogue.disposal(found.id), settings, catalogue)


def carry_out(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{list, dry_run}: begins; of a list that began, tries again what was kept back. Raises UsageError."""
    found, act = catalogue.disposal(wish.wants["list"]), _act(wish)
    after = disposals.begun(found, act)
    if wish.wants.get("dry_run"):
        kept = obstacles(after, catalogue, _today(wish, settings))
        return _answer(found, settings, catalogue, dry_run=True, kept=kept)
    if after != found:
        catalogue.begun(found, act)
    return _answer(catalogue.disposal(found.id), settings, catalogue)


def hand_over(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{list, reference, dry_run}: the archives confirmed that they have what is in the bag. Raises UsageError."""
    found = catalogue.disposal(wish.wants["list"])
    act = Act(by=disposals.checked_name(wish.who), at=wish.at, text=disposals.checked_text(wish.wants.get("reference"), needed=disposals.NO_REFERENCE))
    if found.handed_over != act:
        after = disposals.handed_over(found, act)
        if wish.wants.get("dry_run"):
            return _answer(after, settings, catalogue, dry_run=True)
        catalogue.handed_over(found, act)
    return _answer(catalogue.disposal(found.id), settings, catalogue)


# --- how records stand ---


def obstacles(disposal: Disposal, catalogue: Catalogue, today: date) -> list[Obstacle]:
    """What stands in the way of the entries that are still there, in the order of the list."""
    found = []
    for entry in disposal.entries:
        known = catalogue.by_number(entry.number)
        if known is not None and entry.state == OPEN:
            found.append(disposals.obstacle(entry, disposal, catalogue.condition(known[0].id, entry.number, disposal), today))
    return [one for one in found if one is not None]


def refuse_disposed(number: str, catalogue: Catalogue) -> None:
    """Raises UsageError for a record of which only the tombstone is left."""
    found = catalogue.by_number(number)
    if found is None or found[1] != State.DISPOSED:
        return
    told = disposed(catalogue.db, found[0].id) or {"list": "-", "at": ""}
    raise UsageError(disposals.IS_DISPOSED, number=number, list=told["list"], day=told["at"][:10])


@dataclass(frozen=True, slots=True)
class Relations:
    """Which records only prove what was delivered (batches, what was split or merged). heirs: by their number those that hold their pages, at least one;
    left: those of them that are still there; departments: of all that are there."""

    heirs: Mapping[str, tuple[str, ...]]
    left: Mapping[str, tuple[str, ...]]
    departments: Mapping[str, str]

    @classmethod
    def of(cls, catalogue: Catalogue) -> "Relations":
        parts, proofs = catalogue.parts_of_batches(), catalogue.proofs()
        heirs = {row["number"]: catalogue.heirs(row["number"]) if row["decided"] else parts.get(row["number"], ()) for row in proofs}
        heirs = {number: several for number, several in heirs.items() if several}
        there = catalogue.there([number for several in heirs.values() for number in several])
        left = {number: tuple(one for one in several if one in there) for number, several in heirs.items()}
        return cls(heirs, left, there | {row["number"]: row["department"] for row in proofs})

    def with_heirs(self, numbers: Iterable[str]) -> list[str]:
        """The numbers, each once, and those that hold the pages of these."""
        found: dict[str, None] = {}
        waiting = list(numbers)
        while waiting:
            number = waiting.pop(0)
            if number not in found:
                found[number] = None
                waiting += self.left.get(number, ())
        return list(found)


def _with_batches(
    entries: Mapping[str, Entry], relations: Relations, listed: Collection[str], settings: Settings, today: date, *, only_theirs: bool = False
) -> dict[str, Entry]:
    """Records that only prove how pages on this list were delivered: each goes with the first of its heirs, so that no copy stays; it can be on several lists.

    only_theirs: without those of whose heirs one was disposed of before and none is on this list.
    """
    found: dict[str, Entry] = {}
    while more := [
        number
        for number, heirs in relations.left.items()
        if number not in entries
        and number not in found
        and (any(one in entries or one in found for one in heirs) or (not only_theirs and number not in listed and len(heirs) < len(relations.heirs[number])))
    ]:
        for number in more:
            department = successor_of(settings.departments, relations.departments[number], today)
            found[number] = Entry(number=number, department=department, action=DESTROY, heirs=relations.heirs[number])
    return found


def _kept_along(numbers: Iterable[str], catalogue: Catalogue, today: date) -> dict[str, list[Hold]]:
    """Records that are kept since others, delivered in the same scan, are held; with these holds."""
    found = {number: [one for one in catalogue.batch_holds(number) if in_force(one, today)] for number in numbers}
    return {number: several for number, several in found.items() if several}


def _held_along(row: Mapping[str, Any], several: Iterable[Hold]) -> JsonObject:
    kept = row["retention"]
    return {**row, "retention": kept | {"holds": [*kept["holds"], *map(hold_json, several)]}}


def _withdrawn(number: str, relations: Relations, listed: Mapping[str, str], catalogue: Catalogue, settings: Settings, today: date) -> Entry:
    known = catalogue.by_number(number)
    if known is None:
        raise NoRecord(number=number)
    refuse_disposed(number, catalogue)
    accession, state = known
    if state != State.ACCOUNTED:
        raise UsageError(NOT_FINISHED, number=number)
    if number in listed:
        raise UsageError(ON_A_LIST, number=number, list=listed[number])
    department = successor_of(settings.departments, accession.department, today)
    return Entry(number=number, department=department, action=DESTROY, heirs=relations.heirs.get(number, ()))


def _check_replacement(number: str, entries: Mapping[str, Entry], catalogue: Catalogue) -> None:
    if number in entries:
        raise UsageError(REPLACES_ITSELF, number=number)
    if catalogue.by_number(number) is None:
        raise NoRecord(number=number)
    refuse_disposed(number, catalogue)


# --- answers ---


def _today(wish: Wish, settings: Settings) -> date:
    return wish.at.astimezone(settings.timezone).date()


def _act(wish: Wish) -> Act:
    return Act(by=disposals.checked_name(wish.who), at=wish.at, text=disposals.checked_text(wish.wants.get("reason")))


def _known(wish: Wish, catalogue: Catalogue) -> Disposal | None:
    """The list that this wish made before its answer was lost."""
    with suppress(NoDisposal):
        return catalogue.disposal(wish.id)
    return None


def _made(
    wish: Wish, catalogue: Catalogue, today: date, *, kind: str, last: date, entries: Iterable[Entry], reason: str, replaced_by: str | None = None
) -> Disposal:
    year = fiscal_year(today)
    return Disposal(
        id=wish.id,
        number=catalogue.next_list_number(year),
        fiscal_year=year,
        kind=kind,
        by=disposals.checked_name(wish.who),
        at=wish.at,
        reason=reason,
        last=last,
        replaced_by=replaced_by,
        entries=disposals.with_batches(entries),
    )


def _changed(before: Disposal, after: Disposal, act: Act, catalogue: Catalogue, settings: Settings, *, dry_run: bool = False) -> Mapping[str, Any]:
    if dry_run:
        return _answer(after, settings, catalogue, dry_run=True)
    if after.entries != before.entries:
        catalogue.entries_changed(before, after, act)
    return _answer(catalogue.disposal(before.id), settings, catalogue)


def _answer(
    disposal: Disposal, settings: Settings, catalogue: Catalogue, *, dry_run: bool = False, held: Iterable[JsonObject] = (), kept: Iterable[Obstacle] = ()
) -> Mapping[str, Any]:
    """{disposal, held, dry_run}: the list as `dispose show --json` has it; held: records that only a hold keeps off it."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        body = disposal_json(disposal, reader, settings)
    finally:
        reader.close()
    return {
        "disposal": body,
        "held": list(held),
        "kept": [{"number": one.params["number"], "reason": in_words(one)} for one in kept],
        "dry_run": dry_run,
    }
