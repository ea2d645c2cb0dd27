"""Orders runs of a site that are cut off before a chosen system call; child.py carries them out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


class Runs:
    """Orders runs of a site; see child.py."""

    def __init__(self) -> None:
        self._child = subprocess.Popen([sys.executable, str(Path(__file__).with_name("child.py"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, config: Path, at: int = 0, how: str = "kill", *, line: bool = True, sync: bool = True) -> dict[str, Any]:
        assert self._child.stdin and self._child.stdout
        print(json.dumps({"config": str(config), "at": at, "how": how, "line": line, "sync": sync}), file=self._child.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._child.stdout.readline())
        return answer

    def close(self) -> None:
        self._child.communicate()
