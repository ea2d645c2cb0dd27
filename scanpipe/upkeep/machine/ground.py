"""The machine below a site: programs, libraries, clock, memory. Each look yields findings; each that is not ok says how to mend it."""

import locale
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # the library that sqlite-utils picked, on purpose

from scanpipe.config import Settings
from scanpipe.confinement import landlock_version
from scanpipe.i18n import _
from scanpipe.recognition import selftest
from scanpipe.upkeep.machine.fonts import PACKAGE, japanese_font

OCRMYPDF_AT_LEAST = (17, 13)
SQLITE_AT_LEAST = (3, 51, 3)  # earlier ones can damage a WAL database (reliability §0)
LANGUAGES = ("jpn", "jpn_vert", "eng", "osd")
_MIB_DAEMON, _MIB_LANE = 350, 900  # design §12


class Level(StrEnum):
    """ok; warn: it works, with a loss that `says` names; fail: scanpipe, or a section, cannot work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. name: a stable word for programs. says: what was found. remedy: what to do; "" if ok."""

    name: str
    level: Level
    says: str
    remedy: str = ""


def ok(name: str, says: str) -> Finding:
    """All is well."""
    return Finding(name, Level.OK, says)


def warn(name: str, says: str, remedy: str) -> Finding:
    """It works, with a loss."""
    return Finding(name, Level.WARN, says, remedy)


def fail(name: str, says: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(name, Level.FAIL, says, remedy)


def look_at_machine(settings: Settings | None) -> Iterator[Finding]:
    """All that needs no site. settings: None if they have faults; then the defaults are assumed."""
    yield _python()
    tesseract = list(_tesseract())
    yield from tesseract
    yield _engine(settings, all(finding.level is Level.OK for finding in tesseract))
    yield _ocrmypdf()
    yield _fonts()
    yield _sandbox()
    yield _memory(settings)
    yield _systemd()
    yield _locale()


def _fonts() -> Finding:
    if japanese_font():
        return ok("fonts", _("There is a Japanese font to print cover sheets with; reading needs none."))
    says = _("There is no Japanese font: cover sheets (scanpipe cover) are printed with codes alone. Reading needs no font.")
    return warn("fonts", says, f"apt-get install {PACKAGE}")


def output(command: Sequence[str], seconds: float = 60) -> str | None:
    """What a child process printed; None if it is not there, failed, crashed or took too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds, check=False)  # noqa: S603 - fixed commands
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _python() -> Finding:
    return ok("python", f"Python {'.'.join(map(str, sys.version_info[:3]))}")  # an older one would not have come this far


def _tesseract() -> Iterator[Finding]:
    remedy = "apt-get install tesseract-ocr tesseract-ocr-jpn tesseract-ocr-jpn-vert tesseract-ocr-eng tesseract-ocr-osd"
    listed = output(["tesseract", "--list-langs"])
    if listed is None:
        yield fail("tesseract", _("Tesseract, which finds how a page is turned and is the second engine, does not run."), remedy)
        return
    there = set(listed.split("\n")[1:])
    missing = [language for language in LANGUAGES if language not in there]
    if missing:
        yield fail("tesseract", _("Tesseract has no data for: {languages}").format(languages=", ".join(missing)), remedy)
    else:
        first = (output(["tesseract", "--version"]) or "tesseract").splitlines()[0]
        yield ok("tesseract", _("{program} with {languages}").format(program=first, languages=", ".join(LANGUAGES)))


def _engine(settings: Settings | None, tesseract_works: bool) -> Finding:
    """Runtimes are tried as the daemon tries them; what it has measured is used again, and nothing is written."""
    wanted, runtime = (settings.ocr.engine, settings.ocr.runtime) if settings else ("auto", "auto")
    measured = selftest.seconds(settings.layout.work / "runtime.json" if settings else None, keep=False)
    taken = selftest.fastest(measured) if runtime == "auto" else runtime
    if taken in measured:
        figures = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in measured.items())
        says = _("ppocr reads with {runtime} in {precision}. The test page takes, in CPU time: {figures}")
        return ok("engine", says.format(runtime=taken.partition("-")[0], precision=selftest.precision(taken), figures=figures))
    if measured:
        says = _("{runtime} does not read the test page right on this machine.").format(runtime=taken)
        remedy = _('Write runtime = "auto" under [ocr], or install it: pip install openvino')
    else:
        says = _("onnxruntime or the models of rapidocr do not run on this machine.")
        remedy = _('Install scanpipe again with its packages. On a processor that cannot run them, write engine = "tesseract" under [ocr].')
    return warn("engine", says, remedy) if wanted != "ppocr" and tesseract_works else fail("engine", says, remedy)


def _ocrmypdf() -> Finding:
    remedy = _("Install scanpipe again with its packages.")
    try:
        here = version("ocrmypdf")
    except PackageNotFoundError:
        return fail("ocrmypdf", _("ocrmypdf is missing."), remedy)
    if tuple(int(part) for part in here.split(".")[:2]) < OCRMYPDF_AT_LEAST:
        return fail("ocrmypdf", _("ocrmypdf {version} is too old.").format(version=here), remedy)
    return ok("ocrmypdf", f"ocrmypdf {here}")


def _sandbox() -> Finding:
    version = landlock_version()
    network = output([sys.executable, "-c", "import sys; from scanpipe.confinement import cut_network; sys.exit(not cut_network())"]) is not None
    if version and network:
        return ok("sandbox", _("Recognition has no network, and no files but those it works on (Landlock, version {version}).").format(version=version))
    if network:
        says = _("Recognition has no network, but reaches every file that scanpipe may read: this kernel has no Landlock.")
        return warn("sandbox", says, _("Use Linux 5.19 or later with lsm=landlock,… among the kernel's boot parameters (Debian 12 has it)."))
    says = _("Recognition runs under resource limits alone: this kernel shuts no process off from the network.")
    return warn("sandbox", says, _("Use Linux 5.19 or later with seccomp and user namespaces, as Debian 12 has it."))


def _memory(settings: Settings | None) -> Finding:
    cores = len(os.sched_getaffinity(0))
    lanes = settings.workers.lanes if settings and isinstance(settings.workers.lanes, int) else cores
    needed = _MIB_DAEMON + lanes * _MIB_LANE
    have = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024**2
    says = _("{cores} cores, {have} MiB of memory; {lanes} lanes need about {needed} MiB.").format(cores=cores, have=have, lanes=lanes, needed=needed)
    fitting = max(1, (have - _MIB_DAEMON) // _MIB_LANE)
    return ok("memory", says) if needed <= have else warn("memory", says, _("Write lanes = {lanes} under [workers], or add memory.").format(lanes=fitting))


def _systemd() -> Finding:
    if Path("/run/systemd/system").is_dir():
        return ok("systemd", _("systemd is running and can keep scanpipe up."))
    return warn(
        "systemd",
        _("systemd is not running here, so nothing starts scanpipe again after a crash or a reboot."),
        _("Start “scanpipe run” from what this machine uses."),
    )


def _locale() -> Finding:
    encodings = {sys.getfilesystemencoding().lower(), locale.getpreferredencoding(False).lower()}
    if encodings == {"utf-8"}:
        return ok("locale", _("Names and texts are UTF-8."))
    return fail(
        "locale",
        _("The character code here is {encodings}; Japanese names would be lost.").format(encodings=", ".join(sorted(encodings))),
        "export LANG=C.UTF-8",
    )


# Database and clock


def look_at_sqlite(folder: Path) -> Iterator[Finding]:
    """The SQLite library that sqlite-utils picked, and whether it takes the settings on this folder's filesystem."""
    remedy = _("Install scanpipe again with its packages; pysqlite3 0.6.1 or later brings SQLite.")
    here: str = sqlite3.sqlite_version
    if not sqlite3.__name__.startswith("pysqlite3") or tuple(map(int, here.split("."))) < SQLITE_AT_LEAST:
        yield fail("sqlite", _("SQLite {version} of {module} can damage a database.").format(version=here, module=sqlite3.__name__), remedy)
        return
    try:
        journal, synchronous = _pragmas(folder)
    except (OSError, sqlite3.Error) as error:
        yield fail(
            "sqlite",
            _("No database can be made in {path} ({reason}).").format(path=folder, reason=error),
            _("Put the store on a local disk and give it to scanpipe."),
        )
        return
    if (journal, synchronous) == ("wal", 2):
        yield ok("sqlite", _("SQLite {version}, journal_mode=WAL and synchronous=FULL read back.").format(version=here))
    else:
        says = _("A database in {path} does not take its settings (journal_mode={journal}, synchronous={synchronous}).")
        yield fail("sqlite", says.format(path=folder, journal=journal, synchronous=synchronous), _("Put the store on a local disk (ext4 or XFS)."))


def _pragmas(folder: Path) -> tuple[str, int]:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".scanpipe-doctor-") as trial:
        db = sqlite3.connect(str(Path(trial) / "trial.db"))
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute("CREATE TABLE trial (x)")
            return db.execute("PRAGMA journal_mode").fetchone()[0], db.execute("PRAGMA synchronous").fetchone()[0]
        finally:
            db.close()


def look_at_clock(settings: Settings, folder: Path) -> Iterator[Finding]:
    """Is the year plausible, and does the disk agree? Receipts and retention are dated by this clock."""
    now = datetime.now(UTC)
    remedy = _("Set the clock and let it follow a time server: timedatectl set-ntp true")
    if not 2025 <= now.year <= 2100:
        yield fail("clock", _("The clock says {year}.").format(year=now.year), remedy)
        return
    drift = _drift(folder)
    if drift is not None and drift > 2:
        yield warn("clock", _("The clock of the disk {path} differs by {seconds:.0f} s.").format(path=folder, seconds=drift), remedy)
        return
    local = now.astimezone(settings.timezone)
    yield ok("clock", _("It is {moment} in {zone}.").format(moment=local.strftime("%Y-%m-%d %H:%M:%S %z"), zone=settings.site.timezone))


def _drift(folder: Path) -> float | None:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".scanpipe-doctor-") as made:
            made.write(b"x")
            made.flush()
            return abs(os.fstat(made.fileno()).st_mtime - time.time())
    except OSError:
        return None
