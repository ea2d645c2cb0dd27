"""Whatever the file, it is read or refused with a sentence; it never harms the lane."""

import multiprocessing
import os
import queue
import resource
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(os.environ.get("SCANPIPE_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "hostile"
FILES = sorted(path.name for path in CORPUS.glob("*") if path.suffix != ".tsv") if CORPUS.is_dir() else []
SECONDS, MOST_MEMORY = 150, 2 * 1024**2  # KiB resident
MOST_PAGES = 3


def take_in(name: str, folder: str, answer: "multiprocessing.Queue[Any]") -> None:
    """What a lane does with a file; answers with the kind of error, None if it went well, and the memory it took."""
    from scanpipe.errors import ScanError
    from scanpipe.recognition.assemble import assemble
    from scanpipe.recognition.facts import Heading
    from scanpipe.recognition.pages import ReadingSettings, inspect, read_page

    file, settings, outcome = CORPUS / name, ReadingSettings(), None
    try:
        found = inspect(file, settings)
        pages = [read_page(file, number, settings) for number in range(1, min(found.pages, MOST_PAGES) + 1)]
        if len(pages) == found.pages:
            heading = Heading(title=name, number="2025-000001", created=datetime.now(UTC), sha256="0" * 64, name=name)
            assemble(file, found.media_type, pages, Path(folder, "access.pdf"), heading)
    except ScanError as error:
        outcome = str(error)
    except BaseException as error:
        answer.put((f"not a ScanError: {error!r}", 0))
        return
    answer.put((outcome, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


@pytest.mark.slow
@pytest.mark.skipif(not FILES, reason="no hostile files here: set SCANPIPE_CORPUS")
@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.Queue[Any] = context.Queue()
    lane = context.Process(target=take_in, args=(name, str(tmp_path), answer))
    lane.start()
    try:
        outcome, memory = answer.get(timeout=SECONDS)
    except queue.Empty:
        outcome, memory = f"no answer within {SECONDS} s, exit code {lane.exitcode}", 0
    finally:
        lane.kill()
        lane.join()
    assert not str(outcome).startswith(("not a ScanError", "no answer")), outcome
    assert memory <= MOST_MEMORY
