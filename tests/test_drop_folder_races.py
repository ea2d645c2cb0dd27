"""Somebody swaps what a name in a drop folder means, again and again, for a link to a secret, its hard link, a pipe: nothing foreign is read, nobody waits for the pipe."""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from custody import GENERAL, files_in, pdf, sha256, two_sections

from scanpipe import inbox, storage
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Department
from scanpipe.custody import Custody
from scanpipe.stages import intake
from scanpipe.stages.intake import Intake, Outcome
from scanpipe.storage import FileIdentity
from scanpipe.upkeep.copying.reindex import records_of

SECRET = pdf("他課の秘密")
SCANS = [pdf(f"文書 {n}") for n in range(5)]
SWAPS = 10_000 if os.environ.get("SCANPIPE_FULL") else 3_000


class Desk:
    """Intake of one section, without a daemon; a secret on the same filesystem."""

    def __init__(self, folder: Path) -> None:
        self.settings = two_sections(folder / "site")
        self.section: Department = self.settings.department(GENERAL)
        self.inbox, layout = self.settings.inbox(self.section), self.settings.layout
        self.secret = folder / "secret.pdf"
        self.secret.write_bytes(SECRET)
        for place in (layout.spool_tmp, layout.spool_new, layout.catalogue_db.parent):
            storage.make_folder(place)
        self.catalogue = Catalogue(layout.catalogue_db, layout.journal, lambda: datetime.now(self.settings.timezone), records_of(layout.archive))
        self.intake = Intake(self.settings, Custody(self.settings, self.catalogue), self.catalogue.clock)

    def take(self, name: str) -> Outcome | None:
        """Of whatever the name means now; None if it means nothing."""
        try:
            seen = FileIdentity.of(os.lstat(self.inbox / name))
        except FileNotFoundError:
            return None
        return self.intake.take(self.section, name, seen, overdue=True).outcome

    def known(self) -> set[str]:
        """sha256 of all that was taken."""
        reader = CatalogueReader(self.settings.layout.catalogue_db)
        try:
            return {row["sha256"] for row in reader.outcomes() if row["outcome"] == "accession"}
        finally:
            reader.close()

    def assert_nothing_foreign(self) -> None:
        """The secret's bytes lie nowhere but under its own name, its links in 要確認 and what was swapped last."""
        assert sha256(SECRET) not in self.known()
        held = {hashlib.sha256(path.read_bytes()).hexdigest() for path in files_in(self.settings.layout.store) if path.suffix not in (".db", ".jsonl")}
        assert sha256(SECRET) not in held
        taken = self.settings.taken_of(self.section)
        assert [path for path in files_in(taken) if path.read_bytes() == SECRET] == []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.catalogue.close()


def swap(desk: Desk, times: int) -> None:
    """Puts one thing after the other under the same name, each whole at once."""
    aside, target = desk.inbox / ".aside", desk.inbox / "scan.pdf"
    for n in range(times):
        if n % 5 == 0:
            os.symlink(desk.secret, aside)
        elif n % 5 == 1:
            os.link(desk.secret, aside)
        elif n % 5 == 2:
            os.mkfifo(aside)
        else:
            aside.write_bytes(SCANS[n % len(SCANS)])
        os.rename(aside, target)


@pytest.mark.parametrize("times", [150, pytest.param(SWAPS, marks=pytest.mark.slow)])
def test_whatever_a_name_comes_to_mean_nothing_foreign_is_taken(desk: Desk, times: int) -> None:
    swapper = os.fork()
    if swapper == 0:
        with suppress(BaseException):
            swap(desk, times)
        os._exit(0)
    longest, outcomes = 0.0, set()
    while os.waitpid(swapper, os.WNOHANG)[0] == 0:
        began = time.monotonic()
        outcomes.add(desk.take("scan.pdf"))
        longest = max(longest, time.monotonic() - began)
        shutil.rmtree(desk.inbox / "要確認")
        (desk.inbox / "要確認").mkdir()
    assert outcomes & {Outcome.TAKEN, Outcome.DUPLICATE, Outcome.REJECTED}
    assert longest < 20  # nobody waited for a writer of the pipe
    desk.assert_nothing_foreign()


@pytest.mark.parametrize("foreign", ["link", "hard link", "pipe", "other scan"])
@pytest.mark.parametrize("call", ["open", "fallocate", "fsync", "rename"])
def test_what_is_put_in_its_place_in_the_middle_of_the_taking_is_left_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch, foreign: str, call: str) -> None:
    """Swapped ahead of each kind of system call in turn; the scan itself is gone by its sender's will, or was in custody already."""
    path, swapped = desk.inbox / "scan.pdf", []

    def before(name: str, at: Path) -> None:
        if name == call and not swapped and path.exists():
            swapped.append(name)
            put(foreign, desk.inbox / ".aside", desk.secret)
            os.rename(desk.inbox / ".aside", path)

    path.write_bytes(SCANS[0])
    monkeypatch.setattr(storage, "before", before)
    desk.take("scan.pdf")
    monkeypatch.undo()
    assert swapped
    desk.assert_nothing_foreign()
    left = [one for one in desk.inbox.iterdir() if one.name.startswith("scan")]
    assert len(left) == 1, "what was put there is looked at like any other"
    if foreign == "other scan":
        desk.take(left[0].name)
        assert sha256(SCANS[1]) in desk.known()


def put(foreign: str, path: Path, secret: Path) -> None:
    if foreign == "link":
        path.symlink_to(secret)
    elif foreign == "hard link":
        os.link(secret, path)
    elif foreign == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(SCANS[1])


def test_a_file_that_moves_into_the_name_at_the_last_moment_goes_back_and_is_taken_next(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the move there is nothing that could hold it: what was moved by mistake is put back."""
    path = desk.inbox / "scan.pdf"

    def before(name: str, at: Path) -> None:
        if name == "rename" and at.parent == desk.settings.taken_of(desk.section) and path.exists():
            path.unlink()
            path.write_bytes(SCANS[2])

    path.write_bytes(SCANS[0])
    monkeypatch.setattr(storage, "before", before)
    assert desk.take("scan.pdf") is Outcome.TAKEN
    monkeypatch.undo()
    assert desk.take("scan.pdf") is Outcome.TAKEN
    assert desk.known() == {sha256(SCANS[0]), sha256(SCANS[2])}


def test_another_program_that_holds_a_lease_on_a_file_makes_it_wait(desk: Desk) -> None:
    """A Samba server with kernel oplocks does: opening the file breaks the lease, and until then says EAGAIN."""
    path = desk.inbox / "scan.pdf"
    path.write_bytes(SCANS[0])
    reading, writing = os.pipe()
    holder = os.fork()
    if holder == 0:
        import fcntl
        import signal

        signal.signal(signal.SIGIO, signal.SIG_IGN)
        descriptor = os.open(path, os.O_RDWR)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        os.write(writing, b"x")
        signal.pause()
        os._exit(0)
    os.read(reading, 1)
    try:
        assert desk.take("scan.pdf") is Outcome.LATER
    finally:
        os.kill(holder, 9)
        os.waitpid(holder, 0)
    assert desk.take("scan.pdf") is Outcome.TAKEN


def test_a_companion_file_that_becomes_a_hard_link_is_not_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    scan, sidecar = desk.inbox / "scan.pdf", desk.inbox / "scan.json"
    scan.write_bytes(SCANS[0])
    sidecar.write_text('{"title": "添付"}', "utf-8")
    foreign = desk.secret.with_name("foreign.json")
    foreign.write_text('{"title": "他課の秘密"}', "utf-8")
    opened = os.open

    def opening(path: object, *arguments: object, **named: object) -> int:
        if path == sidecar:
            sidecar.unlink()
            os.link(foreign, sidecar)
        return opened(path, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", opening)
    assert inbox.said_by_sidecars(desk.inbox, "scan.pdf") == {}


def test_a_pipe_that_takes_the_name_between_look_and_copy_is_no_fault_of_the_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path, opened = desk.inbox / "scan.pdf", intake._open
    path.write_bytes(SCANS[0])
    times = iter(range(99))

    def opening(folder: intake._Folder, name: str) -> int:
        if next(times) == 1:  # once to examine it, then to copy it
            path.unlink()
            os.mkfifo(path)
        return opened(folder, name)

    monkeypatch.setattr(intake, "_open", opening)
    assert desk.take("scan.pdf") is Outcome.LATER
    assert next(times) >= 2
    desk.assert_nothing_foreign()
