"""The clock is set wrong and right again while scans come: years off, over a leap day, over both ends of summer time; the share's clock, too. Nothing is lost or taken twice."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from custody import GENERAL, TAX, dump, pdf, sha256, two_sections
from prepared_office import at_work, prepared

from scanpipe.catalogue.journal import chain
from scanpipe.core.dates import fiscal_year
from scanpipe.daemon import Daemon
from scanpipe.upkeep.proving.fixity import verify

ZONE = "Europe/Berlin"  # Japan has no summer time; another body may
JUMPS = (
    "2026-11-22T10:00:00+01:00", "2024-11-22T10:00:00+01:00",  # two years back
    "2026-11-22T10:01:00+01:00", "2028-11-22T10:00:00+01:00",  # two years on
    "2026-11-22T10:02:00+01:00", "2028-02-29T23:59:59+01:00",  # a leap day, and at once the day after
    "2026-03-29T01:59:59+01:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00",  # the hour that is not, and the hour that is twice
    "1999-12-31T23:59:59+01:00", "2038-01-19T04:14:07+01:00", "2026-03-31T23:59:59+02:00",  # an empty battery; 32 bits; the last second of a fiscal year
)  # fmt: skip


class Clock:
    """The machine's time of day, which somebody sets; durations go on."""

    def __init__(self) -> None:
        self.offset, self._time, self._nanoseconds = 0.0, time.time, time.time_ns

    def set(self, moment: str) -> None:
        self.offset = datetime.fromisoformat(moment).timestamp() - self._time()

    def time(self) -> float:
        return self._time() + self.offset

    def time_ns(self) -> int:
        return self._nanoseconds() + round(self.offset * 1e9)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    monkeypatch.setattr(time, "time", made.time)
    monkeypatch.setattr(time, "time_ns", made.time_ns)
    monkeypatch.setattr(Daemon, "clock", lambda self: datetime.fromtimestamp(made.time(), UTC).astimezone(self.settings.timezone))
    yield made


@pytest.mark.slow
def test_a_clock_that_jumps_while_scans_come_loses_nothing_and_dates_each_as_it_stood(tmp_path: Path, clock: Clock) -> None:
    settings = two_sections(tmp_path / "site", timezone=ZONE)
    sent: dict[str, bytes] = {}
    meant: dict[str, str] = {}
    with at_work(settings) as office:
        for n, moment in enumerate(JUMPS):
            clock.set(moment)
            for section, skew in ((GENERAL, 0), (TAX, 730 * (-1) ** n)):  # days by which the scanner's own clock is wrong
                name = f"{section}-{n}.pdf"
                sent[name], meant[name] = pdf(f"{moment} {section}"), moment
                path = settings.inbox(settings.department(section)) / name
                path.write_bytes(sent[name])
                wrong = clock.time() + skew * 86_400
                os.utime(path, (wrong, max(wrong, 0.0)))
            if n % 2:  # every other jump comes while the scans of the last one are still on their way
                office.settle()
        office.settle()
        rows = {row["name"]: row for row in office.outcomes()}
        records = {name: office.ask(lambda reader, number=row["number"]: reader.record(number)) for name, row in rows.items()}
    assert Counter(row["outcome"] for row in rows.values()) == {"accession": len(sent)}
    assert {name: row["sha256"] for name, row in rows.items()} == {name: sha256(data) for name, data in sent.items()}
    assert len({body["number"] for body in records.values()}) == len({body["id"] for body in records.values()}) == len(sent)
    wrong = {}
    for name, body in records.items():
        received = datetime.fromisoformat(body["received"])
        candidates = [datetime.fromisoformat(meant[name]), *map(datetime.fromisoformat, JUMPS)]  # a scan may be taken after the next jump
        if not any(timedelta(0) <= received - moment < timedelta(minutes=2) for moment in candidates) or body["number"][:4] != str(
            fiscal_year(received.date())
        ):
            wrong[name] = body["received"]
    assert wrong == {}
    assert len(list(chain(settings.layout.journal))) >= 6 * len(sent)
    assert verify(settings.layout).sound
    before = dump(settings)
    shutil.rmtree(settings.layout.catalogue_db.parent)
    with prepared(), Daemon(settings, timetable=False):
        pass
    assert dump(settings) == before
