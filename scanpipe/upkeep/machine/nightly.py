"""Three jobs of the timetable: the roots of the days that have ended; the backup and the monthly report, each in a process of its own, whose memory is gone with it."""

import os
import subprocess
import sys
import threading
from datetime import date, timedelta

import structlog

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.errors import PlaceError, ScanpipeError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.machine.timetable import CutOff
from scanpipe.upkeep.proving import proofs

log = structlog.get_logger()

_ANYTHING = """
SELECT EXISTS (SELECT 1 FROM tally WHERE substr(day, 1, 7) <= :month) OR EXISTS (SELECT 1 FROM paper_row WHERE superseded_by IS NULL AND month <= :month)
    OR EXISTS (SELECT 1 FROM cabinet_step WHERE substr(day, 1, 7) <= :month) OR EXISTS (SELECT 1 FROM indicator WHERE superseded_by IS NULL AND month <= :month)
"""
_LOOK_SECONDS = 0.5  # how soon a daemon that ends ends its backup


class NotReported(ScanpipeError):
    template = N_("The monthly report could not be made: {reason}")


class NotBackedUp(ScanpipeError):
    template = N_("The backup is not whole: {reason}. Look with: scanpipe backup --compare {folder}")


def prove(settings: Settings, today: date) -> str:
    """Roots of the days before `today`, and time stamps where an authority is configured; says what was written. An authority out of reach is only told."""
    written = proofs.write_missing(settings.layout, today, settings.timezone, settings.site.language)
    newest = proofs.newest(settings.layout)
    said = _("root of {day}: {root}").format(day=newest.day, root=newest.root) if newest else _("nothing to prove yet")
    if len(written) > 1:
        said = _("{said} ({n} days caught up)").format(said=said, n=len(written) - 1)
    if not settings.proof.tsa_url:
        return said
    from scanpipe.upkeep.proving.timestamps import stamp_missing  # late: its libraries take a moment

    try:
        stamped = stamp_missing(settings.layout, settings.proof.tsa_url, settings.authority)
    except PlaceError as error:
        log.error("no time stamp", reason=str(error))
        return f"{said}; {error}"
    return _("{said}; {n} time stamps").format(said=said, n=len(stamped)) if stamped else said


def back_up_apart(settings: Settings, stopping: threading.Event) -> str:
    """What came of it, in the site's language. Raises CutOff when the daemon ends meanwhile, PlaceError for what will mend itself, NotBackedUp."""
    if not settings.backup.folder:
        return _("no folder in [backup]")
    code, out, err = _apart(settings, stopping, "backup")
    if code == os.EX_OK:
        return "; ".join(out.strip().splitlines())
    reason = next(reversed(err.strip().splitlines()), None) or "; ".join(line for line in out.splitlines() if line.startswith("! ")) or str(code)
    if code == os.EX_TEMPFAIL:
        raise PlaceError(N_("{reason}"), reason=reason)
    raise NotBackedUp(reason=reason.removeprefix("! "), folder=settings.backup.folder)


def report_apart(settings: Settings, today: date, stopping: threading.Event) -> str:
    """The report of the month that ended last, from its day on, unless it lies there; what came of it, in the site's language.

    Raises CutOff when the daemon ends meanwhile, NotReported.
    """
    month = month_before(today)
    if (settings.layout.reports / month).is_dir():
        return _("the report of {month} lies there").format(month=month)
    if today.day < settings.timetable.report_day:
        return _("the report of {month} is due on day {day} of this month").format(month=month, day=settings.timetable.report_day)
    if not _anything_until(settings, month):
        return _("nothing to report of {month}").format(month=month)
    code, out, err = _apart(settings, stopping, "stats", "monthly", "--month", month)
    if code != os.EX_OK:
        raise NotReported(reason=next(reversed(err.strip().splitlines()), None) or str(code))
    return "; ".join(out.strip().splitlines())


def _anything_until(settings: Settings, month: str) -> bool:
    """Whether any sheet, cabinet or indicator was known by the end of the month, so that no process is begun for nothing."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return bool(reader.db.conn.execute(_ANYTHING, {"month": month}).fetchone()[0])
    finally:
        reader.close()


def month_before(today: date) -> str:
    """The month that ended last, YYYY-MM."""
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def _apart(settings: Settings, stopping: threading.Event, *words: str) -> tuple[int, str, str]:
    """Runs one of our verbs in a process of its own: exit code, what it said, what it complained of. Raises CutOff."""
    command = [sys.executable, "-m", "scanpipe", "--config", str(settings.file), *words]
    environment = {**os.environ, "LANGUAGE": settings.site.language}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own words
        while True:
            try:
                out, err = process.communicate(timeout=_LOOK_SECONDS)
                return process.returncode, out, err
            except subprocess.TimeoutExpired:
                if stopping.is_set():
                    process.kill()  # the next run goes on where this one was cut off
                    raise CutOff from None
