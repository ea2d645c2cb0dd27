"""What people do to cabinets: their wishes, checked and made into steps. One wish may be about many cabinets; all of it is done, or nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.campaign import cabinets
from scanpipe.core.campaign.cabinets import BadCabinet, Basis, Cabinet, Kind, Step
from scanpipe.core.retention import successor_of
from scanpipe.core.serial import as_json
from scanpipe.i18n import N_

Answer = Mapping[str, Any]

NO_CABINETS = N_("Name at least one cabinet.")
TWICE = N_("Cabinet {id} is named twice.")
OTHER_SECTION = N_(
    "Cabinet {id} belongs to section {owner}, not {section}. Write another label (--prefix puts the section's code before each), or move it: scanpipe cabinet move {id}"
)


def _today(wish: Wish, settings: Settings) -> date:
    return wish.at.astimezone(settings.timezone).date()


def _step(wish: Wish, settings: Settings, id: str, kind: Kind, **fields: Any) -> Step:
    day = date.fromisoformat(wish.wants["on"]) if wish.wants.get("on") else _today(wish, settings)
    return Step(id=wish.id, cabinet=id, kind=kind, by=wish.who, at=wish.at, day=day, reason=(wish.wants.get("reason") or "").strip(), **fields)


def enter(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{cabinets: [{id, department, place, tiers, width_m, fm}], only, on, correction, dry_run}: enters them or describes them anew; null = not said.

    only: "new" or "known" refuses the others; None takes both. Raises BadCabinet, NotFound.
    """
    wanted = [(cabinets.label(one["id"]), one) for one in wish.wants["cabinets"]]
    for id, often in Counter(id for id, _one in wanted).items():
        if often > 1:
            raise BadCabinet(TWICE, id=id)
    return _do(wish, catalogue, settings, [_setting(wish, catalogue, settings, id, one) for id, one in wanted])


def _setting(wish: Wish, catalogue: Catalogue, settings: Settings, id: str, said: Mapping[str, Any]) -> Step:
    known, only = catalogue.cabinet(id), wish.wants.get("only")
    again = catalogue.has_cabinet_step(id, wish.id)
    if only == "new" and known and not known.voided and not again:
        raise BadCabinet(cabinets.IS_THERE, id=id)
    if only == "known" and known is None:
        raise BadCabinet(cabinets.NO_CABINET, id=id)
    facts = {name: said.get(name) for name in ("place", "tiers", "width_m")}
    if known is None:
        fm, basis = cabinets.metres(said.get("fm"), facts["tiers"], facts["width_m"], settings.metrics.file_metres_per_cabinet)
        return _step(wish, settings, id, Kind.SET, department=_section(said["department"], wish, settings), fm=fm, basis=basis, **facts)
    if said.get("department") and not known.voided and not again:
        _check_owner(known, _section(said["department"], wish, settings), wish, settings)
    return _step(wish, settings, id, Kind.SET, **_new_metres(known, said, bool(wish.wants.get("correction"))), **facts)


def _new_metres(known: Cabinet, said: Mapping[str, Any], correction: bool) -> dict[str, Any]:
    """What a person measured stands until somebody measures again; what was computed follows tiers and width, which corrects a figure and removes nothing."""
    if said.get("fm") is not None:
        return {"fm": round(said["fm"], 3), "basis": Basis.MEASURED, "correction": correction}
    tiers, width = said.get("tiers") or known.tiers, said.get("width_m") or known.width_m
    if known.basis is Basis.MEASURED or known.emptied or tiers is None or width is None:
        return {}
    fm, basis = cabinets.metres(None, tiers, width, 0.0)
    return {} if (fm, basis) == (known.fm, known.basis) else {"fm": fm, "basis": basis, "correction": True}


def _section(code: str, wish: Wish, settings: Settings) -> str:
    """Who answers today for what this section has. Raises NotFound."""
    return successor_of(settings.departments, settings.department(code).code, _today(wish, settings))


def _check_owner(known: Cabinet, section: str, wish: Wish, settings: Settings) -> None:
    owner = successor_of(settings.departments, known.department, _today(wish, settings))
    if owner != section:
        raise BadCabinet(OTHER_SECTION, id=known.id, owner=owner, section=section)


def move(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{ids, department, place, on, dry_run}: to another place or section. Raises BadCabinet, NotFound."""
    to = wish.wants.get("department")
    return _do(
        wish, catalogue, settings, _steps(wish, settings, Kind.MOVED, department=_section(to, wish, settings) if to else None, place=wish.wants.get("place"))
    )


def empty(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{ids, on, dry_run}: no paper is in them any more. Raises BadCabinet."""
    return _do(wish, catalogue, settings, _steps(wish, settings, Kind.EMPTIED))


def sign_off(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{ids, on, dry_run}: another person has looked into them. Raises BadCabinet."""
    return _do(wish, catalogue, settings, _steps(wish, settings, Kind.SIGNED_OFF))


def void(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{ids, reason, dry_run}: they were entered by mistake. Raises BadCabinet."""
    return _do(wish, catalogue, settings, _steps(wish, settings, Kind.VOIDED))


def _steps(wish: Wish, settings: Settings, kind: Kind, **fields: Any) -> list[Step]:
    return [_step(wish, settings, id, kind, **fields) for id in dict.fromkeys(map(cabinets.label, wish.wants["ids"]))]


def _do(wish: Wish, catalogue: Catalogue, settings: Settings, steps: Iterable[Step]) -> Answer:
    """All steps are checked before the first is done. What changes nothing is left away, so that the same list can be taken in again."""
    asked = list(steps)
    if not asked:
        raise BadCabinet(NO_CABINETS)
    before = {step.cabinet: catalogue.cabinet(step.cabinet) for step in asked}
    new = [step for step in asked if not catalogue.has_cabinet_step(step.cabinet, wish.id)]
    for step in new:
        cabinets.check(before[step.cabinet], step, today=_today(wish, settings))
    doing = [step for step in new if cabinets.changes_anything(before[step.cabinet], step)]
    dry_run = bool(wish.wants.get("dry_run"))
    if not dry_run:
        catalogue.cabinets_stepped(doing)
    after = {step.cabinet: cabinets.after(before[step.cabinet], step) for step in doing} if dry_run else {}
    shown = [after.get(step.cabinet) or catalogue.cabinet(step.cabinet) for step in asked]
    counts = {"new": sum(before[step.cabinet] is None for step in doing), "changed": sum(before[step.cabinet] is not None for step in doing)}
    return {"cabinets": [as_json(one) for one in shown], **counts, "unchanged": len(asked) - len(doing), "dry_run": dry_run}
