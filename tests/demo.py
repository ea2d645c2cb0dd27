"""`make demo`: a site under var/demo, the sample scans delivered as scanners do, the real daemon, and what came of it.

Exit 0: all is as sample_scans/MANIFEST.toml says, but for what it marks as later. Off a terminal: plain lines.
"""

import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sample_expectations import SAMPLES, Sample, differences, samples
from sites import deliver_samples, make_sample_site

from scanpipe import config, lock
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.cli import shown
from scanpipe.config import ATTENTION_FOLDER, Settings
from scanpipe.core.review import reason
from scanpipe.errors import NotFound, ScanpipeError
from scanpipe.i18n import _, language_of_locale, speaking

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "var" / "demo"
WAITS: dict[str, float | str] = {"quiet_seconds": 2, "incomplete_after_minutes": 0.5}  # so that the file that is cut off is refused within the demo
SEARCHES = ("委託", "補助金 商店街")
PAUSE, LOOK, STUCK, STOP = 0.4, 0.3, 300.0, 60.0  # seconds


def tell(english: str, japanese: str) -> None:
    """A sentence of the demo's own, in the language of the locale."""
    shown.say(japanese if language_of_locale() == "ja" else english)


def heading(english: str, japanese: str) -> None:
    shown.say("")
    tell(f"== {english} ==", f"== {japanese} ==")


def main() -> int:
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    if not clear():
        return os.EX_TEMPFAIL
    settings = make_sample_site(SITE, **WAITS)
    tell(
        f"A site with {len(settings.departments)} sections was made in {SITE.relative_to(ROOT)}; {len(samples())} files come from the scanners now.",
        f"{SITE.relative_to(ROOT)} に {len(settings.departments)} 課のサイトを作りました。いまから {len(samples())} 件のファイルがスキャナーから届きます。",
    )
    with running(settings) as child:
        if not file_all(settings, child):
            tell(f"The daemon's own words: {log_of(settings)}", f"デーモンの記録: {log_of(settings)}")
            return os.EX_SOFTWARE
        report(settings)
    if child.returncode != 0:
        tell(f"The daemon did not stop in order (exit {child.returncode}).", f"デーモンが正しく終わりませんでした(終了コード {child.returncode})。")
        return os.EX_SOFTWARE
    return compare(settings)


def clear() -> bool:
    """Removes the site of an earlier demo; False if a daemon still works on it."""
    file = SITE / "config" / "scanpipe.toml"
    if file.is_file():
        try:
            if lock.is_running(config.load(file)):
                tell(
                    f"scanpipe is running on {SITE}. Stop it, then run make demo again.",
                    f"{SITE} で scanpipe が動いています。止めてから、もう一度 make demo を実行してください。",
                )
                return False
        except ScanpipeError:
            pass  # what is left of a demo that was cut off
    if SITE.exists():
        shutil.rmtree(SITE, onerror=_make_writable)
    SITE.parent.mkdir(exist_ok=True)
    return True


def _make_writable(remove: Callable[..., Any], path: str, _error: object) -> None:
    Path(path).parent.chmod(stat.S_IRWXU)
    remove(path)


# --- the daemon ---


def command(settings: Settings, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "scanpipe", "--config", str(settings.file), *arguments]


def log_of(settings: Settings) -> Path:
    return settings.file.parent.parent / "daemon.log"


@contextmanager
def running(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """The real daemon as a child; stopped in order at the end."""
    with log_of(settings).open("wb") as log:
        child = subprocess.Popen(command(settings, "run", "--no-web"), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(STOP)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


# --- until all is filed ---


def file_all(settings: Settings, child: "subprocess.Popen[bytes]") -> bool:
    """Delivers the samples and waits until each has come to its end; shows how far it is. False if the daemon died or nothing moves any more."""
    with Showing() as showing:
        scanners = threading.Thread(target=deliver_samples, args=(settings,), kwargs={"pause": PAUSE, "delivered": showing.delivered}, daemon=True)
        scanners.start()
        moved, before = time.monotonic(), 0
        while (done := showing.ended(look(settings))) < len(samples()) or scanners.is_alive():
            if done != before:
                moved, before = time.monotonic(), done
            if child.poll() is not None or time.monotonic() - moved > STUCK:
                return False
            time.sleep(LOOK)
    return True


def look(settings: Settings) -> list[dict[str, Any]]:
    """All deliveries that have come to their end: filed and counted, duplicates, refused."""
    try:
        reader = CatalogueReader(settings.layout.catalogue_db)
    except (NotFound, ScanpipeError):
        return []  # the daemon has not begun
    try:
        return [row for row in reader.outcomes() if row["outcome"] != "accession" or row["state"] == "accounted"]
    finally:
        reader.close()


class Showing:
    """How far it is: bars on a terminal, a plain line for each file elsewhere."""

    def __init__(self) -> None:
        self._on_terminal = sys.stdout.isatty()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=shown.console(), disable=not self._on_terminal)
        japanese = language_of_locale() == "ja"
        self._scanned = self._progress.add_task("スキャン" if japanese else "scanned", total=len(samples()))
        self._filed = self._progress.add_task("保存" if japanese else "filed", total=len(samples()))
        self._known: set[str] = set()

    def __enter__(self) -> "Showing":
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._progress.stop()

    def delivered(self, sample: Sample) -> None:
        self._progress.advance(self._scanned)

    def ended(self, rows: list[dict[str, Any]]) -> int:
        """Shows what has newly come to its end; returns how many have."""
        for row in rows:
            if row["id"] not in self._known:
                self._known.add(row["id"])
                if not self._on_terminal:
                    print(f"[{len(self._known)}/{len(samples())}] {row['department']} {row['name']} -> {row['number'] or ATTENTION_FOLDER}")
        self._progress.update(self._filed, completed=len(rows))
        return len(rows)


# --- what came of it ---


def report(settings: Settings) -> None:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        rows = reader.outcomes()
        records = {row["number"]: reader.record(row["number"]) for row in rows if row["outcome"] == "accession"}
    finally:
        reader.close()
    heading("What was filed", "保存したもの")
    shown.outcomes(rows, records, settings)
    heading("What a person should look at", "人が確認するもの")
    for row in rows:
        if row["outcome"] == "rejected":
            where = (settings.inbox(row["department"]) / ATTENTION_FOLDER / row["name"]).relative_to(ROOT)
            shown.say(f"{where}: {_(row['reason']).format(**row['params'])}")
    for record in records.values():
        for flag in record["flags"]:
            shown.say(f"{record['number']} {record['title'] or record['original']['name']}: {_(reason(flag))}")
    heading("Two searches", "検索の例")
    for words in SEARCHES:
        ask(settings, "search", words)
    heading("Sheets", "枚数")
    ask(settings, "stats")


def ask(settings: Settings, *arguments: str) -> None:
    """Runs a verb as a person would, with its command line above it."""
    shown.say(f"$ scanpipe --config {settings.file.relative_to(ROOT)} {shlex.join(arguments)}")
    subprocess.run(command(settings, *arguments), check=True)
    shown.say("")


def compare(settings: Settings) -> int:
    heading("Compared with sample_scans/MANIFEST.toml", "sample_scans/MANIFEST.toml との照合")
    found = differences(settings)
    for difference in found:
        shown.say(f"{'later' if difference.later else 'FAULT'}: {difference}")
    faults, later = sum(not difference.later for difference in found), sum(difference.later for difference in found)
    tell(
        f"{len(samples())} files from {SAMPLES.name}: {faults} faults, {later} left for later.",
        f"{SAMPLES.name} の {len(samples())} 件: 誤り {faults} 件、今後の課題 {later} 件。",
    )
    if faults:
        return os.EX_SOFTWARE
    heading("How to go on", "次にできること")
    for arguments in ("run", "search 見積", "status", "show 2026-000001 --text"):
        shown.say(f". .venv/bin/activate; scanpipe --config {settings.file.relative_to(ROOT)} {arguments}")
    tell(
        f"While it runs, drop scans into the folders of {settings.layout.shares.relative_to(ROOT)}.",
        f"動いている間に、{settings.layout.shares.relative_to(ROOT)} の各課のフォルダーにスキャンを入れてみてください。",
    )
    return os.EX_OK


if __name__ == "__main__":
    with speaking(language_of_locale()):
        sys.exit(main())
