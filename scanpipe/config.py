"""TOML -> frozen Settings: every fault of every file at once, each with its file, its key, what is wrong and what to write instead.

scanpipe.toml is the site; departments.toml its sections with their drop folders; retention.toml its retention schedule (design §10 has the spellings
that other programs rely on). The models are in config_schema.py and config_retention.py, the sentences in config_faults.py.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from scanpipe.config_checks import Place, dangling, missing_folders, overlapping, repeated_inboxes
from scanpipe.config_faults import fault, parse, read, unknown_key, validated
from scanpipe.config_outgoing import Kintone, Mail, Webhook, repeated_channels
from scanpipe.config_retention import schedule_of
from scanpipe.config_schema import (
    Backup,
    Binders,
    Campaign,
    Department,
    Describe,
    Fixity,
    Intake,
    Metrics,
    Ocr,
    Paper,
    Proof,
    Site,
    Table,
    Timetable,
    Web,
    Workers,
    default_inbox,
)
from scanpipe.core.finding.query import FieldName
from scanpipe.core.retention import Schedule
from scanpipe.core.scans.readiness import ATTENTION_FOLDER, RECEIPT_FOLDER, SENTINEL
from scanpipe.errors import ConfigError, NotFound
from scanpipe.i18n import N_, _

__all__ = [
    "ATTENTION_FOLDER", "RECEIPT_FOLDER", "SENTINEL", "Backup", "Binders", "Campaign", "Department", "Describe", "Fixity", "Intake", "Kintone", "Layout", "Mail", "Metrics", "Ocr", "Paper", "Proof", "Settings",
    "Site", "Tables", "Timetable", "Web", "Webhook", "Workers",
    "default_inbox", "find_config", "load", "load_text",
]  # fmt: skip

ENVIRONMENT = "SCANPIPE_CONFIG"
SYSTEM_CONFIG = Path("/etc/scanpipe/scanpipe.toml")
LOCAL_CONFIG = Path("config/scanpipe.toml")


T = TypeVar("T", bound=Table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything of a site lies (design §4). All paths absolute, links resolved."""

    store: Path
    store_id: Path
    lock_file: Path
    spool_tmp: Path
    spool_new: Path
    work: Path
    archive: Path
    archive_tmp: Path
    vault: Path
    cabinet: Path
    photos: Path
    journal: Path
    proof: Path
    catalogue_db: Path
    search_db: Path
    web: Path
    accounts_db: Path
    requests_db: Path
    outbox_db: Path
    reports: Path
    shares: Path
    taken: Path

    @classmethod
    def of(cls, store: Path, shares: Path, taken: Path) -> "Layout":
        """The layout of a site with these three folders."""
        archive, db, web = store / "archive", store / "db", store / "web"  # web: all that the pages' process writes, which may be another user's
        return cls(
            store=store, store_id=store / "STORE_ID", lock_file=store / "lock",
            spool_tmp=store / "spool" / "tmp", spool_new=store / "spool" / "new", work=store / "work",
            archive=archive, archive_tmp=archive / ".tmp", vault=archive / "vault", cabinet=archive / "cabinet",
            photos=archive / "photos",
            journal=store / "journal", proof=store / "proof",
            catalogue_db=db / "catalogue.db", search_db=db / "search.db", web=web, accounts_db=web / "accounts.db", requests_db=web / "requests.db",
            outbox_db=store / "outbox.db", reports=store / "reports",
            shares=shares, taken=taken,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What scanpipe.toml says, table by table."""

    site: Site
    intake: Intake
    ocr: Ocr
    workers: Workers
    describe: Describe
    binders: Binders
    paper: Paper
    web: Web
    fixity: Fixity
    proof: Proof
    backup: Backup
    timetable: Timetable
    metrics: Metrics
    campaign: Campaign
    kintone: Kintone
    mail: Mail
    webhook: tuple[Webhook, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Tables):
    """The whole configuration of a site.

    file: scanpipe.toml, absolute. departments: in the order of the file; `inbox` is always filled in. schedule: the retention schedule.
    """

    file: Path
    layout: Layout
    departments: tuple[Department, ...]
    schedule: Schedule

    @property
    def timezone(self) -> ZoneInfo:
        """The one time zone of the site."""
        return ZoneInfo(self.site.timezone)

    @property
    def authority(self) -> Path | None:
        """The certificates that time stamps must lead to; None = [proof] names none."""
        return _resolved(self.file.parent, self.proof.tsa_ca_file) if self.proof.tsa_ca_file else None

    def department(self, code: str) -> Department:
        """The section with this code. Raises NotFound."""
        for section in self.departments:
            if section.code == code:
                return section
        raise NotFound(
            N_("There is no section {code} in departments.toml. Write one of its codes, for example {example}."), code=code, example=self.departments[0].code
        )

    @property
    def codes_by_name(self) -> Mapping[FieldName, Mapping[str, str]]:
        """What people type after 課: and 分類: in a search, with the codes they mean."""
        sections = {section.name: section.code for section in self.departments}
        return {"department": sections, "category": {category.name: code for code, category in self.schedule.categories.items()}}

    def inbox(self, department: Department | str) -> Path:
        """The drop folder of a section (or of its code), absolute. Raises NotFound."""
        return self.layout.shares / self._section(department).inbox

    def taken_of(self, department: Department | str) -> Path:
        """Where what was taken from the section's drop folder is kept for a while, absolute. Raises NotFound."""
        section = self._section(department)
        root = self.layout.taken if section.taken is None else _resolved(self.file.parent, section.taken)
        return root / section.code

    def _section(self, department: Department | str) -> Department:
        return self.department(department) if isinstance(department, str) else department


def find_config(option: str | None = None) -> Path:
    """The configuration file to use (design §10): the option, $SCANPIPE_CONFIG, ./config/scanpipe.toml, /etc/scanpipe/scanpipe.toml.

    Raises NotFound if the named one, or none of the two places, has a file.
    """
    named = option or os.environ.get(ENVIRONMENT)
    if named:
        if _is_file(Path(named)):
            return Path(named).absolute()
        raise NotFound(N_("There is no configuration file {path}. Correct the path, or make a site with: scanpipe init DIR"), path=named)
    for path in (LOCAL_CONFIG, SYSTEM_CONFIG):
        if _is_file(path):
            return path.absolute()
    raise NotFound(
        N_("No configuration was found in {local} or {system}. Make a site with: scanpipe init DIR, then give --config DIR/config/scanpipe.toml"),
        local=LOCAL_CONFIG,
        system=SYSTEM_CONFIG,
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder that we may not enter: `load` says so
        return True


def load(path: Path) -> Settings:
    """The settings of a site. path: its scanpipe.toml; the other two files are beside it or where [site] names them.

    Raises ConfigError with every fault of all three files.
    """
    file = path.absolute()
    data, unreadable = read(file, _('make a site with "scanpipe init DIR"'))
    tables, faults = _tables(data, file.name)
    site = tables.get("site", Site())
    assert isinstance(site, Site)
    schedule, wrong = _retention(_resolved(file.parent, site.retention))
    sections, wrong_sections = _departments(_resolved(file.parent, site.departments), schedule)
    layout = Layout.of(*(_resolved(file.parent, each) for each in (site.store, site.shares, site.taken)))
    places = _places(file, Path(site.departments).name, layout, sections) if "site" in tables and not unreadable else []
    places += _backup_place(file.name, tables.get("backup"), layout)
    own = [each for each in places if each.startswith(f"{file.name}: ")]
    faults = [*unreadable, *faults, *own, *(each for each in places if each not in own), *wrong_sections, *wrong]
    if faults:
        raise ConfigError(faults)
    return Settings(**_complete(tables), file=file, layout=layout, departments=sections, schedule=schedule)


def load_text(text: str, *, source: str) -> Schedule | tuple[Department, ...] | Tables:
    """What one configuration text says, without looking at any folder. source: "retention.toml", "departments.toml" or "scanpipe.toml".

    Raises ConfigError with every fault of the text.
    """
    data, faults = parse(text, source)
    if faults:
        raise ConfigError(faults)
    answer: Schedule | tuple[Department, ...] | Tables
    match source:
        case "retention.toml":
            answer, faults = schedule_of(data, source)
        case "departments.toml":
            answer, faults = _sections(data, source, Schedule.of(()))
        case _:
            tables, faults = _tables(data, source)
            if not faults:
                answer = Tables(**_complete(tables))
    if faults:
        raise ConfigError(faults)
    return answer


_MODELS: Mapping[str, type[Table]] = {
    "site": Site, "intake": Intake, "ocr": Ocr, "workers": Workers, "describe": Describe, "binders": Binders, "paper": Paper, "web": Web, "fixity": Fixity,
    "proof": Proof, "backup": Backup, "timetable": Timetable,
    "metrics": Metrics, "campaign": Campaign, "kintone": Kintone, "mail": Mail,
}  # fmt: skip
_LISTS: Mapping[str, type[Webhook]] = {"webhook": Webhook}


def _tables(data: Mapping[str, Any], file: str) -> tuple[dict[str, Any], list[str]]:
    """The tables of scanpipe.toml that have no fault, by name; tables that are not written have their defaults."""
    known = (*_MODELS, *_LISTS)
    faults = [fault(file, key, unknown_key(key, known)) for key in data if key not in known]
    tables: dict[str, Any] = {}
    for name, model in _MODELS.items():
        written = data.get(name, {})
        if not isinstance(written, dict):
            faults.append(fault(file, name, _("this is not a table; write [{name}] on a line of its own").format(name=name)))
            continue
        table, wrong = validated(model, written, file, f"{name}.")
        faults += wrong
        tables |= {name: table} if table else {}
    for name, row in _LISTS.items():
        rows, wrong = _several(row, data.get(name, []), file, name)
        faults += wrong
        tables[name] = rows
    return tables, faults


def _several(model: type[Webhook], written: Any, file: str, name: str) -> tuple[tuple[Webhook, ...], list[str]]:
    """The tables of a list that have no fault, and its faults."""
    if not isinstance(written, list) or not all(isinstance(one, dict) for one in written):
        return (), [fault(file, name, _("this is not a list of tables; write [[{name}]] with two brackets before each").format(name=name))]
    faults: list[str] = []
    rows: list[Webhook] = []
    for number, one in enumerate(written, 1):
        row, wrong = validated(model, one, file, _("{name} no. {number}: ").format(name=name, number=number))
        faults += wrong
        rows += [row] if row else []
    says = _("{value} is there twice; give each webhook a name of its own")
    return tuple(rows), [*faults, *(fault(file, name, says.format(value=twice)) for twice in repeated_channels(tuple(rows)))]


def _complete(tables: Mapping[str, Any]) -> dict[str, Any]:
    return dict(tables)  # no fault was found, so all of _MODELS are there; their types follow from their names


def _retention(path: Path) -> tuple[Schedule, list[str]]:
    data, faults = read(path, _("copy the default file there, or correct [site] retention"))
    return (Schedule.of(()), faults) if faults else schedule_of(data, path.name)


def _departments(path: Path, schedule: Schedule) -> tuple[tuple[Department, ...], list[str]]:
    data, faults = read(path, _("copy the default file there, or correct [site] departments"))
    return ((), faults) if faults else _sections(data, path.name, schedule)


def _sections(data: Mapping[str, Any], file: str, schedule: Schedule) -> tuple[tuple[Department, ...], list[str]]:
    """The sections without a fault and the faults of the file."""
    faults = [fault(file, key, unknown_key(key, ("department",))) for key in data if key != "department"]
    entries = data.get("department")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        return (), [*faults, fault(file, "department", _("there is no section; write [[department]] with two brackets before each"))]
    sections: list[Department] = []
    codes: set[object] = set()
    for number, entry in enumerate(entries, 1):
        code = entry.get("code")
        place = f"department {code}" if isinstance(code, str) and code else _("department no. {number}").format(number=number)
        section, wrong = validated(Department, entry, file, f"{place}: ")
        if isinstance(code, str) and code.casefold() in codes:
            wrong.append(fault(file, f"{place}: code", _("there is another section with this code; give each its own")))
        codes.add(code.casefold() if isinstance(code, str) else None)
        faults += wrong
        sections += [_with_inbox(section)] if section else []
    written = [entry["code"] for entry in entries if isinstance(entry.get("code"), str)]
    faults += repeated_inboxes(sections, file) + dangling(sections, written, schedule.categories, file)
    return tuple(sections), faults


def _with_inbox(section: Department) -> Department:
    return section if section.inbox else section.model_copy(update={"inbox": default_inbox(section.code, section.name)})


def _places(file: Path, departments_file: str, layout: Layout, sections: tuple[Department, ...]) -> list[str]:
    """Folders that are missing or overlap. Drop folders below shares/ are inside it by right; among themselves they may not be."""
    own = [Place(file.name, "site.store", layout.store), Place(file.name, "site.shares", layout.shares), Place(file.name, "site.taken", layout.taken)]
    taken: dict[Path, Place] = {}
    for section in sections:
        if section.taken is not None:  # several sections of one filesystem may share it
            path = _resolved(file.parent, section.taken)
            taken.setdefault(path, Place(departments_file, f"department {section.code}: taken", path))
    by_name = {section.inbox.casefold(): section for section in reversed(sections)}  # one used twice is a fault already
    inboxes = [Place(departments_file, f"department {section.code}: inbox", _resolved(layout.shares, section.inbox)) for section in by_name.values()]
    outside = [inbox for inbox in inboxes if not inbox.path.is_relative_to(layout.shares)]
    taken.pop(layout.taken, None)
    return list(dict.fromkeys(missing_folders(own) + overlapping([*own, *taken.values(), *outside]) + overlapping(inboxes)))


def _backup_place(file: str, table: Table | None, layout: Layout) -> list[str]:
    """A backup inside the store goes with it; one in a share is everybody's."""
    if not isinstance(table, Backup) or not table.folder:
        return []
    own = [Place(file, "site.store", layout.store), Place(file, "site.shares", layout.shares), Place(file, "site.taken", layout.taken)]
    backup = Place(file, "backup.folder", Path(table.folder).resolve())
    return [each for place in own for each in overlapping([place, backup])]


def _resolved(base: Path, written: str) -> Path:
    return (base / Path(written).expanduser()).resolve()
