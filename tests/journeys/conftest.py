"""The process that runs sites on prepared text (child.py), and a place for many short-lived sites."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cut_short import Runs


@pytest.fixture(scope="session")
def runs() -> Iterator[Runs]:
    ordered = Runs()
    yield ordered
    ordered.close()


@pytest.fixture(scope="module")
def quick_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A module's folder for hundreds of sites: in memory where there is room, since a killed process loses nothing that it wrote. Power cuts need a disk."""
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 28):
        yield tmp_path_factory.mktemp("sites")
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="scanpipe-journeys-") as folder:
        yield Path(folder)
