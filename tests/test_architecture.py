"""The dependency rule of design §3 holds, and a violation that is planted in a copy of the package is seen."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    """import-linter over the package that lies in this folder, with the folder's own pyproject.toml."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=tree, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"}
    )  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "scanpipe", tmp_path / "scanpipe", ignore=shutil.ignore_patterns("__pycache__", "locale"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_point_down_only(copy: Path) -> None:
    ended = lint_imports(copy)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("core/dates.py", "import sqlite3", "The core knows no files, clock, SQL or logging"),
        ("core/sheets.py", "from scanpipe import storage", "Imports point down only"),
        ("catalogue/reader.py", "from scanpipe.stages import index", "Imports point down only"),
        ("upkeep/proving/fixity.py", "from scanpipe import pipeline", "Imports point down only"),
        ("stages/index.py", "from scanpipe.stages import account", "No stage imports another"),
        ("stages/recognise.py", "import pytesseract", "pytesseract has one home"),
        ("storage.py", "import watchdog", "watchdog has one home"),
        ("stages/intake.py", "import distributed", "Dask has one home"),
    ],
)
def test_a_planted_violation_breaks_its_contract(copy: Path, module: str, line: str, contract: str) -> None:
    path = copy / "scanpipe" / module
    path.write_text(f"{path.read_text('utf-8')}\n{line}\n", "utf-8")
    ended = lint_imports(copy)
    assert ended.returncode == 1
    assert f"{contract} BROKEN" in ended.stdout


def test_a_module_without_a_layer_is_seen(copy: Path) -> None:
    (copy / "scanpipe" / "somewhere.py").write_text("", "utf-8")
    ended = lint_imports(copy)
    assert ended.returncode == 1
    assert "scanpipe.somewhere" in ended.stdout
