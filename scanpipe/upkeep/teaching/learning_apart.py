"""The nightly training in a process of its own: its libraries and matrices take more memory than the daemon may have, and are gone with it."""

import os
import subprocess
import sys

from scanpipe.config import Settings
from scanpipe.errors import PlaceError, ScanpipeError
from scanpipe.i18n import N_

_SECONDS = 3600
_ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # the lanes want the others


class NotLearnt(ScanpipeError):
    template = N_("Learning stopped: {reason}. The model of before stays in use; try: scanpipe learn")


def learn_apart(settings: Settings) -> str:
    """What came of it, in the site's language. Raises PlaceError for what will mend itself, NotLearnt."""
    command = [sys.executable, "-m", "scanpipe", "--config", str(settings.file), "learn"]
    environment = {**os.environ, **_ONE_CORE, "LANGUAGE": settings.site.language}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603 - no shell, our own words
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotLearnt(reason=str(error)) from error
    said = (done.stdout if done.returncode == os.EX_OK else done.stderr).strip().splitlines()
    if done.returncode == os.EX_OK:
        return said[0] if said else ""
    raise (PlaceError if done.returncode == os.EX_TEMPFAIL else NotLearnt)(NotLearnt.template, reason=said[-1] if said else str(done.returncode))
