"""`scanpipe retention import`: a body's own schedule from CSV or Excel into retention.toml. The old file is kept beside it.

What people have written in retention.toml stays as it is, comments too: only categories that the table names are changed, key by key.
"""

import dataclasses
import json
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import tomlkit

from scanpipe import config, storage
from scanpipe.config_checks import dangling
from scanpipe.config_schema import Site
from scanpipe.core.retention import Category, Schedule, compared, retention_of
from scanpipe.core.schedules.schedule_facts import Reading
from scanpipe.core.schedules.schedule_grouping import Kept, categories_of
from scanpipe.core.schedules.schedule_reading import read_schedule
from scanpipe.core.text import normalise
from scanpipe.errors import ConfigError, ScanError, UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.machine.site import defaults
from scanpipe.upkeep.schedule.schedule_files import grids_of

_TOLD: Final = ("name", "period", "start", "disposition", "event", "classes")  # of what an import has changed
_BLOCK: Final = re.compile(r"(?m)^(?=[ \t]*\[\[[ \t]*category[ \t]*\]\])")


class NothingUnderstood(ScanError):
    """The file was read, but no row of it became a category."""

    template = N_("{file}: no row was understood, so nothing was changed. {reason}")


class WouldShorten(UsageError):
    """A merge would shorten periods of categories that are there, and nobody has said that it may."""

    template = N_("{file} would shorten periods, so nothing was changed: {categories}. If these are right, say --yes; else correct the codes in the table.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did, or would do. target: retention.toml. backup: the old file, None where nothing was written.

    added, removed: codes. changed: code -> key -> (before, after); titles as the number of new ones. shortened: codes of categories whose
    records would be kept less long than now; always empty with replace, which says itself that it takes the old schedule away.
    """

    file: str
    target: Path
    reading: Reading
    categories: tuple[Kept, ...]
    schedule: Schedule
    added: tuple[str, ...]
    changed: Mapping[str, Mapping[str, tuple[object, object]]]
    removed: tuple[str, ...]
    shortened: tuple[str, ...]
    backup: Path | None


def import_schedule(
    config_file: Path, table: Path, *, replace: bool, dry_run: bool, at: datetime, legend: Mapping[str, str] | None = None, may_shorten: bool = False
) -> Import:
    """Reads the table and, unless dry_run, writes retention.toml.

    replace: the table is the whole schedule; else it is merged into the one there is. at: now, for the old file's name.
    legend: meanings of marks (甲 -> 永年) that the table does not explain. may_shorten: a person has agreed to what a dry run told as `shortened`.
    Raises WouldShorten, NotATable, NothingUnderstood, ConfigError (the present or the resulting configuration has faults), PlaceError. Nothing is changed then.
    """
    site = _site(config_file)
    target = (config_file.absolute().parent / Path(site.retention).expanduser()).resolve()
    reading = read_schedule(grids_of(table), legend)
    kept = categories_of(reading.entries)
    if not kept:
        problem = next((remark.says for remark in reading.remarks if remark.problem), "")
        raise NothingUnderstood(file=table.name, reason=_(problem))
    before = _present(target, faulty_is_empty=replace)
    kept = kept if replace else _known_by_name(before, kept)
    text, changed = _replaced(before, kept, table.name) if replace else _merged(before, kept, table.name)
    schedule = _checked(text, config_file, site, kept)
    old, new = _codes(before), list(schedule.categories)
    shortened = () if replace else tuple(_shortened(before, schedule))
    if shortened and not (may_shorten or dry_run):
        raise WouldShorten(file=table.name, categories=", ".join(_difference(code, changed) for code in shortened))
    backup = None if dry_run or text == before else _write(target, text, at)
    return Import(
        file=table.name,
        target=target,
        reading=reading,
        categories=kept,
        schedule=schedule,
        added=tuple(code for code in new if code not in old),
        changed=changed,
        removed=tuple(code for code in old if code not in new),
        shortened=shortened,
        backup=backup,
    )


def _site(config_file: Path) -> Site:
    """[site] alone: a retention.toml with faults must not keep a better one out."""
    try:
        text = config_file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return config.load(config_file).site  # which says what is wrong
    tables = config.load_text(text, source="scanpipe.toml")
    assert isinstance(tables, config.Tables)
    return tables.site


def _present(target: Path, *, faulty_is_empty: bool) -> str:
    """The text of retention.toml. Raises ConfigError for one with faults, unless it is to be replaced as a whole."""
    try:
        text = target.read_text("utf-8-sig")
        if tomllib.loads(text):
            config.load_text(text, source="retention.toml")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        if not faulty_is_empty:
            raise ConfigError([_("{path} cannot be read ({reason}); correct it, or use --replace").format(path=target, reason=error)]) from error
        return ""
    except (tomllib.TOMLDecodeError, ConfigError):
        if not faulty_is_empty:
            config.load_text(text, source="retention.toml")  # raises ConfigError also for what tomllib found
    return text


def _known_by_name(before: str, kept: Sequence[Kept]) -> tuple[Kept, ...]:
    """A class without a code of its own, whose name one category of the file has and no other class of the table: the two are one."""
    codes: dict[str, list[str]] = {}
    for entry in tomllib.loads(before).get("category", []):
        codes.setdefault(normalise(str(entry.get("name", entry["code"]))), []).append(str(entry["code"]))
    taken = {each.code.casefold() for each in kept}
    names = Counter(normalise(each.name) for each in kept)
    known = {code.casefold() for same in codes.values() for code in same}
    answer: list[Kept] = []
    for each in kept:
        same = codes.get(normalise(each.name), [])
        is_it = each.made and each.code.casefold() not in known and len(same) == 1 == names[normalise(each.name)] and same[0].casefold() not in taken
        answer.append(dataclasses.replace(each, code=same[0]) if is_it else each)
    return tuple(answer)


def _codes(text: str) -> list[str]:
    return list(_entries(text))


def _entries(text: str) -> dict[str, dict[str, Any]]:
    """The categories as the text has them, by code; none where it has faults."""
    with suppress(tomllib.TOMLDecodeError):
        entries = tomllib.loads(text).get("category", [])
        return {str(entry["code"]): entry for entry in entries if isinstance(entry, dict) and "code" in entry}
    return {}


_SOME_DAYS: Final = (date(2001, 2, 10), date(2001, 5, 20))  # one on either side of 1 April


def _shortened(before: str, schedule: Schedule) -> Iterator[str]:
    """Codes of categories that kept records longer before: by years, or by their start."""
    old = config.load_text(before, source="retention.toml") if before.strip() else None
    for category in old.categories.values() if isinstance(old, Schedule) else ():
        after = schedule.categories.get(category.code)
        if after and any(_is_shorter(after, category, day) for day in _SOME_DAYS):
            yield category.code


def _is_shorter(after: Category, before: Category, day: date) -> bool:
    return compared(retention_of(after, day), retention_of(before, day)) < 0


def _difference(code: str, changed: Mapping[str, Mapping[str, tuple[object, object]]]) -> str:
    keys = changed.get(code, {})
    said = ", ".join(f"{key} {keys[key][0]} → {keys[key][1]}" for key in ("period", "start") if key in keys)
    return f"{code} ({said})" if said else code


def _checked(text: str, config_file: Path, site: Site, kept: Sequence[Kept]) -> Schedule:
    """The schedule of the new text, as `config.load` will see it. Raises ConfigError, also for sections that name a category which is gone."""
    schedule = config.load_text(text, source="retention.toml")
    assert isinstance(schedule, Schedule)
    missing = [each.code for each in kept if each.code not in schedule.categories]
    assert not missing, missing
    path = config_file.absolute().parent / Path(site.departments).expanduser()
    with suppress(OSError, UnicodeDecodeError):
        sections = config.load_text(path.read_text("utf-8-sig"), source="departments.toml")
        assert isinstance(sections, tuple)
        if faults := dangling(sections, [section.code for section in sections], schedule.categories, path.name):
            raise ConfigError(faults)
    return schedule


def _write(target: Path, text: str, at: datetime) -> Path | None:
    """Old file aside, new file durable under another name, then its rename. Mode and owner stay; returns the old file's new name."""
    backup = None
    with storage.place(target):
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        if target.exists():
            backup = target.with_name(f"{target.name}.{at:%Y-%m-%dT%H%M%S}.bak")
            backup.unlink(missing_ok=True)
            storage.write_new(backup, target.read_bytes(), mode)
        staged = target.with_name(f".{target.name}.new")
        staged.unlink(missing_ok=True)
        storage.write_new(staged, text.encode(), mode)
        if backup:
            for path in (staged, backup):
                with suppress(PermissionError):
                    shutil.chown(path, target.stat().st_uid, target.stat().st_gid)
        storage.rename(staged, target)
        storage.sync_folder(target.parent)
    return backup


# --- the text ---


def _replaced(before: str, kept: Sequence[Kept], source: str) -> tuple[str, dict[str, dict[str, tuple[object, object]]]]:
    """The comments at the top of the file, or the default's, and the table's categories alone."""
    head = _above_first(before)
    if not all(line.startswith("#") or not line.strip() for line in head.splitlines()) or "#" not in head:
        head = _above_first(defaults().joinpath("retention.toml").read_text("utf-8"))
    text = head.rstrip("\n") + "\n" + "".join(_block(each, source) for each in kept)
    return text, _other_values(before, text)


def _above_first(text: str) -> str:
    """What stands above the first category, without the comments directly above it, which are its own."""
    head, *categories = _BLOCK.split(text, maxsplit=1)
    return head.rpartition("\n\n")[0] if categories and not head.endswith("\n\n") else head


def _other_values(before: str, after: str) -> dict[str, dict[str, tuple[object, object]]]:
    """What is otherwise in categories that both texts have."""
    old, new = _entries(before), _entries(after)
    found = {
        code: {key: (old[code].get(key), entry.get(key)) for key in _TOLD if old[code].get(key) != entry.get(key)} for code, entry in new.items() if code in old
    }
    return {code: keys for code, keys in found.items() if keys}


def _merged(before: str, kept: Sequence[Kept], source: str) -> tuple[str, dict[str, dict[str, tuple[object, object]]]]:
    blocks = _BLOCK.split(before)
    places = _places(blocks)
    changed: dict[str, dict[str, tuple[object, object]]] = {}
    new: list[str] = []
    for each in kept:
        place = places.get(each.code.casefold())
        if place is None:
            new.append(_block(each, source))
            continue
        blocks[place], difference = _edited(blocks[place], each)
        if difference:
            changed[each.code] = difference
    text = "".join(blocks)
    return (text.rstrip("\n") + "\n" + "".join(new) if new else text), changed


def _places(blocks: Sequence[str]) -> dict[str, int]:
    """Which block holds which code. Raises ConfigError where a category is not written as a block of its own."""
    places: dict[str, int] = {}
    for number, block in enumerate(blocks[1:], 1):
        try:
            entry = tomllib.loads(block)["category"]
        except tomllib.TOMLDecodeError:
            raise ConfigError(
                [_('retention.toml: "[[category]]" stands at the beginning of a line inside a text; write it otherwise, or use --replace')]
            ) from None
        places[str(entry[0]["code"]).casefold()] = number
    return places


def _edited(block: str, kept: Kept) -> tuple[str, dict[str, tuple[object, object]]]:
    """The block with what the table says of this category; all else in it stays, sign for sign."""
    entry = tomllib.loads(block)["category"][0]
    wanted = {key: value for key, value in _wanted(kept, entry).items() if value is not None and entry.get(key) != value}
    known = {normalise(str(title)) for title in entry.get("titles", [])}
    more = [title for title in kept.titles if normalise(title) not in known]
    if not wanted and not more:
        return block, {}
    parsed: Any = tomlkit.parse(block)
    parsed["category"][0].update(wanted)
    if more:
        parsed["category"][0]["titles"] = tomlkit.parse(f"titles = {_list([*entry.get('titles', []), *more])}\n")["titles"]
    difference: dict[str, tuple[object, object]] = {key: (entry.get(key), value) for key, value in wanted.items()}
    return tomlkit.dumps(parsed), difference | ({"titles": (None, len(more))} if more else {})


def _wanted(kept: Kept, entry: Mapping[str, Any]) -> dict[str, object]:
    """What the table says, None where it says nothing: a kind's title is no name for a category that has one. A period of years under rule "none" would never end."""
    start = "fy_next_apr1" if kept.period and isinstance(kept.period, int) and entry.get("start") == "none" else None
    return {
        "name": kept.name if kept.path else None,
        "period": kept.period,
        "start": kept.start or start,
        "disposition": kept.disposition,
        "event": kept.event or None,
        "classes": list(kept.classes) or None,
    }


def _block(kept: Kept, source: str) -> str:
    """One category as people write it, with where it came from."""
    sheet, row = kept.rows[0]
    place = _("row {row}").format(row=row) + (f"（{sheet}）" if sheet else "")
    comments = [" > ".join(kept.path), f"{source} {place}"]
    comments += [_("code in the table: {code}").format(code=kept.printed)] if kept.printed else []
    comments += [_("remarks: {text}").format(text=kept.remark)] if kept.remark else []
    lines = [*(f"# {_one_line(comment)}" for comment in comments if comment), "[[category]]", f"code = {_text(kept.code)}", f"name = {_text(kept.name)}"]
    lines += [f"classes = {_list(kept.classes)}"] if kept.classes else []
    lines.append(f"period = {kept.period}" if isinstance(kept.period, int) else f"period = {_text(kept.period)}")
    lines.append(f"start = {_text(kept.start or ('fy_next_apr1' if isinstance(kept.period, int) else 'none'))}")
    lines += [f"event = {_text(kept.event)}"] if kept.event else []
    lines.append(f"disposition = {_text(kept.disposition or 'review')}")
    lines += [f"titles = {_list(kept.titles)}"] if kept.titles else []
    return "\n" + "\n".join(lines) + "\n"


def _list(titles: Sequence[str]) -> str:
    """On one line while it is short, else a title a line."""
    short = "[" + ", ".join(map(_text, titles)) + "]"
    return short if len(short) <= 100 else "[\n" + "".join(f"    {_text(title)},\n" for title in titles) + "]"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()
