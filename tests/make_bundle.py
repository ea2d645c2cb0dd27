"""`make bundle`: an installer for a server without Internet, in dist/scanpipe-VERSION-offline and as .tar.gz, tried with the network cut.

It holds the wheels of scanpipe and all it needs, the Debian packages with what they need, the units and install.sh. It fits servers with this
machine's Debian release, processor and version of Python.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Container, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE, SECTION = ROOT / "sample_scans" / "20250924151207_001.pdf", "1105"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def main() -> None:
    if shutil.which(f"python{PYTHON}", path="/usr/bin") is None:
        raise SystemExit(f".venv has Python {PYTHON}, this Debian has another. Make it anew: rm -r .venv && make bundle PYTHON=/usr/bin/python3")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    bundle = ROOT / "dist" / f"scanpipe-{version}-offline"
    shutil.rmtree(bundle, ignore_errors=True)
    (bundle / "debs").mkdir(parents=True)
    shutil.rmtree(ROOT / "build", ignore_errors=True)  # else modules that are gone would come back from it
    say("Collecting the wheels")
    run([sys.executable, "-m", "pip", "wheel", "-qq", "--disable-pip-version-check", "--wheel-dir", bundle / "wheels", f"{ROOT}[cluster]"])
    say("Collecting the Debian packages")
    collect_debs(bundle / "debs")
    for name in ("install.sh", "scanpipe.service", "scanpipe-web.service", "scanpipe-worker.service", "scanpipe.sysusers", "scanpipe.tmpfiles", "README"):
        shutil.copy(ROOT / "systemd" / name, bundle)
    (bundle / "python-version").write_text(f"{PYTHON}\n")
    say("Packing")
    packed = bundle.with_name(f"{bundle.name}.tar.gz")
    with tarfile.open(packed, "w:gz", compresslevel=1) as tar:  # wheels and debs are compressed already
        tar.add(bundle, bundle.name)
    say("Trying it with the network cut")
    with tempfile.TemporaryDirectory() as folder:
        attempt(packed, bundle.name, Path(folder))
    size = packed.stat().st_size / 1e6
    say(f"{packed.relative_to(ROOT)} ({size:.0f} MB) is ready. On the server: tar xzf {packed.name} && sudo {bundle.name}/install.sh")


def say(text: str) -> None:
    print(text, flush=True)


def run(command: list[str | Path], well: Container[int] = (0,), **options: object) -> str:
    """What the command printed. A failure, which is any other code than these, ends the bundle with what it said."""
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, **options)  # type: ignore[call-overload]
    if ended.returncode not in well:
        raise SystemExit(f"{ended.stdout}\nfailed ({ended.returncode}): {' '.join(map(str, command))}")
    return str(ended.stdout)


# --- Debian packages ---


def collect_debs(folder: Path) -> None:
    """All that the packages of the Makefile need and that no Debian machine is without (Essential, or of priority required)."""
    wanted = re.search(r"^DEBIAN := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert wanted
    if os.getuid() == 0:
        run(["apt-get", "-qq", "update"])
    needed = closure(wanted[1].split()) - closure(basic_packages())
    run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *sorted(needed)], cwd=folder)


def closure(names: Iterable[str]) -> set[str]:
    """`name=version` of everything that apt would install for these on a machine that has nothing yet."""
    with tempfile.NamedTemporaryFile() as nothing:
        simulate: list[str | Path] = ["apt-get", "-o", f"Dir::State::status={nothing.name}", "--simulate", "--no-install-recommends", "install", *names]
        return {f"{name}={version}" for name, version in re.findall(r"(?m)^Inst (\S+) \((\S+)", run(simulate))}


def basic_packages() -> list[str]:
    blocks = run(["apt-cache", "dumpavail"]).split("\n\n")
    basic = [block for block in blocks if re.search(r"(?m)^(Essential: yes|Priority: required)$", block)]
    return sorted({found[1] for block in basic if (found := re.search(r"(?m)^Package: (\S+)", block))})


# --- does it work? ---


def attempt(packed: Path, name: str, folder: Path) -> None:
    """Unpacks it, installs it into a folder and files a sample scan, all in a network namespace that has not even a loopback."""
    run(["tar", "-xzf", packed, "-C", folder])
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8", "PIP_CONFIG_FILE": os.devnull}
    cut_off: list[str | Path] = ["unshare", "--net"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--net"]
    scanpipe: list[str | Path] = [*cut_off, folder / "opt" / "bin" / "scanpipe"]
    site: list[str | Path] = [*scanpipe, "--config", folder / "site" / "config" / "scanpipe.toml"]
    for command in (
        [*cut_off, folder / name / "install.sh", "--program-only", "--prefix", folder / "opt"],
        [*scanpipe, "init", folder / "site"],
        [*site, "doctor"],
        [*site, "ingest", SAMPLE, "--department", SECTION],
        [*site, "search", "ガイドライン"],
    ):
        say(f"  {' '.join(str(part).replace(f'{folder}/', '') for part in command)}")
        well = (0, 1) if "ingest" in command else (0,)  # 1: it is filed, and a person is to look at it
        print("".join(f"    {line}\n" for line in run(command, well, env=environment, cwd="/").splitlines()), end="")


if __name__ == "__main__":
    main()
