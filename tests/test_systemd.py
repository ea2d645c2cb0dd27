"""The units are sound and hardened: judged by systemd itself, without a running one."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
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


def said(name: str, key: str) -> list[str]:
    """The words of all lines with this key in a unit."""
    lines = (UNITS[0].parent / name).read_text("utf-8").splitlines()
    return [word for line in lines if line.startswith(f"{key}=") for word in line.partition("=")[2].split()]


def test_daemon_pages_and_worker_have_users_of_their_own() -> None:
    users = [said(name, "User") for name in ("scanpipe.service", "scanpipe-web.service")]
    assert users == [["scanpipe"], ["scanpipe-web"]] and said("scanpipe-worker.service", "DynamicUser") == ["yes"]


def test_the_pages_write_their_own_folder_and_the_drop_folders_alone() -> None:
    """That this is enough for a day's work, and keeps custody shut, is tried by journeys/test_two_users.py."""
    assert said("scanpipe-web.service", "ProtectSystem") == ["strict"]
    assert said("scanpipe-web.service", "ReadWritePaths") == ["/srv/scanpipe/store/web", "/srv/scanpipe/shares"]
    assert {f"/srv/scanpipe/store/{name}" for name in ("archive", "db", "journal", "proof", "spool")} <= set(said("scanpipe-web.service", "ReadOnlyPaths"))


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd-sysusers is not installed here")
def test_the_users_are_made_each_in_the_others_group(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}", str(UNITS[0].parent / "scanpipe.sysusers")], check=True, capture_output=True)
    users = {line.split(":")[0]: line.split(":")[6] for line in (tmp_path / "etc" / "passwd").read_text().splitlines()}
    members = {line.split(":")[0]: line.split(":")[3] for line in (tmp_path / "etc" / "group").read_text().splitlines()}
    assert users == dict.fromkeys(("scanpipe", "scanpipe-web"), "/usr/sbin/nologin")
    assert (members["scanpipe"], members["scanpipe-web"]) == ("scanpipe-web", "scanpipe")


def test_each_start_of_the_daemon_opens_the_folder_that_both_users_write() -> None:
    assert said("scanpipe.service", "ExecStartPre") == ["+-/usr/bin/systemd-tmpfiles", "--create", "scanpipe.conf"]


@pytest.mark.skipif(shutil.which("systemd-tmpfiles") is None, reason="systemd-tmpfiles is not installed here")
def test_the_shared_folder_is_opened_where_it_is_and_never_made_on_an_empty_mount_point(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text(f"scanpipe:x:{os.getuid()}:{os.getgid()}::/:/bin/false\n")
    (tmp_path / "etc" / "group").write_text(f"scanpipe:x:{os.getgid()}:\nscanpipe-web:x:{os.getgid()}:\n")
    create = ["systemd-tmpfiles", "--create", f"--root={tmp_path}", str(UNITS[0].parent / "scanpipe.tmpfiles")]
    subprocess.run(create, check=True, capture_output=True)
    site = tmp_path / "srv" / "scanpipe"
    assert list(site.iterdir()) == []
    (site / "store" / "web").mkdir(parents=True, mode=0o700)
    subprocess.run(create, check=True, capture_output=True)
    assert (site / "store" / "web").stat().st_mode & 0o7777 == 0o2770


_DENIED = "import ctypes, sys; sys.exit(77) if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) else None; "  # PR_SET_MDWE, Linux 6.3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "lives"),
    [
        ("import vl_convert; vl_convert.javascript_bundle('')", True),
        ("import vl_convert; vl_convert.vegalite_to_svg({'data': {'values': [{'a': 1}]}, 'mark': 'bar', 'encoding': {'x': {'field': 'a'}}})", False),
        ("from scanpipe.recognition.selftest import _read; _read('onnxruntime')", True),
        ("from scanpipe.recognition.selftest import _read; _read('openvino')", False),
    ],
)
def test_memory_that_may_be_written_and_run_is_left_to_those_that_need_it(program: str, lives: bool) -> None:
    """MemoryDenyWriteExecute is on for the pages, which a day's work goes through under it, and off where OpenVINO reads or V8 draws."""
    assert said("scanpipe-web.service", "MemoryDenyWriteExecute") == ["yes"]
    if "openvino" in program and importlib.util.find_spec("openvino") is None:
        pytest.skip("there is no OpenVINO for this machine")
    ended = subprocess.run([sys.executable, "-c", _DENIED + program], capture_output=True, check=False, timeout=120)
    if ended.returncode == 77:
        pytest.skip("this kernel does not know PR_SET_MDWE")
    assert (ended.returncode == 0) is lives
