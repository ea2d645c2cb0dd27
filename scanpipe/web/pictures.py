"""Pages as pictures for the browser, drawn in a lane: no parser of a scan runs in the web process.

Kept in memory only and only a while: what was disposed of must not live on in a cache.
"""

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path

from scanpipe.config import Settings
from scanpipe.confinement import Reach
from scanpipe.core.scans.fairness import Turn
from scanpipe.recognition import lane
from scanpipe.workers import LaneTimeout, LocalLanes

WIDTHS = (240, 960, 1600, 2400)  # px: a thumbnail, a page, zoomed in, zoomed in twice
_KEPT_BYTES = 48 << 20
_SECONDS = 20.0
_MOST_SECONDS = 45.0  # with waiting for its turn
_LANE_MIB = 3072
_IDLE_SECONDS = 600

Key = tuple[str, int, int, int]


class Pictures:
    """Draws pages once for all who ask at the same time. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._max_pixels = settings.ocr.max_pixels
        reach = Reach(readable=(settings.layout.vault, settings.layout.spool_new, settings.layout.photos))  # it draws, and writes nothing
        self._lanes = LocalLanes(1, memory_mib=_LANE_MIB, idle_seconds=_IDLE_SECONDS, warm_up=lane.warm_up_pictures, reach=reach)
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._coming: dict[Key, Future[bytes]] = {}
        self._lock = threading.Lock()
        self._size = 0

    def page(self, file: Path, media_type: str, page: int, width: int, rotation: int = 0) -> bytes:
        """The page (from 1) as JPEG, `width` px wide (one of WIDTHS). rotation: clockwise degrees that turn it upright. Raises ScanError."""
        key = (str(file), page, width, rotation)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            coming = self._coming.get(key)
            if coming is None:
                turn = Turn(department="", left=1, since=time.monotonic(), serial=0, page=page)
                wanted = (file, media_type, page, width, self._max_pixels, rotation)
                coming = self._coming[key] = self._lanes.submit(lane.picture, *wanted, timeout=_SECONDS, turn=turn)
        try:
            drawn = coming.result(_MOST_SECONDS)
        except TimeoutError:  # no lane would start, or many wait: whoever asked does not keep a thread of the server for ever
            raise LaneTimeout(seconds=_MOST_SECONDS) from None
        finally:
            with self._lock:
                if coming.done():
                    self._coming.pop(key, None)
        self._keep(key, drawn)
        return drawn

    def _keep(self, key: Key, drawn: bytes) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = drawn
                self._size += len(drawn)
            while self._size > _KEPT_BYTES:
                self._size -= len(self._kept.popitem(last=False)[1])

    def warm(self) -> None:
        """Somebody looks at records: have the lane ready."""
        self._lanes.warm()

    def rest(self) -> None:
        """Ends the lane if nobody has looked at pages for long; call it now and then."""
        self._lanes.rest()

    def close(self) -> None:
        self._lanes.close()
