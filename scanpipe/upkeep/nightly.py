"""Two jobs of the timetable: the roots of the days that have ended, and the backup, in a process of its own, whose memory is gone with it."""

import os
import subprocess
import sys
import threading
from datetime import date

import structlog

from scanpipe.config import Settings
from scanpipe.errors import PlaceError, ScanpipeError
from scanpipe.i18n import N_, _
from scanpipe.upkeep import proofs
from scanpipe.upkeep.timetable import CutOff

log = structlog.get_logger()

_LOOK_SECONDS = 0.5  # how soon a daemon that ends ends its backup


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
    from scanpipe.upkeep.timestamps import stamp_missing  # late: its libraries take a moment

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
    command = [sys.executable, "-m", "scanpipe", "--config", str(settings.file), "backup"]
    environment = {**os.environ, "LANGUAGE": settings.site.language}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own words
        while True:
            try:
                out, err = process.communicate(timeout=_LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if stopping.is_set():
                    process.kill()  # the next run goes on where this one was cut off
                    raise CutOff from None
    if process.returncode == os.EX_OK:
        return "; ".join(out.strip().splitlines())
    reason = next(reversed(err.strip().splitlines()), None) or "; ".join(line for line in out.splitlines() if line.startswith("! ")) or str(process.returncode)
    if process.returncode == os.EX_TEMPFAIL:
        raise PlaceError(N_("{reason}"), reason=reason)
    raise NotBackedUp(reason=reason.removeprefix("! "), folder=settings.backup.folder)
