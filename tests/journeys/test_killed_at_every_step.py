"""kill -9 before every system call by which scanpipe changes the disk, a fault of the disk at every one of them, and a second kill during recovery."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from custody import GENERAL, TAX, assert_kept, copy_site, deliver, make_site, pdf, sha256
from cut_short import Runs

from scanpipe.config import Settings

LETTER = "みどり市企第17号\n令和7年6月2日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\nこのことについて、下記のとおり通知します。\n鶴亀算"
BILL = "請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事\n松竹梅"
FORM = "住民異動届\n令和7年4月1日\n届出人\n花鳥風月"
PAGES = {(GENERAL, "letter.pdf"): (LETTER, "別紙 鶴亀算の二"), (GENERAL, "form.pdf"): (FORM,), (TAX, "bill.pdf"): (BILL,)}
WORDS = {(GENERAL, "letter.pdf"): "鶴亀算", (GENERAL, "form.pdf"): "花鳥風月", (TAX, "bill.pdf"): "松竹梅"}
DELIVERED = {key: pdf(*pages) for key, pages in PAGES.items()}


@pytest.fixture(scope="module")
def delivered(quick_place: Path, runs: Runs) -> Settings:
    """A site in use, with three scans in its drop folders."""
    settings = make_site(quick_place / "start", language="en")
    prepared = {sha256(DELIVERED[key]): pages for key, pages in PAGES.items()}
    (settings.file.parent / "prepared.json").write_text(json.dumps(prepared), "utf-8")
    assert runs(settings.file)["error"] is None
    deliver(settings, DELIVERED)
    return settings


@pytest.fixture(scope="module")
def calls(delivered: Settings, runs: Runs) -> int:
    """How many system calls change the disk while three scans are taken and filed."""
    with copied(delivered) as settings:
        answer = runs(settings.file)
        assert answer["error"] is None
        assert_kept(settings, DELIVERED, WORDS)
    return int(answer["calls"])


@contextmanager
def copied(settings: Settings) -> Iterator[Settings]:
    folder = settings.file.parents[2] / "run"
    yield copy_site(settings, folder)
    shutil.rmtree(folder)


def test_all_steps(delivered: Settings, calls: int, runs: Runs) -> None:
    import time
    print("calls", calls)
    t=time.time()
    bad={}
    for at in range(1, calls + 1):
        with copied(delivered) as settings:
            assert runs(settings.file, at)["died"]
            a=runs(settings.file)
            try:
                assert a["error"] is None, a["error"][-300:]
                assert_kept(settings, DELIVERED, WORDS)
            except AssertionError as e:
                bad[at]=str(e)[:300]
    print(time.time()-t)
    for k,v in bad.items(): print(k,v)
    assert not bad
