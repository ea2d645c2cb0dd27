"""What is wrong stands in the daemon's log as a sentence in the site's language, whatever the locale of the service (a unit has C.UTF-8)."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from custody import TAX, two_sections

from scanpipe.config import SENTINEL, Settings

pytestmark = pytest.mark.slow

ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("LANGUAGE", "LC_ALL", "LC_MESSAGES")} | {"LANG": "C.UTF-8"}


def run(settings: Settings, log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as file:
        return subprocess.Popen([sys.executable, "-m", "scanpipe", "--config", str(settings.file), "run", "--no-web"], env=ENVIRONMENT, stderr=file)


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines(keepends=True) if line.startswith("{") and line.endswith("\n")]


def test_a_share_that_is_gone_is_told_in_japanese_at_the_start_and_by_who_looks_into_it(tmp_path: Path) -> None:
    settings, log = two_sections(tmp_path / "site"), tmp_path / "log"
    (settings.inbox(TAX) / SENTINEL).unlink()
    process = run(settings, log)
    ends = time.monotonic() + 60
    while {"place", "folder at fault"} - {line["event"] for line in lines(log)}:
        assert process.poll() is None and time.monotonic() < ends, log.read_text("utf-8")
        time.sleep(0.1)
    process.terminate()
    assert process.wait(60) == 0
    said = {line["event"]: line.get("says") or line.get("reason") for line in lines(log)}
    assert "がないので" in said["place"] and "見つかりません" in said["folder at fault"], said


def test_why_it_cannot_go_on_is_told_in_japanese_too(tmp_path: Path) -> None:
    settings, log = two_sections(tmp_path / "site"), tmp_path / "log"
    settings.layout.store_id.unlink()
    assert run(settings, log).wait(60) == os.EX_TEMPFAIL
    assert "見つかりません" in log.read_text("utf-8")
