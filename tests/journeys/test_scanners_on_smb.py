"""Scanners that write over a real Samba server (reliability §6, tests 11-13): none of their files is taken before its end, none is left, none is confused with another.

The daemon looks at very short intervals, far shorter than the scanners' pauses: what keeps it from taking a file too early is the kernel's lease and the file's
structure, not the quiet time.
"""

import os
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, TAX, files_in, pdf, sha256, two_sections
from prepared_office import Office, at_work
from samba import Share, put, served, wait_for

from scanpipe import storage
from scanpipe.stages.intake import purge_taken
from scanpipe.upkeep.proving.fixity import verify

FULL = bool(os.environ.get("SCANPIPE_FULL"))
LONGEST = 3600.0 if FULL else 120.0
PAUSE = 60.0 if FULL else 1.0  # of a scanner in the middle of a file; the daemon's quiet time is 0.3 s


class SambaOffice(Office):
    """An office whose drop folders are reached over SMB."""

    def __init__(self, office: Office, shares: dict[str, Share]) -> None:
        super().__init__(office.daemon, office.longest)
        self.general, self.tax = shares[GENERAL], shares[TAX]

    def of(self, name: str) -> list[dict[str, Any]]:
        return [row for row in self.outcomes() if row["name"] == name]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SambaOffice]:
    """On a disk, not in memory: leases are the disk's."""
    folder = tmp_path_factory.mktemp("smb")
    settings = two_sections(folder / "site")
    with served(settings, folder / "samba") as shares, at_work(settings, LONGEST) as found:
        yield SambaOffice(found, shares)


# --- what scanners do while they write ---


def at_once(share: Share, name: str, data: bytes) -> None:
    share.send(name, data)


def slowly(share: Share, name: str, data: bytes) -> None:
    with share.open(name) as file:
        put(file, data, pieces=8, pause=PAUSE / 2)


def with_its_size_first(share: Share, name: str, data: bytes) -> None:
    """As Windows copies: the final size from the first moment."""
    with share.open(name) as file:
        file.truncate(len(data))
        put(file, data, pieces=4, pause=PAUSE)


def closing_after_each_page(share: Share, name: str, data: bytes) -> None:
    """Canon GX7050, Fujitsu iX1600: between two pages nobody has the file open."""
    third = len(data) // 3
    share.send(name, data[:third])
    for part in (data[third : 2 * third], data[2 * third :]):
        time.sleep(PAUSE)
        with share.open(name, "ab") as file:
            put(file, part)


def under_another_name(share: Share, name: str, data: bytes) -> None:
    with share.open(f"{name}.tmp") as file:
        put(file, data, pieces=2, pause=PAUSE)
    time.sleep(PAUSE)
    share.rename(f"{name}.tmp", name)


def with_a_long_rest_before_the_end(share: Share, name: str, data: bytes) -> None:
    """All bytes are there and the page tree is whole, but the device still has the file open."""
    with share.open(name) as file:
        put(file, data)
        time.sleep(3 * PAUSE)


WAYS = (at_once, slowly, with_its_size_first, closing_after_each_page, under_another_name, with_a_long_rest_before_the_end)
EACH = 8 if FULL else 2


@pytest.fixture(scope="module")
def scanned(office: SambaOffice) -> dict[str, dict[str, bytes]]:
    """way -> name -> bytes, all written side by side, to two sections in turn."""
    sent = {way.__name__: {f"{way.__name__}-{n}.pdf": pdf(f"{way.__name__} {n}", "二枚目") for n in range(EACH)} for way in WAYS}
    with ThreadPoolExecutor(len(WAYS) * EACH) as scanners:
        begun = [
            scanners.submit(way, (office.general, office.tax)[n % 2].of_another_scanner(), name, data)
            for way in WAYS
            for n, (name, data) in enumerate(sent[way.__name__].items())
        ]
        office.until(lambda: all(scanner.done() for scanner in begun))
        for scanner in begun:
            scanner.result()
    office.settle()
    return sent


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_however_a_scanner_writes_its_file_is_taken_whole_and_once(office: SambaOffice, scanned: dict[str, dict[str, bytes]], way: Callable[..., None]) -> None:
    filed = office.filed()
    for name, data in scanned[way.__name__].items():
        assert [(row["outcome"], row["sha256"]) for row in office.of(name)] == [("accession", sha256(data))]
        assert filed[sha256(data)] == 1


# --- names ---


def test_one_name_again_and_again_is_a_record_each_time(office: SambaOffice) -> None:
    sent = [pdf(f"同じ名前 {n}") for n in range(4)]
    for data in sent:
        office.general.send("scan0001.pdf", data)
        office.settle()
    assert [row["sha256"] for row in office.of("scan0001.pdf")] == [sha256(data) for data in sent]


def test_a_file_that_is_overwritten_while_it_is_taken_is_never_a_mixture_and_its_last_bytes_are_kept(office: SambaOffice) -> None:
    before, versions = office.filed(), [pdf(f"第{n}版", "上書き") for n in range(200 if FULL else 25)]

    def overwrite() -> None:
        for number, data in enumerate(versions):
            office.general.send("overwritten.pdf", data)
            time.sleep(0.02 * (number % 5))

    scanner = threading.Thread(target=overwrite)
    scanner.start()
    office.until(lambda: not scanner.is_alive())
    office.settle()
    purge_taken(office.settings, office.daemon.catalogue, office.daemon.clock() + timedelta(days=8))  # what a late writer left comes back
    office.settle()
    fresh = office.filed() - before
    assert set(fresh) <= {sha256(data) for data in versions} and fresh[sha256(versions[-1])] == 1
    assert set(fresh.values()) == {1}


TWINS = (
    unicodedata.normalize("NFC", "がくせい報告書.pdf"),
    unicodedata.normalize("NFD", "がくせい報告書.pdf"),
    "ＳＣＡＮ.pdf",  # full width is another name, not another spelling
    "con.pdf", "nul", "aux.pdf", "com1.pdf", "lpt9.pdf",  # reserved by Windows, not by a scanner
    "空白 で終わる .pdf", "点..pdf", "長" * 75 + ".pdf", "#%&'()=~^{}[]@;+,.pdf", "１２３ー～〜.pdf",
)  # fmt: skip


def test_names_that_look_alike_or_are_reserved_elsewhere_are_each_a_record(office: SambaOffice) -> None:
    sent = {name: pdf(f"名前 {n}") for n, name in enumerate(TWINS)}
    for name, data in sent.items():
        office.tax.send(name, data)
    office.settle()
    assert all(office.filed()[sha256(data)] == 1 for data in sent.values())


def test_names_that_differ_in_case_alone_are_one_name_on_the_share_and_two_records(office: SambaOffice) -> None:
    """Samba, like Windows, takes them for one file: whoever comes second finds the first one gone."""
    sent = {name: pdf(name) for name in ("Case.pdf", "CASE.PDF")}
    for name, data in sent.items():
        office.general.send(name, data)
        office.settle()
    assert all(office.filed()[sha256(data)] == 1 for data in sent.values())


# --- what the clerk sees ---


def test_the_clerk_reads_over_the_share_what_was_refused_and_what_was_kept(office: SambaOffice) -> None:
    office.general.send("メモ.txt", "買い物".encode())
    office.general.send("辞令.pdf", pdf("辞令"))
    office.settle()
    assert office.general.read(r"要確認\メモ.txt") == "買い物".encode()
    assert "保存できる形式（PDF、TIFF、JPEG、PNG）ではありません" in office.general.read(r"要確認\メモ.txt.理由.txt").decode("utf-8-sig")
    office.daemon.receipts.write(now=True)
    (page,) = [name for name in office.general.names("受付簿") if name.endswith(".html")]
    listed = office.general.read(rf"受付簿\{page}").decode("utf-8")
    assert "辞令.pdf" in listed and "メモ.txt" in listed


def test_the_mark_of_a_share_cannot_be_seen_or_taken_away_by_a_client(office: SambaOffice) -> None:
    assert office.general.names() >= {"要確認", "受付簿"} and ".scanpipe-share" not in office.general.names()
    with pytest.raises(OSError):
        office.general.remove(".scanpipe-share")
    assert (office.settings.inbox(GENERAL) / ".scanpipe-share").exists()


# --- many ---


@pytest.mark.slow
def test_fifty_scanners_at_once_lose_nothing_and_nothing_is_taken_twice(office: SambaOffice, tmp_path: Path) -> None:
    before, sent = office.filed(), dict[str, bytes]()
    each = 100 if FULL else 4
    processes = []
    for writer in range(50):
        folder = tmp_path / f"writer{writer}"
        folder.mkdir()
        for n in range(each):
            name = f"w{writer:02}-{n:03}.pdf"
            sent[name] = pdf(f"複合機 {writer} の {n} 件目")
            (folder / name).write_bytes(sent[name])
        processes.append((office.general, office.tax)[writer % 2].send_all(folder, tmp_path / f"log{writer}"))
    office.until(lambda: all(process.poll() is not None for process in processes))
    wait_for(processes)
    office.settle()
    assert office.filed() - before == Counter(map(sha256, sent.values()))


def test_at_the_end_the_vault_is_sound_and_every_source_is_kept_for_its_days(office: SambaOffice) -> None:
    report = verify(office.settings.layout)
    assert report.sound and report.expected == report.checked > 0, [str(found) for found in report.deviations]
    kept = {storage.digest(path) for path in files_in(office.settings.layout.taken)}
    assert kept <= set(office.filed())
    assert not files_in(office.settings.layout.spool_tmp) and not files_in(office.settings.layout.spool_new)
