"""Offices' own lists that somebody sends, read in a lane: no parser of what came from outside runs in the web process."""

import time
from collections.abc import Sequence
from typing import Final

from scanpipe.config_schema import Department
from scanpipe.confinement import Reach
from scanpipe.core.campaign.paper_reading import Reading, Said
from scanpipe.core.scans.fairness import Turn
from scanpipe.errors import ScanError
from scanpipe.i18n import N_
from scanpipe.upkeep.campaign import paper_files
from scanpipe.upkeep.schedule.schedule_files import Bounds
from scanpipe.workers import LaneDied, LaneFault, LaneTimeout, LocalLanes

MOST: Final = Bounds(bytes=16 << 20, unpacked=256 << 20, cells=2_000_000)
MOST_FIGURES: Final = 20_000  # of one file: devices of a large city, a year
_LANE_MIB: Final = 1024
_SECONDS: Final = 20.0
_MOST_SECONDS: Final = 45.0  # with waiting for its turn
_IDLE_SECONDS: Final = 120


class NotRead(ScanError):
    template = N_("{name} could not be read with the time and memory that a file sent to a page is given. Save only the sheet with the figures in a new file.")


class TooManyFigures(ScanError):
    template = N_("{name} has {n} figures; {most} can be sent at once. Send it in parts, for example a year each.")


class OfficeFiles:
    """One lane, which reaches no file of the site. Thread-safe."""

    def __init__(self) -> None:
        self._lanes = LocalLanes(1, memory_mib=_LANE_MIB, idle_seconds=_IDLE_SECONDS, reach=Reach())

    def paper(self, raw: bytes, name: str, departments: Sequence[Department], said: Said) -> Reading:
        """Figures of paper. name: of the file. Raises NotATable, NothingUnderstood, NotRead, TooManyFigures."""
        turn = Turn(department="", left=1, since=time.monotonic(), serial=0, page=0)
        coming = self._lanes.submit(paper_files.read_bytes, raw, name, tuple(departments), said, MOST, timeout=_SECONDS, turn=turn)
        try:
            reading = coming.result(_MOST_SECONDS)
        except (TimeoutError, LaneTimeout, LaneDied, LaneFault):
            raise NotRead(name=name) from None
        if len(reading.understood) > MOST_FIGURES:
            raise TooManyFigures(name=name, n=f"{len(reading.understood):,}", most=f"{MOST_FIGURES:,}")
        return paper_files.understood(reading, name)

    def rest(self) -> None:
        """Ends the lane if nobody has sent anything for long; call it now and then."""
        self._lanes.rest()

    def close(self) -> None:
        self._lanes.close()
