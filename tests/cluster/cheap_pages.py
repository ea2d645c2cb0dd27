"""Page functions that cost nothing, as lanes of a worker process import them by name."""

import os
import signal
import time
from pathlib import Path

from scanpipe.errors import ScanError


def line(path: Path, number: int) -> str:
    """The line of that number, counted from 1."""
    return path.read_text("utf-8").splitlines()[number - 1]


def slow_line(path: Path, number: int, marks: Path, seconds: float = 0.2) -> str:
    """The same, and leaves a mark in the written file."""
    time.sleep(seconds)
    marks.write_text(f"read {number}", "utf-8")
    return line(path, number)


def refuse(path: Path) -> None:
    raise ScanError("Page {page} of {name} is upside down.", page=3, name=path.name)


def hang(path: Path) -> None:
    time.sleep(3600)


def end(path: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def end_the_machine(path: Path) -> None:
    """Ends the Dask worker whose lane this is."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def where(path: Path) -> tuple[int, int, str]:
    """(process of the lane, of its worker, the folder that the file lies in)."""
    return os.getpid(), os.getppid(), str(path.parent)
