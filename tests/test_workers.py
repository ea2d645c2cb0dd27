"""Lanes: what hangs or dies there costs its own task and no neighbour, and the next task finds a lane again."""

import os
import signal
import socket
import time
from collections.abc import Iterator

import pytest
from pebble import ProcessPool

from scanpipe.core.scans.fairness import Turn
from scanpipe.errors import Damaged, ScanError
from scanpipe.workers import LaneDied, LaneFault, LaneTimeout, LocalLanes, Stopped

LONGEST = 60.0


@pytest.fixture
def lanes() -> Iterator[LocalLanes]:
    made = LocalLanes(2, memory_mib=0, idle_seconds=600)
    yield made
    made.close()


def turn(serial: int = 1, *, brief: bool = False) -> Turn:
    return Turn(department="0101", left=1, since=0.0, serial=serial, page=1, brief=brief)


# What runs in a lane: importable by name.


def double(number: int) -> int:
    return 2 * number


def slow_double(number: int) -> int:
    time.sleep(0.5)
    return 2 * number


def hang() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(1)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail(message: str) -> None:
    raise ZeroDivisionError(message)


def fail_by_its_own_word() -> None:
    raise Damaged("{what} is torn", what="page 3")


def pid() -> int:
    return os.getpid()


def call(port: int) -> str:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return "connected"
    except OSError:
        return "refused"


def eat(mib: int) -> int:
    return len(bytearray(mib << 20))


def test_a_task_comes_back_with_its_answer(lanes: LocalLanes) -> None:
    assert [lanes.submit(double, n, timeout=LONGEST, turn=turn(n)).result(LONGEST) for n in range(1, 6)] == [2, 4, 6, 8, 10]


def test_a_hung_lane_is_stopped_after_its_time_and_its_neighbour_is_not_touched(lanes: LocalLanes) -> None:
    lanes.submit(double, 1, timeout=LONGEST, turn=turn()).result(LONGEST)
    hung = lanes.submit(hang, timeout=1.0, turn=turn())
    beside = [lanes.submit(slow_double, n, timeout=LONGEST, turn=turn(n)) for n in range(1, 5)]
    with pytest.raises(LaneTimeout):
        hung.result(LONGEST)
    assert [future.result(LONGEST) for future in beside] == [2, 4, 6, 8]
    assert lanes.submit(double, 4, timeout=LONGEST, turn=turn()).result(LONGEST) == 8


def test_a_dead_lane_costs_its_own_task_only_and_is_replaced(lanes: LocalLanes) -> None:
    for _ in range(3):
        with pytest.raises(LaneDied):
            lanes.submit(die, timeout=LONGEST, turn=turn()).result(LONGEST)
        assert lanes.submit(double, 21, timeout=LONGEST, turn=turn()).result(LONGEST) == 42


@pytest.mark.parametrize("times", [2, 3])
def test_a_lane_that_could_not_be_started_is_started_for_the_next_task(lanes: LocalLanes, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """What looks after the semaphores of all processes was killed in that moment, or there was no process to be had."""
    left, start = [BrokenPipeError(32, "Broken pipe")] * times, ProcessPool._start_pool

    def refuse(pool: ProcessPool) -> None:
        if left:
            raise left.pop()
        start(pool)

    monkeypatch.setattr(ProcessPool, "_start_pool", refuse)
    with pytest.raises(BrokenPipeError):
        lanes.warm()
    first = lanes.submit(double, 1, timeout=LONGEST, turn=turn())
    if times == 2:
        assert first.result(LONGEST) == 2
    else:
        with pytest.raises(ScanError, match="Broken pipe"):
            first.result(LONGEST)
    assert [lanes.submit(double, n, timeout=LONGEST, turn=turn(n)).result(LONGEST) for n in (2, 3, 4)] == [4, 6, 8]


def test_a_fault_in_a_lane_is_a_fault_of_the_scan_and_the_lane_goes_on(lanes: LocalLanes) -> None:
    before = {lanes.submit(pid, timeout=LONGEST, turn=turn()).result(LONGEST) for _ in range(4)}
    with pytest.raises(LaneFault) as caught:
        lanes.submit(fail, "odd page", timeout=LONGEST, turn=turn()).result(LONGEST)
    assert "odd page" in str(caught.value) and isinstance(caught.value, ScanError)
    with pytest.raises(Damaged) as told:
        lanes.submit(fail_by_its_own_word, timeout=LONGEST, turn=turn()).result(LONGEST)
    assert str(told.value) == "page 3 is torn"
    after = {lanes.submit(pid, timeout=LONGEST, turn=turn()).result(LONGEST) for _ in range(4)}
    assert before & after


def test_a_lane_cannot_call_anyone(lanes: LocalLanes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert call(server.getsockname()[1]) == "connected"
        assert lanes.submit(call, server.getsockname()[1], timeout=LONGEST, turn=turn()).result(LONGEST) == "refused"


def test_a_lane_that_wants_too_much_memory_fails_alone() -> None:
    lanes = LocalLanes(1, memory_mib=1024, idle_seconds=600)
    try:
        with pytest.raises(LaneFault):
            lanes.submit(eat, 4096, timeout=LONGEST, turn=turn()).result(LONGEST)
        assert lanes.submit(double, 3, timeout=LONGEST, turn=turn()).result(LONGEST) == 6
    finally:
        lanes.close()


def test_closing_ends_what_runs_and_what_waits_without_blame() -> None:
    lanes = LocalLanes(1, memory_mib=0, idle_seconds=600)
    running, waiting = (lanes.submit(hang, timeout=LONGEST, turn=turn(n)) for n in (1, 2))
    lanes.close()
    for future in (running, waiting, lanes.submit(double, 1, timeout=LONGEST, turn=turn())):
        with pytest.raises(Stopped):
            future.result(LONGEST)


def test_idle_lanes_end_and_come_again_when_there_is_work() -> None:
    lanes = LocalLanes(1, memory_mib=0, idle_seconds=0.0)
    try:
        first = lanes.submit(pid, timeout=LONGEST, turn=turn()).result(LONGEST)
        while True:
            lanes.rest()
            second = lanes.submit(pid, timeout=LONGEST, turn=turn()).result(LONGEST)
            if second != first:  # rest leaves a lane alone in which a task has only just ended
                return
    finally:
        lanes.close()


def test_what_takes_a_moment_does_not_wait_for_pages_to_be_read() -> None:
    lanes = LocalLanes(1, memory_mib=0, idle_seconds=600, aside=nothing)
    try:
        assert lanes.width == 1
        page = lanes.submit(hang, timeout=LONGEST, turn=turn(1))
        assert lanes.submit(double, 4, timeout=LONGEST, turn=turn(2, brief=True)).result(LONGEST) == 8
        waiting = lanes.submit(double, 5, timeout=LONGEST, turn=turn(3))
        assert lanes.submit(double, 6, timeout=LONGEST, turn=turn(4, brief=True)).result(LONGEST) == 12
        assert not page.done() and not waiting.done()  # a page never takes the lane aside
    finally:
        lanes.close()


def nothing() -> None:
    pass
