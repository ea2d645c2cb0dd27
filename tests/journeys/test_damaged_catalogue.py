"""Recovery drills: pages of the catalogue zeroed, spoilt, cut off, the file gone: seen at the start or by the nightly check, and `reindex` makes the same rows.

What SQLite cannot see is a change inside the text of a row: it keeps no digests. The vault and the journal have them.
"""

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from custody import GENERAL, TAX, copy_site, deliver, dump, pdf, sha256, two_sections
from cut_short import Runs

from scanpipe import cli
from scanpipe.catalogue.database import CatalogueDamaged, DatabaseError, integrity_check, open_catalogue
from scanpipe.config import Settings

PAGE = 4096
WORDS = {(GENERAL, f"{n}.pdf"): f"みどり市企第{n}号\n令和7年6月{n}日\n行政手続の見直しについて(通知)\n" + "本文" * 40 for n in range(1, 7)}
WORDS |= {(TAX, "bill.pdf"): "請求書\n令和7年5月20日\n請求金額 ¥120,000"}


@pytest.fixture(scope="module")
def used(quick_place: Path, runs: Runs) -> Settings:
    settings = two_sections(quick_place / "drilled", language="en")
    (settings.file.parent / "prepared.json").write_text(json.dumps({sha256(pdf(text)): [text] for text in WORDS.values()}), "utf-8")
    deliver(settings, {key: pdf(text) for key, text in WORDS.items()})
    assert runs(settings.file)["error"] is None
    return settings


@pytest.fixture
def site(used: Settings, quick_place: Path) -> Iterator[Settings]:
    settings = copy_site(used, quick_place / "drill")
    yield settings
    shutil.rmtree(quick_place / "drill")


def is_seen(path: Path) -> bool:
    """By what the daemon does at its start, or else by the nightly check."""
    try:
        open_catalogue(path).conn.close()
        integrity_check(path)
    except (CatalogueDamaged, DatabaseError):
        return True
    return False


def zeroed(data: bytearray, page: int) -> None:
    data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)


def overwritten(data: bytearray, page: int) -> None:
    """By another file's block."""
    data[page * PAGE : (page + 1) * PAGE] = random.Random(page).randbytes(PAGE)


def cut_off(data: bytearray, page: int) -> None:
    del data[page * PAGE :]


def flipped(data: bytearray, page: int) -> None:
    """A bit of the page's head, by which SQLite finds its rows."""
    data[page * PAGE + (100 if page == 0 else 0)] ^= 0x40


@pytest.mark.parametrize("harm", [zeroed, overwritten, cut_off, flipped])
def test_harm_to_any_page_is_seen_unless_no_row_was_on_it(site: Settings, harm: Callable[[bytearray, int], None]) -> None:
    path = site.layout.catalogue_db
    sound, before = path.read_bytes(), dump(site)
    assert not is_seen(path)
    pages, unseen = len(sound) // PAGE, []
    assert pages > 60
    for page in range(1 if harm is cut_off else 0, pages):  # a file of no length is made again at the start like one that is gone
        data = bytearray(sound)
        harm(data, page)
        path.write_bytes(data)
        if not is_seen(path) and dump(site) != before:
            unseen.append(page)
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
    assert unseen == []


@pytest.mark.parametrize("harm", ["zeroed", "overwritten", "cut off", "header", "deleted", "wal spoilt"])
def test_reindex_makes_the_same_rows_after_any_harm(site: Settings, harm: str) -> None:
    before, path = dump(site), site.layout.catalogue_db
    data = bytearray(path.read_bytes())
    if harm == "deleted":
        path.unlink()
    elif harm == "wal spoilt":
        path.with_name(f"{path.name}-wal").write_bytes(os.urandom(3 * PAGE))
    else:
        {"zeroed": zeroed, "overwritten": overwritten, "cut off": cut_off, "header": zeroed}[harm](data, 0 if harm == "header" else len(data) // PAGE // 2)
        path.write_bytes(data)
    assert cli.main(["--config", str(site.file), "reindex", "--json"]) == 0
    assert dump(site) == before
