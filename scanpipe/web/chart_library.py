"""What draws charts in the browser: Vega, Vega-Lite and Vega-Embed as one file, made of what vl-convert carries within itself. No network is asked."""

import subprocess
import sys
import threading
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from scanpipe import storage

# Its own process: the machine that bundles needs more memory than the whole web process, and once
_MAKE: Final = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle('window.vegaEmbed = vegaEmbed;').encode())"
_SECONDS: Final = 120
_LOCK: Final = threading.Lock()
ADDRESS: Final = "/campaign/vega.js"


@cache
def address() -> str:
    """Where browsers find it; changes with its version, so that they may keep it for ever."""
    return f"{ADDRESS}?v={version('vl-convert-python')}"


@cache
def library(folder: Path) -> bytes:
    """The file's bytes, kept in this folder: one that no lane writes in, as browsers run what it holds."""
    path = folder / f"vega-{version('vl-convert-python')}.js"
    with _LOCK:
        try:
            return path.read_bytes()
        except OSError:
            made = subprocess.run([sys.executable, "-c", _MAKE], capture_output=True, check=True, timeout=_SECONDS).stdout  # noqa: S603 (ours)
        with storage.place(path):
            storage.replace(path, made)
        return made
