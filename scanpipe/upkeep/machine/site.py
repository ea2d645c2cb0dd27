"""`scanpipe init`: a site with the default configuration, its store and its drop folders."""

import os
import shutil
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from ulid import ULID

from scanpipe import storage
from scanpipe.catalogue.database import make_shared
from scanpipe.config import ATTENTION_FOLDER, RECEIPT_FOLDER, SENTINEL, Layout, Settings, load, load_text
from scanpipe.config_schema import Department
from scanpipe.errors import PlaceError, ScanpipeError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.machine.places import Grade, store_filesystem
from scanpipe.upkeep.machine.sections_csv import departments_from_csv, departments_toml

_WEB_MODE = 0o700  # one user is daemon and web; the units' tmpfiles.d opens it to the second


class SiteExists(ScanpipeError):
    """There is already something where the site should be."""

    template = N_("{path} is already a site, and nothing of it was changed. Name another folder, or change the files in {path}/config.")
    exit_code = os.EX_CANTCREAT


class UnfitPlace(PlaceError):
    """A site cannot live here."""

    exit_code = os.EX_CANTCREAT


def defaults() -> Traversable:
    """The folder with the commented default files: part of the package, or `config/` beside it in a checkout."""
    try:
        packaged = files("scanpipe.defaults")
        if packaged.joinpath("scanpipe.toml").is_file():
            return packaged
    except ModuleNotFoundError:
        pass
    return Path(__file__).resolve().parents[3] / "config"


def init(directory: Path, *, size: Literal["city", "small"] = "city", departments_csv: Path | None = None) -> Path:
    """Makes a site and returns its scanpipe.toml. An init that was cut off may simply be repeated.

    size: whose sections to take, of a city (77) or of a small town (31). departments_csv: the body's own sections instead.
    Raises ConfigError for a wrong CSV, SiteExists, UnfitPlace (no disk for a store, no permission).
    """
    site = directory.expanduser().absolute()
    sections = _sections(size, departments_csv)  # before anything is made
    load_text(sections, source="departments.toml")
    _refuse(site)
    try:
        _make(site, sections)
    except OSError as error:
        raise UnfitPlace(
            N_("{path} cannot be made ({reason}). Choose a folder that you may write in."), path=error.filename or site, reason=error.strerror
        ) from error
    return site / "config" / "scanpipe.toml"


def _sections(size: Literal["city", "small"], departments_csv: Path | None) -> str:
    text = defaults().joinpath("departments.toml" if size == "city" else "departments-small.toml").read_text("utf-8")
    if departments_csv is None:
        return text
    keys = [line for line in text.splitlines() if line.startswith("#   ")]
    heading = "\n".join((_("# The sections, made from {file}. A section begins with [[department]]; the keys:").format(file=departments_csv.name), *keys))
    return departments_toml(departments_from_csv(departments_csv), heading)


def _refuse(site: Path) -> None:
    store = site / "store"
    if site.exists() and not site.is_dir():
        raise UnfitPlace(N_("{path} is a file. Name a folder."), path=site)
    if (site / "config" / "scanpipe.toml").exists() or (
        store.exists() and {each.name for each in store.iterdir()} - {"STORE_ID", "web", "accounts.db", "requests.db", "lost+found"}
    ):
        raise SiteExists(path=site)
    for fault in store_filesystem(store):
        if fault.grade is Grade.REFUSE:
            raise UnfitPlace("{fault}", fault=fault)


def _make(site: Path, sections: str) -> None:
    config = site / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "departments.toml").write_text(sections, "utf-8")
    (config / "retention.toml").write_text(defaults().joinpath("retention.toml").read_text("utf-8"), "utf-8")
    for name, mode in (("store", 0o750), ("taken", 0o750), ("shares", 0o755)):
        (site / name).mkdir(exist_ok=True)
        (site / name).chmod(mode)
    make_web_folder(Layout.of(site / "store", site / "shares", site / "taken"))
    _mark(site / "store" / "STORE_ID")
    unfinished = config / "scanpipe.toml.new"
    unfinished.write_text(defaults().joinpath("scanpipe.toml").read_text("utf-8"), "utf-8")
    settings = load(unfinished)
    for section in settings.departments:
        if not Path(section.inbox).is_absolute():  # a mounted share is its own administrator's to prepare
            make_drop_folder(settings.inbox(section), section)
    unfinished.rename(config / "scanpipe.toml")  # the last step: only now it is a site


def make_web_folder(layout: Layout) -> None:
    """store/web, for all that the pages' process writes; accounts.db and requests.db are found in store/ as ever. What lies there itself moves in."""
    storage.make_folder(layout.web, _WEB_MODE)
    for path in (layout.accounts_db, layout.requests_db):
        name = layout.store / path.name
        if name.is_file() and not name.is_symlink() and not path.exists():
            for end in ("-wal", "-shm", ""):  # the file itself last: until then it is asked for by its old name again
                with suppress(FileNotFoundError):
                    name.with_name(name.name + end).rename(path.with_name(path.name + end))
        if not os.path.lexists(name):
            name.symlink_to(path.relative_to(layout.store))
            storage.sync_folder(layout.store)
        if path.exists():
            make_shared(path)  # of an account that was made before the folder was opened to the pages' own user


def make_drop_folder(inbox: Path, section: Department) -> None:
    """A drop folder with its 受付簿, 要確認 and the mark that says it is mounted. What is there stays.

    Mode 2770: scanner and scanpipe share a group. The group is set where [[department]] group names one and we may; `doctor` tells where not.
    """
    for path in (inbox, inbox / RECEIPT_FOLDER, inbox / ATTENTION_FOLDER):
        path.mkdir(parents=True, exist_ok=True)
        if section.group:
            with suppress(LookupError, PermissionError):
                shutil.chown(path, group=section.group)
        path.chmod(0o2770)
    _mark(inbox / SENTINEL)


def add_drop_folders(settings: Settings) -> list[Path]:
    """Makes the folders of sections that were added to departments.toml later; returns those made.

    Only below shares/, and only while another section's mark shows that shares/ is really there and not an empty mount point.
    """
    if not any((settings.inbox(section) / SENTINEL).is_file() for section in settings.departments if not Path(section.inbox).is_absolute()):
        return []
    new = [section for section in settings.departments if not Path(section.inbox).is_absolute() and not settings.inbox(section).exists()]
    for section in new:
        make_drop_folder(settings.inbox(section), section)
    return [settings.inbox(section) for section in new]


def _mark(path: Path) -> None:
    """An identity of its own for a store or a share, written once."""
    if not path.exists():
        path.write_text(f"{ULID()}\n", "ascii")
