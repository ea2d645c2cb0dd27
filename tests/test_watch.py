"""The drop folders: looked into on a timer, with events only as hints; quiet files are taken, everything else is shown, a folder at fault stops no other."""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import pytest

from scanpipe.core.scans.readiness import OUR_FOLDERS
from scanpipe.core.scans.sequences import Run
from scanpipe.errors import PlaceError
from scanpipe.storage import DiskFull, FileIdentity, PlaceGone
from scanpipe.watch import FOLDER, IGNORED, MORE_MAY_COME, Folder, WatchEnded, Watcher

LONGEST = 60.0


class Desk:
    """What a watcher tells, and what it is answered."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, bool]] = []
        self.runs: list[tuple[tuple[str, ...], frozenset[str]]] = []
        self.answers: dict[str, str | PlaceError | BaseException] = {}
        self.lying: dict[str, Mapping[str, str]] = {}
        self.places: list[tuple[str, type[PlaceError] | None]] = []
        self.folders: dict[str, Path] = {}

    def take(self, key: str, name: str, seen: FileIdentity, *, overdue: bool) -> str | None:
        answer = self.answers.get(name)
        if isinstance(answer, BaseException):
            raise answer
        self.taken.append((key, name, overdue))
        if answer is None:
            (self.folders[key] / name).unlink()
        return answer

    def take_run(self, key: str, run: Run, seen: Mapping[str, FileIdentity], *, overdue: Collection[str]) -> str | None:
        assert seen.keys() == set(run.names)
        self.runs.append((run.names, frozenset(overdue)))
        answer = self.answers.get(run.names[0])
        if answer is None:
            for name in run.names:
                (self.folders[key] / name).unlink()
        return None if answer is None else str(answer)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk()
    for key in ("one", "two"):
        folder = made.folders[key] = tmp_path / key
        for name in OUR_FOLDERS:
            (folder / name).mkdir(parents=True)
        (folder / ".scanpipe-share").write_text("mark")
    return made


@pytest.fixture
def watch(desk: Desk) -> Iterator[Callable[..., Watcher[str]]]:
    started: list[Watcher[str]] = []

    def start(quiet: float = 0.1, incomplete: float = 60.0, poll: float = 0.05, join: float | None = None) -> Watcher[str]:
        folders = [Folder(key=key, path=path, quiet_seconds=quiet, incomplete_seconds=incomplete, join_seconds=join) for key, path in desk.folders.items()]
        watcher = Watcher(
            folders,
            poll,
            desk.take,
            desk.take_run,
            on_lying=lambda key, found: desk.lying.__setitem__(key, dict(found)),
            on_place=lambda key, error: desk.places.append((key, type(error) if error else None)),
        )
        started.append(watcher)
        watcher.start()
        return watcher

    yield start
    for watcher in started:
        watcher.stop()


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_quiet_file_is_taken_once(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    (desk.folders["one"] / "scan.pdf").write_bytes(b"%PDF")
    watcher = watch()
    until(lambda: desk.taken and watcher.pending() == 0)
    assert desk.taken == [("one", "scan.pdf", False)]


def test_a_file_that_is_still_written_is_not_taken(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    file = desk.folders["one"] / "scan.pdf"
    watcher = watch(quiet=30.0)
    with file.open("wb", buffering=0) as writing:
        for _ in range(20):
            writing.write(b"more")
            time.sleep(0.02)
            assert desk.taken == []
    watcher.expect("one", ["scan.pdf"])
    until(lambda: desk.taken)


def test_an_expected_file_needs_no_quiet_time(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    watcher = watch(quiet=3600.0)
    watcher.expect("two", ["scan.pdf"])
    (desk.folders["two"] / "scan.pdf").write_bytes(b"%PDF")
    until(lambda: desk.taken == [("two", "scan.pdf", True)])  # it came whole: if it is not, waiting would not make it so


def test_a_file_that_must_wait_is_asked_again_and_is_overdue_in_the_end(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    desk.answers["cut.pdf"] = "incomplete"
    (desk.folders["one"] / "cut.pdf").write_bytes(b"%PDF")
    watch(incomplete=0.4)
    until(lambda: ("one", "cut.pdf", True) in desk.taken)
    assert desk.taken[0] == ("one", "cut.pdf", False)


def test_folders_and_names_of_unfinished_files_are_shown_and_our_own_are_not(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    (desk.folders["one"] / "4月分").mkdir()
    (desk.folders["one"] / "scan.pdf.part").write_bytes(b"")
    watcher = watch(incomplete=0.2)
    until(lambda: desk.lying.get("one") == {"4月分": FOLDER, "scan.pdf.part": IGNORED})
    assert (desk.taken, watcher.pending()) == ([], 0)
    (desk.folders["one"] / "4月分").rmdir()
    until(lambda: desk.lying["one"] == {"scan.pdf.part": IGNORED})


def test_while_the_scanner_holds_its_lock_nothing_is_taken(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    lock = desk.folders["one"] / "XEROX-LOCK"
    lock.mkdir()
    (desk.folders["one"] / "scan.pdf").write_bytes(b"%PDF")
    (desk.folders["two"] / "scan.pdf").write_bytes(b"%PDF")
    watcher = watch()
    until(lambda: ("two", "scan.pdf", False) in desk.taken)
    time.sleep(0.5)
    assert len(desk.taken) == 1 and watcher.pending() == 1
    lock.rmdir()
    until(lambda: len(desk.taken) == 2)


def test_a_share_that_is_gone_is_told_once_and_comes_back_by_itself(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    mark = desk.folders["one"] / ".scanpipe-share"
    mark.unlink()
    for key in desk.folders:
        (desk.folders[key] / "scan.pdf").write_bytes(b"%PDF")
    watcher = watch()
    until(lambda: desk.places and ("two", "scan.pdf", False) in desk.taken)
    assert [type(fault) for fault in watcher.faults()] == [PlaceGone]
    until(lambda: watcher.pending() == 0)  # what lies below a missing mount tells nothing
    mark.write_text("mark")
    until(lambda: ("one", None) in desk.places and len(desk.taken) == 2)
    assert watcher.faults() == []


def test_a_file_whose_place_is_at_fault_holds_up_no_other(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    desk.answers["a huge one.pdf"] = DiskFull(path="/store")
    for name in ("a huge one.pdf", "small.pdf"):
        (desk.folders["one"] / name).write_bytes(b"%PDF")
    watcher = watch()
    until(lambda: desk.taken == [("one", "small.pdf", False)] and watcher.faults())
    assert (desk.folders["one"] / "a huge one.pdf").exists()
    del desk.answers["a huge one.pdf"]
    until(lambda: len(desk.taken) == 2)


def test_an_unknown_fault_with_one_folder_leaves_the_others_alone(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    desk.answers["odd.pdf"] = RuntimeError("unknown")
    (desk.folders["one"] / "odd.pdf").write_bytes(b"%PDF")
    (desk.folders["two"] / "scan.pdf").write_bytes(b"%PDF")
    watcher = watch()
    until(lambda: desk.taken == [("two", "scan.pdf", False)])
    watcher.check()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_watcher_that_ended_in_the_middle_is_noticed(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    desk.answers["fatal.pdf"] = SystemExit()
    watcher = watch()
    watcher.check()
    (desk.folders["one"] / "fatal.pdf").write_bytes(b"%PDF")
    until(lambda: not any(thread.name == "watch" for thread in threading.enumerate()))
    with pytest.raises(WatchEnded):
        watcher.check()


def test_many_files_in_one_folder_leave_the_other_its_turn(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    for n in range(70):
        (desk.folders["one"] / f"{n:03}.pdf").write_bytes(b"%PDF")
    (desk.folders["two"] / "scan.pdf").write_bytes(b"%PDF")
    watch()
    until(lambda: len(desk.taken) == 71)
    assert [key for key, _, _ in desk.taken].index("two") < 70


def lay_pages(folder: Path, *numbers: int) -> None:
    for number in numbers:
        (folder / f"p{number}.pdf").write_bytes(b"%PDF")


def test_pages_are_taken_together_in_order_when_no_more_have_come(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    lay_pages(desk.folders["one"], 10, 9)
    watch(join=0.6)
    until(lambda: desk.lying.get("one") == {"p9.pdf – p10.pdf": MORE_MAY_COME})
    lay_pages(desk.folders["one"], 11)
    until(lambda: desk.lying.get("one") == {"p9.pdf – p11.pdf": MORE_MAY_COME})
    (desk.folders["one"] / "letter.pdf").write_bytes(b"%PDF")
    until(lambda: desk.runs)
    assert desk.runs == [(("p9.pdf", "p10.pdf", "p11.pdf"), frozenset())]
    until(lambda: desk.lying["one"] == {} and desk.taken == [("one", "letter.pdf", False)])


def test_one_page_is_taken_as_a_file_when_no_more_have_come(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    lay_pages(desk.folders["one"], 1)
    watcher = watch(join=0.4)
    until(lambda: desk.taken == [("one", "p1.pdf", False)])
    assert (desk.runs, watcher.pending()) == ([], 0)


def test_pages_are_not_waited_for_longer_than_an_unfinished_file(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    lay_pages(desk.folders["one"], 1, 2)
    watch(join=3600.0, incomplete=0.3)
    until(lambda: desk.runs == [(("p1.pdf", "p2.pdf"), frozenset({"p1.pdf", "p2.pdf"}))])


def test_expected_pages_are_taken_at_once_and_only_all_together(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    lay_pages(desk.folders["one"], 1, 2, 3)
    watcher = watch(join=3600.0)
    watcher.expect("one", ["p1.pdf", "p2.pdf"])
    until(lambda: desk.lying.get("one"))
    time.sleep(0.3)
    assert desk.runs == []
    watcher.expect("one", ["p3.pdf"])
    until(lambda: desk.runs == [(("p1.pdf", "p2.pdf", "p3.pdf"), frozenset({"p1.pdf", "p2.pdf", "p3.pdf"}))])


def test_a_run_that_must_wait_holds_up_no_other(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    desk.answers["p1.pdf"] = "incomplete"
    lay_pages(desk.folders["one"], 1, 2)
    for name in ("q1.pdf", "q2.pdf"):
        (desk.folders["one"] / name).write_bytes(b"%PDF")
    watcher = watch(join=0.2)
    until(lambda: (("q1.pdf", "q2.pdf"), frozenset()) in desk.runs)
    until(lambda: watcher.pending() == 2)  # the watcher looks at what lies there once more after a run was taken
    del desk.answers["p1.pdf"]
    until(lambda: watcher.pending() == 0)


def test_where_pages_are_not_joined_numbered_files_are_scans_of_their_own(desk: Desk, watch: Callable[..., Watcher[str]]) -> None:
    lay_pages(desk.folders["one"], 1, 2)
    watch()
    until(lambda: len(desk.taken) == 2)
    assert desk.runs == []
