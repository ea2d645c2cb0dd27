"""What one person may do how often, and what of it the journal knows already. In memory: the web is one process, and a new start harms nobody."""

import threading
import time
from collections import OrderedDict, deque

from scanpipe.errors import ScanpipeError
from scanpipe.i18n import N_


class TooOften(ScanpipeError):
    template = N_("That was more than {most} searches in a minute. Wait {seconds} seconds, then search again.")


class Limit:
    """At most so many in so many seconds, for each who. Thread-safe."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, who: str, now: float | None = None) -> None:
        """One more. now: monotonic seconds. Raises TooOften; what was refused does not count."""
        now = time.monotonic() if now is None else now
        with self._lock:
            taken = self._taken.setdefault(who, deque())
            self._taken.move_to_end(who)
            while taken and taken[0] <= now - self.seconds:
                taken.popleft()
            if len(taken) >= self.most:
                raise TooOften(most=self.most, seconds=max(1, round(taken[0] + self.seconds - now)))
            taken.append(now)
            self._forget(now)

    def _forget(self, now: float) -> None:
        while self._taken and next(iter(self._taken.values()))[-1] <= now - self.seconds:
            self._taken.popitem(last=False)


class Views:
    """Which restricted records a person has been noted to look at within the last minutes: its pictures and hits are part of that view; and which of them were in a result that they saw."""

    def __init__(self, seconds: float = 600.0) -> None:
        self._seconds = seconds
        self._noted: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, who: str, number: str, now: float | None = None) -> None:
        now = time.monotonic() if now is None else now
        with self._lock:
            self._noted[who, number] = now
            self._noted.move_to_end((who, number))
            while self._noted and next(iter(self._noted.values())) <= now - self._seconds:
                self._noted.popitem(last=False)

    def noted(self, who: str, number: str, now: float | None = None) -> bool:
        now = time.monotonic() if now is None else now
        with self._lock:
            return self._noted.get((who, number), -self._seconds + now) > now - self._seconds
