"""`scanpipe web`: the web process; and how `scanpipe run` keeps one beside the daemon."""

import argparse
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from scanpipe.cli import arguments
from scanpipe.cli.site import settings_of
from scanpipe.config import Settings
from scanpipe.i18n import _

log = structlog.get_logger()

_PAUSES = (1.0, 5.0, 30.0)  # seconds before it is started again; the last for ever
_GOOD_SECONDS = 60.0  # who ran so long begins with the first pause again
_STOP_SECONDS = 10.0


def web(options: argparse.Namespace) -> int:
    """Serves the pages until it is ended."""
    from scanpipe.web.serve import serve

    serve(settings_of(options))
    return os.EX_OK


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`web`."""
    to_web = add("web", help=_("the web pages alone; `run` starts them beside the daemon"))
    to_web.set_defaults(run=web)
    return ()


@contextmanager
def beside(settings: Settings) -> Iterator[None]:
    """A web process of its own while the block runs: started again when it ends, ended with the block."""
    stopping = threading.Event()
    keeper = threading.Thread(target=_keep, args=(settings, stopping), name="web", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join(2 * _STOP_SECONDS)


def _keep(settings: Settings, stopping: threading.Event) -> None:
    failures = 0
    while not stopping.is_set():
        process = subprocess.Popen([sys.executable, "-m", "scanpipe", "--config", str(settings.file), "web"])  # noqa: S603 (our own program)
        waited = 0.0
        while process.poll() is None and not stopping.wait(0.5):
            waited += 0.5
        if stopping.is_set():
            _end(process)
            return
        failures = 0 if waited > _GOOD_SECONDS else min(failures + 1, len(_PAUSES))
        pause = _PAUSES[max(failures - 1, 0)]
        log.error("the web process ended; it is started again", code=process.returncode, seconds=pause)
        stopping.wait(pause)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
