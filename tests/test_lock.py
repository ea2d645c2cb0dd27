"""A store belongs to one process: of ten that start at once one gets it, and when it is killed the next one does."""

import os
import signal
import time
from pathlib import Path

import pytest

from scanpipe.errors import Locked
from scanpipe.lock import Lock

AT_ONCE = 10
LONGEST = 30.0


def contend(file: Path) -> int:
    """The process id of one that tries for the lock, and keeps it until it is killed; it ends with Locked's exit code if another one has it."""
    child = os.fork()
    if child == 0:
        code = os.EX_SOFTWARE
        try:
            Lock(file)
            while True:
                signal.pause()
        except Locked as error:
            code = error.exit_code
        finally:
            os._exit(code)
    return child


def ended(children: set[int]) -> dict[int, int]:
    """Exit codes of those that have ended."""
    found = {}
    for child in children:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            found[child] = os.waitstatus_to_exitcode(status)
    return found


def round_of(file: Path) -> None:
    children, codes = {contend(file) for _ in range(AT_ONCE)}, dict[int, int]()
    deadline = time.monotonic() + LONGEST
    while len(codes) < AT_ONCE - 1:
        assert time.monotonic() < deadline, codes
        codes |= ended(children - codes.keys())
        time.sleep(0.02)
    (winner,) = children - codes.keys()
    try:
        assert set(codes.values()) == {os.EX_TEMPFAIL}
        assert file.read_text("ascii").strip() == str(winner)
    finally:
        os.kill(winner, signal.SIGKILL)
        os.waitpid(winner, 0)


@pytest.mark.parametrize("rounds", [3, pytest.param(200 if os.environ.get("SCANPIPE_FULL") else 20, marks=pytest.mark.slow)])
def test_of_ten_that_start_at_once_one_works_and_when_it_is_killed_another_can(tmp_path: Path, rounds: int) -> None:
    for _ in range(rounds):
        round_of(tmp_path / "lock")
