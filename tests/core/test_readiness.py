"""When a file may be taken: quiet long enough, seen often enough, never while somebody writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.scans.readiness import LOOKS_NEEDED, Watched, ignored, is_lock, is_quiet, look, next_look_in


def seen(moments: list[tuple[float, str]]) -> Watched[str]:
    watched: Watched[str] | None = None
    for now, identity in moments:
        watched = look(watched, identity, now)
    assert watched is not None
    return watched


def test_three_looks_and_the_quiet_time_are_needed() -> None:
    assert not is_quiet(seen([(0, "a"), (6, "a")]), 6, 5)
    assert not is_quiet(seen([(0, "a"), (1, "a"), (2, "a")]), 2, 5)
    assert is_quiet(seen([(0, "a"), (3, "a"), (5, "a")]), 5, 5)


def test_any_change_starts_the_quiet_time_again() -> None:
    watched = seen([(0, "a"), (3, "a"), (4.9, "b"), (5, "b"), (6, "b")])
    assert not is_quiet(watched, 6, 5)
    assert is_quiet(look(watched, "b", 9.9), 9.9, 5)


@given(st.lists(st.tuples(st.floats(0.01, 3), st.sampled_from("ab")), min_size=1, max_size=30), st.floats(0.1, 10))
def test_a_file_that_changed_within_the_quiet_time_is_never_quiet(steps: list[tuple[float, str]], quiet: float) -> None:
    now, watched, changed, last = 0.0, None, 0.0, None
    for wait, identity in steps:
        now += wait
        watched = look(watched, identity, now)
        if identity != last:
            changed, last = now, identity
        if is_quiet(watched, now, quiet):
            assert now - changed >= quiet
            assert watched.looks >= LOOKS_NEEDED


@given(st.floats(0.1, 30), st.floats(0.1, 5))
def test_looking_when_told_takes_a_quiet_file_soon_after_its_time(quiet: float, poll: float) -> None:
    now = 0.0
    watched = look(None, "a", now)
    for _ in range(10_000):
        if is_quiet(watched, now, quiet):
            break
        now += next_look_in(watched, now, quiet, poll)
        watched = look(watched, "a", now)
    assert quiet <= now <= quiet + 0.1


@pytest.mark.parametrize(
    "name", [".hidden", "._x.pdf", "~$doc.docx", "Thumbs.db", "desktop.ini", "scan.tmp", "scan.PART", "x.filepart", "x.crdownload", "@eaDir", ".DS_Store"]
)
def test_names_of_unfinished_things_are_left_alone(name: str) -> None:
    assert ignored(name)


@pytest.mark.parametrize("name", ["20250401123456_001.pdf", "契約書.PDF", "temp.pdf", "part1.tif"])
def test_names_of_scans_are_not(name: str) -> None:
    assert not ignored(name)


def test_a_lock_of_the_scanner_is_known() -> None:
    assert is_lock("XEROX-LOCK")
    assert not is_lock("blockade.pdf")
