"""Orders runs of a site that are cut off before a chosen system call; child.py carries them out."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from custody import copy_site

from scanpipe.config import Settings


class Runs:
    """Orders runs of a site; see child.py."""

    def __init__(self) -> None:
        self._child = subprocess.Popen([sys.executable, str(Path(__file__).with_name("child.py"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(
        self, config: Path, at: int = 0, how: str = "kill", *, line: bool = True, sync: bool = True, plant: str = "", record: Path | None = None
    ) -> dict[str, Any]:
        assert self._child.stdin and self._child.stdout
        order = {"config": str(config), "at": at, "how": how, "line": line, "sync": sync, "plant": plant, "record": str(record or "")}
        print(json.dumps(order), file=self._child.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._child.stdout.readline())
        return answer

    def close(self) -> None:
        self._child.communicate()


def killed_all_over(wanted: Settings, runs: Runs, faults: Callable[[Settings], str | None], *, every: int = 1) -> tuple[dict[int, str], int]:
    """(what is wrong after the kill, by the number of the system call it came before; how many calls the work makes).

    wanted: a site with its wishes asked, copied for each run. faults: what of the finished site is not as it should be, None = nothing.
    """
    place = wanted.file.parents[1].with_name(f"{wanted.file.parents[1].name}-run")
    calls = int(runs(copy_site(wanted, place).file)["calls"])
    shutil.rmtree(place)
    wrong: dict[int, str] = {}
    for at in range(1, calls + 1, every):
        settings = copy_site(wanted, place)
        runs(settings.file, at)
        answer = runs(settings.file)
        says = answer["error"] or faults(settings)
        if says:
            wrong[at] = str(says)[-600:]
        shutil.rmtree(place)
    return wrong, calls
