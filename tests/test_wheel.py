"""What pip installs is whole: the wheel holds the default configuration, the SQL and the Japanese words, and makes a site by itself."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEFAULTS = ("departments.toml", "departments-small.toml", "retention.toml", "scanpipe.toml")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contents of a wheel that was built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    shutil.rmtree(ROOT / "build", ignore_errors=True)  # else modules that are gone would come back from it
    subprocess.run(build, check=True)
    (wheel,) = folder.glob("scanpipe-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site-packages")
    return folder / "site-packages"


@pytest.mark.slow
def test_the_wheel_brings_all_that_is_not_python(unpacked: Path) -> None:
    package = unpacked / "scanpipe"
    for name in DEFAULTS:
        assert (package / "defaults" / name).read_bytes() == (ROOT / "config" / name).read_bytes()
    here = {path.relative_to(ROOT / "scanpipe") for path in (ROOT / "scanpipe").rglob("*") if path.is_file() and path.suffix not in (".po", ".pyc")}
    shipped = {path.relative_to(package) for path in package.rglob("*") if path.is_file() and path.parent.name != "defaults"}
    assert {Path("py.typed"), Path("catalogue/schema.sql"), Path("locale/ja/LC_MESSAGES/scanpipe.mo")} <= shipped
    assert here <= shipped
    assert [path.name for path in unpacked.iterdir() if path.suffix != ".dist-info"] == ["scanpipe"]
    assert list(unpacked.glob("*.dist-info/licenses/LICENSE"))


@pytest.mark.slow
def test_the_installed_package_makes_a_site_without_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    program = "import sys, scanpipe; from scanpipe.cli import main; print(scanpipe.__file__); sys.exit(main(['init', 'site']))"
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "LANG": "ja_JP.UTF-8", "LC_ALL": "ja_JP.UTF-8", "PYTHONUTF8": "1"}
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(str(unpacked))
    assert "課" in ended.stdout
    assert (tmp_path / "site" / "config" / "departments.toml").read_bytes() == (ROOT / "config" / "departments.toml").read_bytes()
