"""scanpipe as ever, with one thing more: each lane writes down what a page cost it. `python probed_daemon.py FOLDER ARGUMENTS-OF-SCANPIPE`.

A spawned lane runs this file again as __mp_main__ before its first task; only there anything is changed, and only by wrapping: the daemon itself
is the real one. A line of JSON for each page: CPU seconds inside the runtime's calls, and of the whole page.
"""

import functools
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
spent = 0.0  # CPU seconds of this lane inside inference


def probe(folder: Path) -> None:
    from scanpipe.recognition import lane

    lane.warm_up = _with_counted_inference(lane.warm_up)
    log = (folder / f"{os.getpid()}.jsonl").open("a", encoding="utf-8", buffering=1)  # now: once the lane has shut itself in it opens nothing here
    lane.read_page = _told(lane.read_page, log)


def _with_counted_inference(warm_up: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(warm_up)
    def started(*args: object) -> None:
        from scanpipe.recognition import runtimes

        runtimes.load = _counted(runtimes.load)
        warm_up(*args)

    return started


def _counted(load: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(load)
    def loaded(*args: Any, **named: Any) -> Any:
        infer = load(*args, **named)

        def counted(tensor: Any) -> Any:
            global spent
            before = time.process_time()
            try:
                return infer(tensor)
            finally:
                spent += time.process_time() - before

        return counted

    return loaded


def _told(read_page: Callable[..., Any], log: TextIO) -> Callable[..., Any]:
    @functools.wraps(read_page)
    def read(*args: Any) -> Any:
        inference, page = spent, time.process_time()
        result = read_page(*args)
        line = {"lane": os.getpid(), "inference": spent - inference, "page": time.process_time() - page, "at": time.time()}
        log.write(json.dumps(line) + "\n")
        return result

    return read


if __name__ == "__mp_main__":
    probe(Path(sys.argv[1]))

if __name__ == "__main__":
    from scanpipe.cli import main

    sys.exit(main(sys.argv[2:]))
