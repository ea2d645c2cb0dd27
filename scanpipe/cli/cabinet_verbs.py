"""`scanpipe cabinet …`: the register of cabinets, the way to zero, and the certificate."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from scanpipe import named, storage
from scanpipe.catalogue.cabinets import known, photos, registered
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.cli import arguments, asking, shown
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.campaign.cabinets import NO_CABINET, Basis, label
from scanpipe.core.campaign.campaigns import OFFICE
from scanpipe.core.campaign.photos import Photo, Shows
from scanpipe.core.serial import as_json as as_plain
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_, _, speaking
from scanpipe.upkeep.campaign import cabinet_files, cabinets_shown
from scanpipe.upkeep.campaign import photos as handed

_BASIS = {Basis.MEASURED: N_("measured"), Basis.COMPUTED: N_("computed"), Basis.ASSUMED: N_("assumed")}


def _today(settings: Settings) -> date:
    return datetime.now(settings.timezone).date()


# --- reading ---


def list_(options: argparse.Namespace) -> int:
    """The register with what is left, until when, and what ledger B suggests."""
    settings = settings_of(options)
    section = settings.department(options.department).code if options.department else None
    with reading(settings) as reader:
        body = cabinets_shown.listed(reader.db, settings, _today(settings), section)
        body["curve"] = cabinets_shown.Shelves(reader.db, settings, _today(settings)).curve(section or OFFICE) if options.burndown else None
    return shown.as_json(body) if options.json else _list(body, settings, burndown=options.burndown)


def _list(body: Mapping[str, Any], settings: Settings, *, burndown: bool) -> int:
    if not body["cabinets"]:
        shown.say(_("No cabinets are in the register. Enter a whole floor at once: scanpipe cabinet import FILE --by WHO"))
        return os.EX_OK
    headings = [_("Cabinet"), _("Section"), _("Place"), _("Tiers"), _("Width (m)"), _("Metres"), _("Found by"), _("State")]
    shown.table(headings, [_row(one, settings) for one in body["cabinets"]], numbers=(3, 4, 5))
    shown.say("")
    ways = [(shown.section_name(settings, code), way) for code, way in body["departments"].items()]
    ways += [(_("Total"), body["city"])] if len(ways) > 1 else []
    headings = [
        _("Section"),
        _("Cabinets"),
        _("Emptied"),
        _("Signed off"),
        _("Metres at the start"),
        _("Metres now"),
        _("Metres a week"),
        _("Empty on"),
        _("Target"),
    ]
    shown.table(headings, [_way(name, way) for name, way in ways], numbers=(1, 2, 3, 4, 5, 6))
    for code, way in body["departments"].items():
        if way["suggestion"]:
            shown.say(f"! {shown.section_name(settings, code)}: {cabinets_shown.suggestion(way['suggestion'])}")
    if burndown:
        _curve(body["curve"])
    return os.EX_OK


def _row(one: Mapping[str, Any], settings: Settings) -> tuple[object, ...]:
    metres = f"{one['fm']:.2f}{cabinets_shown.mark(one['provisional'])}"
    width = "-" if one["width_m"] is None else f"{one['width_m']:g}"
    basis = _BASIS[one["basis"]]
    return (
        one["id"],
        shown.section_name(settings, one["department"]),
        one["place"] or "-",
        one["tiers"] or "-",
        width,
        metres,
        _(basis),
        _state(one),
    )


def _state(one: Mapping[str, Any]) -> str:
    if one["signed_off"]:
        return _("signed off on {day} by {by}").format(**one["signed_off"])
    if one["emptied"]:
        return _("emptied on {day} by {by}").format(**one["emptied"])
    return _("in use")


def _way(name: str, way: Mapping[str, Any]) -> tuple[object, ...]:
    forecast, target = way["forecast"], way["target"]
    reason = forecast["reason"] or "-"
    when = _("zero") if way["zero"] else forecast["day"] or _(reason)
    pace = "-" if forecast["metres_a_week"] is None else f"{forecast['metres_a_week']:.2f}"
    goal = _("{fm:g} m by {day}").format(fm=target["fm"], day=target["day"]) if target else "-"
    return (name, way["cabinets"], way["emptied"], way["signed_off"], f"{way['fm_start']:.2f}", f"{way['fm_now']:.2f}", pace, when, goal)


def _curve(rows: list[Mapping[str, Any]]) -> None:
    shown.say("")
    body = [(one["day"], f"{one['fm']:.2f}", f"{one['left']:.2f}", "-" if one["planned"] is None else f"{one['planned']:.2f}") for one in rows]
    shown.table([_("Day"), _("Metres recorded"), _("Left in today's cabinets"), _("Planned")], body, numbers=(1, 2, 3))


def certificate(options: argparse.Namespace) -> int:
    """The sheet for a section at zero, to print and hang up."""
    from scanpipe.upkeep.campaign import zero_certificate

    settings = settings_of(options)
    code = settings.department(options.department).code if options.department else OFFICE
    with reading(settings) as reader:
        zero = zero_certificate.zero_of(cabinets_shown.Shelves(reader.db, settings, _today(settings)), code)
    out = options.out or Path(f"cabinet-zero-{code or 'all'}.pdf")
    data = zero_certificate.certificate(zero, settings, presented_by=options.presented_by or "", department=zero_certificate.name_of(code, settings))
    with storage.place(out):
        out.write_bytes(data)
    if options.json:
        return shown.as_json({"department": code or None, "file": str(out), "cabinets": zero.cabinets, "fm": zero.fm, "reached": zero.reached.isoformat()})
    shown.say(_("Print {path} and hang it up. Congratulations!").format(path=out))
    return os.EX_OK


# --- asking ---


def add(options: argparse.Namespace) -> int:
    """One new cabinet; without a label it gets the section's next one."""
    settings = settings_of(options)
    section = settings.department(options.department).code
    name = options.id or cabinet_files.next_label(section, _labels(settings))
    return _enter(options, settings, [{"id": name, "department": section, **_facts(options)}], only="new")


def _labels(settings: Settings) -> list[str]:
    reader = CatalogueReader(settings.layout.catalogue_db) if settings.layout.catalogue_db.exists() else None
    if reader is None:
        return []
    try:
        return [row["id"] for row in reader.db.conn.execute("SELECT id FROM cabinet")]
    finally:
        reader.close()


def _facts(options: argparse.Namespace) -> dict[str, Any]:
    return {"place": options.place, "tiers": options.tiers, "width_m": options.width, "fm": options.fm}


def set_(options: argparse.Namespace) -> int:
    """What is known of a cabinet, and how much is in it now."""
    settings = settings_of(options)
    if all(value is None for value in _facts(options).values()):
        raise UsageError(N_("Say what to change: --fm, --tiers, --width or --place"))
    return _enter(options, settings, [{"id": options.id, **_facts(options)}], only="known", correction=options.correction)


def _enter(options: argparse.Namespace, settings: Settings, wanted: list[dict[str, Any]], *, only: str | None, correction: bool = False) -> int:
    wants: dict[str, Any] = {"cabinets": wanted, "only": only, "correction": correction, "dry_run": options.dry_run, **_said(options)}
    return _told(asking.ask(settings, "cabinet_set", options.by, **wants), settings, options.json)


def _said(options: argparse.Namespace) -> dict[str, Any]:
    return {"on": options.on.isoformat() if options.on else None, "reason": options.reason or ""}


def step(options: argparse.Namespace) -> int:
    """move, empty, sign-off, void."""
    settings = settings_of(options)
    wants: dict[str, Any] = {"ids": [label(one) for one in options.ids], "dry_run": options.dry_run, **_said(options)}
    if options.what == "move":
        wants |= {"department": options.department, "place": options.place}
    return _told(asking.ask(settings, f"cabinet_{options.what.replace('-', '_')}", options.by, **wants), settings, options.json)


def import_(options: argparse.Namespace) -> int:
    """A whole floor at once, from a list; or the empty list to fill in."""
    settings = settings_of(options)
    if options.template:
        with storage.place(options.template), speaking(settings.site.language):
            options.template.write_bytes(cabinet_files.template(settings))
        if options.json:
            return shown.as_json({"file": str(options.template)})
        shown.say(_("Fill in {path} in Excel, then: scanpipe cabinet import {path} --by WHO").format(path=options.template))
        return os.EX_OK
    if options.file is None or not options.by:
        raise UsageError(N_("Name the list and yourself: scanpipe cabinet import FILE --by WHO; or ask for an empty one: --template FILE.csv"))
    known = _known(settings)
    found = cabinet_files.entries_of(options.file, known, settings, _today(settings), prefix=options.prefix)
    wants: dict[str, Any] = {"cabinets": [asdict(one) for one in found.entries], "only": None, "correction": options.correction, "dry_run": options.dry_run}
    answer = asking.ask(settings, "cabinet_set", options.by, **wants, **_said(options))
    return _told({**answer, "remarks": list(found.remarks)}, settings, options.json)


def photo(options: argparse.Namespace) -> int:
    """Photos of a cabinet, added; without files those that it has."""
    settings = settings_of(options)
    id = label(options.id)
    if not options.files:
        return _photos(settings, id, options.json)
    if not options.by:
        raise UsageError(N_("Say who you are: --by NAME"))
    sent = [handed.hand_over(settings.layout, handed.read(path), path.name) for path in options.files]
    wants: dict[str, Any] = {"id": id, "photos": sent, "shows": options.shows, **_said(options)}
    answer = asking.ask(settings, "cabinet_photo", options.by, **wants)
    if options.json:
        return shown.as_json(answer)
    shown.say(_("Cabinet {cabinet}: {new} new photos, {unchanged} known already.").format(**answer))
    return os.EX_OK


def _photos(settings: Settings, id: str, as_json: bool) -> int:
    with reading(settings) as reader:
        cabinet, found = known(reader.db, id), photos(reader.db, id)
    if cabinet is None:
        raise NotFound(NO_CABINET, id=id)
    if as_json:
        return shown.as_json([{**as_plain(one), "file": str(settings.layout.photos / one.file)} for one in found])
    rows = [(one.day.isoformat(), named.photo(one.shows), one.by, one.name, _where(settings, one)) for one in found]
    shown.table([_("Day"), _("Shows"), _("By"), _("Name"), _("File")], rows)
    return os.EX_OK


def _where(settings: Settings, one: Photo) -> str:
    return str(settings.layout.photos / one.file)


def _known(settings: Settings) -> list[Any]:
    if not settings.layout.catalogue_db.exists():
        return []
    with reading(settings) as reader:
        return list(registered(reader.db))


def _told(answer: Mapping[str, Any], settings: Settings, as_json: bool) -> int:
    if as_json:
        return shown.as_json(answer)
    for remark in answer.get("remarks", ()):
        shown.say(f"! {remark}")
    headings = [_("Cabinet"), _("Section"), _("Place"), _("Tiers"), _("Width (m)"), _("Metres"), _("Found by"), _("State")]
    rows = [_row({**one, "provisional": _provisional(one, settings)}, settings) for one in answer["cabinets"]]
    shown.table(headings, rows, numbers=(3, 4, 5))
    shown.say(_("{new} new, {changed} changed, {unchanged} as they were.").format(**answer))
    if answer["dry_run"]:
        shown.say(_("Nothing was changed: this was a dry run."))
    return os.EX_OK


def _provisional(one: Mapping[str, Any], settings: Settings) -> bool:
    return one["basis"] == Basis.ASSUMED and "file_metres_per_cabinet" not in settings.metrics.confirmed


# --- parsers ---


def parsers(add_verb: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`cabinet` with what it does."""
    verb = add_verb("cabinet", help=_("the register of cabinets and the way to cabinet zero"))
    what = verb.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser
    return (*_readers(what), *_enterers(what), *_steppers(what), _photographer(what))


def _readers(what: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    to_list = what("list", help=_("all cabinets, what is left of each section, when it is empty at this pace"))
    to_list.add_argument("--department", metavar="CODE", help=_("of one section"))
    to_list.add_argument("--burndown", action="store_true", help=_("with the metres left week by week"))
    to_list.set_defaults(run=list_)

    to_certify = what("certificate", help=_("the certificate of a section at zero, on A4 to hang up"))
    to_certify.add_argument("--department", metavar="CODE", help=_("the section; the whole office without it"))
    to_certify.add_argument("--presented-by", metavar="TEXT", help=_("who presents it, for example the mayor; room to sign without it"))
    to_certify.add_argument("--out", type=Path, metavar="FILE.pdf", help=_("where to write it; cabinet-zero-CODE.pdf here without it"))
    to_certify.set_defaults(run=certificate)
    return to_list, to_certify


def _enterers(what: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    to_add = what("add", help=_("enter one cabinet"))
    to_add.add_argument("id", nargs="?", metavar="LABEL", help=_("what stands on it; the section's next number without it"))
    to_add.add_argument("--department", required=True, metavar="CODE")
    to_add.set_defaults(run=add)

    to_set = what("set", help=_("what is in a cabinet now, or what it is like"))
    to_set.add_argument("id", metavar="LABEL")
    to_set.set_defaults(run=set_)
    for parser in (to_add, to_set):
        parser.add_argument("--place", metavar="TEXT", help=_("where the cabinet stands"))
        parser.add_argument("--tiers", type=arguments.not_negative, metavar="N", help=_("how many tiers it has"))
        parser.add_argument("--width", type=arguments.metres, metavar="METRES", help=_("how wide a tier is"))
        parser.add_argument("--fm", type=arguments.metres, metavar="METRES", help=_("metres of paper in it now, measured; tiers x width without it"))

    to_import = what("import", help=_("enter a whole floor from CSV or Excel; the same list again changes nothing"))
    to_import.add_argument("file", nargs="?", type=Path, metavar="FILE")
    to_import.add_argument("--template", type=Path, metavar="FILE.csv", help=_("write an empty list to fill in, and nothing else"))
    to_import.add_argument("--prefix", action="store_true", help=_("put the section's code before every label"))
    to_import.set_defaults(run=import_)
    for parser in (to_add, to_set, to_import):
        _decided(parser, required=parser is not to_import)
    for parser in (to_set, to_import):
        parser.add_argument("--correction", action="store_true", help=_("the metres were wrong from the start: the difference is neither removed nor added"))
    return to_add, to_set, to_import


def _photographer(what: arguments.AddParser) -> arguments.Parser:
    made = what("photo", help=_("photos of a cabinet, before it is emptied and after; without a file, those that it has"))
    made.add_argument("id", metavar="LABEL")
    made.add_argument("files", nargs="*", type=Path, metavar="FILE.jpg|.png")
    made.add_argument("--shows", choices=[one.value for one in Shows], help=_("what is to be seen; by the cabinet's state without it"))
    arguments.add_decider(made, required=False)
    made.add_argument("--on", type=arguments.day, metavar="YYYY-MM-DD", help=_("the day on which it was taken; today without it"))
    made.set_defaults(run=photo)
    return made


def _steppers(what: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    says = {
        "move": _("to another place or section"),
        "empty": _("record that no paper is in it any more"),
        "sign-off": _("a second person has looked: it is empty"),
        "void": _("it was entered by mistake"),
    }
    made = {name: what(name, help=help_) for name, help_ in says.items()}
    for parser in made.values():
        parser.add_argument("ids", nargs="+", metavar="LABEL")
        _decided(parser, required=True)
        parser.set_defaults(run=step)
    made["move"].add_argument("--department", metavar="CODE", help=_("the section that has it from now on"))
    made["move"].add_argument("--place", metavar="TEXT", help=_("where the cabinet stands"))
    return tuple(made.values())


def _decided(parser: arguments.Parser, *, required: bool) -> None:
    arguments.add_decider(parser, required=required)
    parser.add_argument("--on", type=arguments.day, metavar="YYYY-MM-DD", help=_("the day on which it was done; today without it"))
    parser.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
