"""Whatever subset of unsynced bytes and names a loss of power takes, at whatever call: custody holds. And no sync of ours could be left out (reliability §6, 5 and 6)."""

import hashlib
import json
import os
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from custody import GENERAL, TAX, answers, deliver, pdf, sha256, two_sections
from cut_short import Runs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lost_power import Crash, Found, Recorded, crashes, syncs

from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings

FULL = bool(os.environ.get("SCANPIPE_FULL"))
STATES = 100_000 if FULL else 8_000
LETTER = "みどり市企第17号\n令和7年6月2日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\nこのことについて、下記のとおり通知します。\n鶴亀算"
BILL = "請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事\n松竹梅"
FORM = "住民異動届\n令和7年4月1日\n届出人\n花鳥風月"  # restricted: not linked into the cabinet
PAGES = {(GENERAL, "letter.pdf"): (LETTER, "別紙"), (GENERAL, "form.pdf"): (FORM,), (TAX, "bill.pdf"): (BILL,)}
SCANS = {key: pdf(*pages) for key, pages in PAGES.items()}
MEMO = {(TAX, "memo.txt"): "買い物".encode()}


@dataclass(frozen=True, repr=False)
class Work:
    """What scanpipe did in a recorded run. folders: of the sections, below the site. scans, refused: what lay in the drop folders."""

    recorded: Recorded
    folders: Mapping[str, str]
    scans: Mapping[tuple[str, str], bytes]
    refused: Mapping[tuple[str, str], bytes]


@pytest.fixture(scope="module")
def works(quick_place: Path, runs: Runs) -> dict[str, Work]:
    """Three scans taken and filed, a memo refused; then one of the records corrected."""
    site = two_sections(quick_place / "modelled", language="en")
    (site.file.parent / "prepared.json").write_text(json.dumps({sha256(SCANS[key]): pages for key, pages in PAGES.items()}), "utf-8")
    assert runs(site.file)["error"] is None
    folders = {section.code: site.inbox(section).name for section in site.departments}
    deliver(site, {**SCANS, **MEMO})
    taking = Work(recorded(site, runs), folders, SCANS, MEMO)
    correct(site)
    correcting = Work(recorded(site, runs), folders, SCANS, MEMO)
    assert [state for state, _answer in answers(site)] == ["done"]
    return {"taking and filing": taking, "correcting": correcting}


def recorded(site: Settings, runs: Runs) -> Recorded:
    file = site.file.parents[1] / "recorded"
    assert runs(site.file, record=file)["error"] is None
    found: Recorded = pickle.loads(file.read_bytes())
    file.unlink()
    return found


def correct(site: Settings) -> None:
    requests = Requests(site.layout.requests_db)
    requests.ask("correct", "佐藤", datetime.now(UTC), numbers=["2026-000002"], changes={"category": "ACCOUNT", "title": "直した件名"}, reason="")
    requests.close()


# --- what must hold ---


@cache
def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@cache
def events_in(data: bytes) -> tuple[dict[str, Any], ...] | None:
    """The whole lines of a journal file; None if one is none."""
    try:
        return tuple(json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines())
    except ValueError:
        return None


def told(found: Found) -> list[dict[str, Any]] | None:
    """All events, None where the chain is broken."""
    lines = [events_in(data) for name, data in found.below("store/journal").items() if name.endswith(".jsonl")]
    if None in lines:
        return None
    events = sorted((event for each in lines for event in each or ()), key=lambda event: event["seq"])
    return events if [event["seq"] for event in events] == list(range(1, len(events) + 1)) else None


def in_custody(found: Found, id: str) -> str | None:
    """sha256 of a scan whose folder in the spool is whole."""
    files = found.below(f"store/spool/new/{id}")
    try:
        receipt = json.loads(files["receipt.json"])
        return str(receipt["sha256"]) if receipt["end"] and digest(files["original"]) == receipt["sha256"] else None
    except (KeyError, ValueError, TypeError):
        return None


def manifest_of(found: Found, folder: str) -> str | None:
    """sha256 of the manifest of a record folder whose files are what it says."""
    files = {name: data for name, data in found.below(folder).items() if not name.startswith("meta/")}
    manifest = files.pop("manifest-sha256.txt", b"")
    if not files or manifest.decode("ascii", "replace") != "".join(f"{digest(files[name])}  {name}\n" for name in sorted(files)):
        return None
    return digest(manifest)


def faults(work: Work, crash: Crash, found: Found) -> list[str]:
    """Everything that the next start could not mend."""
    events = told(found)
    if events is None or len(events) < crash.look.events:
        return ["the journal lost what the catalogue knows"]
    spooled, filed = found.within("store/spool/new"), [folder for year in found.within("store/archive/vault") for folder in found.within(year)]
    custody = {folder.rpartition("/")[2]: in_custody(found, folder.rpartition("/")[2]) for folder in spooled}
    records = {folder: manifest_of(found, folder) for folder in filed}
    faults = [f"torn in custody: {id}" for id, sha in custody.items() if sha is None and found.below(f"store/spool/new/{id}")]
    faults += [f"torn in the vault: {folder}" for folder, manifest in records.items() if manifest is None and found.below(folder)]
    held = {sha for sha in custody.values() if sha} | {
        digest(data) for folder, manifest in records.items() if manifest for data in found.below(folder).values()
    }
    faults += [f"{id}: {fault}" for id, of in by_accession(events).items() for fault in _of_accession(found, of, custody.get(id), records)]
    faults += _of_sources(work, found, held)
    return faults + _of_refused(work, found)


def by_accession(events: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        if event["accession"] and (event["kind"] == "accessioned" or event["accession"] in found):
            found.setdefault(event["accession"], []).append(event)
    return found


def _of_accession(found: Found, events: Sequence[dict[str, Any]], custody: str | None, records: Mapping[str, str | None]) -> list[str]:
    accession = events[0]["data"]["accession"]
    folder = f"store/archive/vault/{accession['fiscal_year']}/{accession['number']}"
    filed = [event["data"] for event in events if event["kind"] == "filed"]
    if not filed:
        return [] if custody or records.get(folder) else ["is in the books and nowhere else"]
    if records.get(folder) != filed[-1]["manifest_sha256"]:
        return ["is filed by the books and not in the vault"]
    path, shown, again = filed[-1]["path"], found.below(folder), events[-1]["kind"] == "corrected"
    original = next(data for name, data in shown.items() if name.startswith("original."))
    missing = [] if again or path is None or found.read(f"store/archive/{path}") == shown.get("access.pdf", original) else ["is not in the cabinet"]
    return missing + _of_corrections(events, shown)


def _of_corrections(events: Sequence[dict[str, Any]], shown: Mapping[str, bytes]) -> list[str]:
    """A correction that was carried out lies in the record folder; one under way is carried out again."""
    last = max(event["seq"] for event in events if event["kind"] == "filed")
    done = [event["data"] for event in events if event["kind"] == "corrected" and event["seq"] < last]
    wanted = {f"meta/{one['correction']['number']:04}.json": one["meta"] for one in done}
    return [f"{name} is not what was decided" for name, meta in wanted.items() if name not in shown or digest(shown[name]) != meta]


def _of_sources(work: Work, found: Found, held: set[str]) -> list[str]:
    faults = []
    for (section, name), data in work.scans.items():
        lies = found.read(f"shares/{work.folders[section]}/{name}") == data
        taken = any(digest(kept) == digest(data) for kept in found.below(f"taken/{section}").values())
        if not lies and digest(data) not in held:
            faults.append(f"{name} is lost")
        if not lies and not taken:
            faults.append(f"{name} is not kept for its days")
    return faults


def _of_refused(work: Work, found: Found) -> list[str]:
    faults = []
    for (section, name), data in work.refused.items():
        aside = found.below(f"shares/{work.folders[section]}/要確認")
        if found.read(f"shares/{work.folders[section]}/{name}") == data:
            continue
        if aside.get(name) != data:
            faults.append(f"{name} is lost")
        if not aside.get(f"{name}.理由.txt", b"").strip(b"\0").endswith(b"\r\n"):
            faults.append(f"nothing says why {name} was refused")
    return faults


def undone(crash: Crash, found: Found) -> list[str]:
    """What a loss of power after the end takes back, or leaves beside."""
    end = crash.found({})
    names = {name for name in end.files.keys() | found.files.keys() if end.files.get(name) != found.files.get(name)}
    return sorted(names | (end.folders ^ found.folders))


def noticed(work: Work, **without: Any) -> str:
    """What goes wrong, at some call, where these syncs do nothing; "" if nothing does."""
    *during, end = crashes(work.recorded, **without)
    for crash in (end, *during):
        for choice in crash.systematic():
            found = crash.found(choice)
            if wrong := faults(work, crash, found) or (undone(crash, found) if crash is end else []):
                return f"{crash.at}: {wrong[0]}"
    return ""


# --- the tests ---


@pytest.mark.parametrize("name", ["taking and filing", "correcting"])
def test_a_loss_of_power_at_any_call_takes_nothing_whatever_single_thing_or_pair_of_things_it_takes(works: dict[str, Work], name: str) -> None:
    """And once the work is at its end, it takes nothing back."""
    assert noticed(works[name]) == ""


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(place=st.floats(0, 1), chance=st.randoms(use_true_random=False), name=st.sampled_from(["taking and filing", "correcting"]))
def test_a_loss_of_power_takes_nothing_whatever_subset_it_takes(
    works: dict[str, Work], at_each: dict[str, list[Crash]], place: float, chance: Random, name: str
) -> None:
    crash = at_each[name][round(place * (len(at_each[name]) - 1))]
    assert faults(works[name], crash, crash.found(crash.any(chance))) == []


@pytest.fixture(scope="module")
def at_each(works: dict[str, Work]) -> dict[str, list[Crash]]:
    return {name: list(crashes(work.recorded)) for name, work in works.items()}


@pytest.mark.slow
def test_a_loss_of_power_takes_nothing_in_a_hundred_thousand_states(works: dict[str, Work], at_each: dict[str, list[Crash]]) -> None:
    """So many with SCANPIPE_FULL=1, else fewer."""
    chance, wrong = Random(7), dict[int, list[str]]()
    for state in range(STATES):
        name = chance.choice(list(works))
        crash = chance.choice(at_each[name])
        if found := faults(works[name], crash, crash.found(crash.any(chance))):
            wrong[state] = [f"{name} {crash.at}", *found]
    assert wrong == {}


AFTER_A_FAULT = {  # what does nothing in a run without one: a sync that failed is made good when the step is done again
    "file._verified: storage.sync_folder(folder.parent)",
}


def test_no_sync_could_be_left_out(works: dict[str, Work]) -> None:
    """Each place in the program that syncs, in turn: without it a loss of power takes something. So none is forgotten, and none is made for nothing."""
    asked = {name: syncs(work.recorded) for name, work in works.items()}
    places = {place for found in asked.values() for place in found}
    unnoticed = {place for place in places if not any(place in asked[name] and noticed(work, without=place) for name, work in works.items())}
    assert unnoticed - AFTER_A_FAULT == set()
    assert len(places) >= 14


def test_a_scanpipe_that_never_syncs_is_found_out_by_the_model(works: dict[str, Work]) -> None:
    assert noticed(works["taking and filing"], without_any=True)
