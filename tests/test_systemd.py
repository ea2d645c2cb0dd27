"""The units are sound and hardened: judged by systemd itself, without a running one."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).resolve().parent.parent / "systemd").glob("*.service"))
PROGRAM = shutil.which("systemd-analyze")

MOST_EXPOSED = {"scanpipe-worker.service": 1.0}  # it parses what strangers scanned and needs nothing of its machine

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="systemd-analyze is not installed here")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert PROGRAM
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)


def test_there_is_a_unit_for_the_daemon_one_for_the_web_and_one_for_a_worker() -> None:
    assert {"scanpipe.service", "scanpipe-web.service", "scanpipe-worker.service"} <= {unit.name for unit in UNITS}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_exposed_by_at_most_its_points(unit: Path) -> None:
    said = analyze("security", "--offline=yes", "--no-pager", str(unit))
    points = re.search(r"exposure level for \S+: ([0-9.]+)", said.stdout)
    assert points, said.stderr
    assert float(points[1]) <= MOST_EXPOSED.get(unit.name, 1.5)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_every_line_of_a_unit(unit: Path, tmp_path: Path) -> None:
    program = tmp_path / "scanpipe"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text("utf-8").replace("/opt/scanpipe/bin/scanpipe", str(program)), "utf-8")
    said = analyze("verify", "--man=no", str(copy))
    assert [line for line in said.stderr.splitlines() if unit.name in line] == []


def test_the_daemon_is_watched_and_stays_down_when_its_configuration_is_wrong() -> None:
    lines = (UNITS[0].parent / "scanpipe.service").read_text("utf-8").splitlines()
    assert {"Type=notify", "Restart=on-failure", "RestartPreventExitStatus=78"} <= set(lines)
    assert any(line.startswith("WatchdogSec=") for line in lines)
