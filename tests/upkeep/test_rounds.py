"""The vault is read again in the background: new records after a day, all within the days configured; what was altered is an event and stands in `status`."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from custody import GENERAL, TAX, copy_site, pdf, two_sections
from sites import set_keys

from scanpipe import cli, config, vault
from scanpipe.catalogue.compared import fixity_state
from scanpipe.catalogue.journal import chain
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.daemon import Daemon
from scanpipe.upkeep.copying.reindex import records_of
from scanpipe.upkeep.proving import rounds
from scanpipe.upkeep.proving.rounds import Rounds

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = two_sections(tmp_path_factory.mktemp("rounds") / "site")
    for section, words in ((GENERAL, "一"), (GENERAL, "二"), (TAX, "三")):
        (settings.inbox(section) / f"{words}.pdf").write_bytes(pdf(words))
    with Daemon(settings, timetable=False) as daemon:
        while not daemon.settled():
            daemon.turn(0.05)
    return settings


class Reading:
    """The background reading of a site, one record at a time, at any moment."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.now = settings, datetime.now(UTC)
        layout = settings.layout
        self.catalogue = Catalogue(layout.catalogue_db, layout.journal, lambda: self.now, records_of(layout.archive))
        self.rounds = Rounds(settings, self.catalogue, lambda: self.now)

    def all_due(self) -> int:
        """Compares all that is due; returns how many."""
        count = 0
        while self.rounds.compare_next():
            count += 1
            assert count < 100
        return count

    def state(self) -> dict[str, object]:
        return fixity_state(self.catalogue.db, self.now)

    def faulty(self) -> list[str]:
        return [one["number"] for one in fixity_state(self.catalogue.db, self.now)["faults"]]

    def told(self) -> Counter[str]:
        return Counter(event.kind for event in chain(self.settings.layout.journal) if event.kind.startswith("fixity"))


@pytest.fixture
def reading(filed: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    monkeypatch.setattr(rounds, "_SETTLE_SECONDS", 0.0)
    found = Reading(copy_site(filed, tmp_path / "site"))
    yield found
    found.catalogue.close()


def folder(reading: Reading, place: int) -> Path:
    return list(vault.folders(reading.settings.layout.vault))[place]


def flip_a_bit(reading: Reading) -> Path:
    path = folder(reading, 1) / "access.pdf"
    path.chmod(0o640)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return path


def test_a_new_record_is_read_again_after_a_day_and_then_before_thirty_days_are_over(reading: Reading) -> None:
    assert reading.all_due() == 0
    reading.now += DAY + HOUR
    assert reading.all_due() == 3
    assert reading.all_due() == 0
    assert (reading.state()["records"], reading.state()["checked"], reading.faulty()) == (3, 3, [])
    reading.now += 26 * DAY
    assert reading.all_due() == 0
    reading.now += 2 * DAY
    assert reading.all_due() == 3
    assert reading.told() == Counter()


def test_a_flipped_bit_is_one_event_and_shown_until_the_record_is_whole_again(reading: Reading) -> None:
    path = flip_a_bit(reading)
    for _round in range(3):
        reading.now += 28 * DAY
        assert reading.all_due() == 3
        assert reading.faulty() == ["2026-000002"]
    assert reading.told() == Counter(fixity_failed=1)
    flip_a_bit(reading)
    path.chmod(0o440)
    reading.now += 28 * DAY
    reading.all_due()
    assert (reading.faulty(), reading.told()) == ([], Counter(fixity_failed=1, fixity_mended=1))


@pytest.mark.parametrize("harm", ["lost folder", "added correction", "swapped manifest"])
def test_other_harm_is_found_too(reading: Reading, harm: str) -> None:
    first, second = folder(reading, 0), folder(reading, 1)
    if harm == "lost folder":
        second.rename(second.with_name("elsewhere"))
    elif harm == "added correction":
        (second / "meta").mkdir()
        (second / "meta" / "0001.json").write_text("{}")
    else:
        (second / vault.MANIFEST).chmod(0o640)
        (second / vault.MANIFEST).write_bytes((first / vault.MANIFEST).read_bytes())
    reading.now += 2 * DAY
    reading.all_due()
    assert reading.faulty() == ["2026-000002"]


def test_an_unmounted_store_is_no_deviation(reading: Reading) -> None:
    layout = reading.settings.layout
    layout.vault.rename(layout.archive / "away")
    layout.store_id.rename(layout.store / "away")
    reading.now += 2 * DAY
    with pytest.raises(Exception, match="mounted"):
        reading.rounds.compare_next()
    assert (reading.faulty(), reading.told()) == ([], Counter())


def test_status_and_doctor_tell_of_it_in_a_sentence_also_after_a_reindex(reading: Reading, capsys: pytest.CaptureFixture[str]) -> None:
    flip_a_bit(reading)
    reading.now += 2 * DAY
    reading.all_due()
    reading.catalogue.close()
    at = ["--config", str(reading.settings.file)]
    assert cli.main([*at, "reindex", "--json"]) == 0
    capsys.readouterr()
    assert cli.main([*at, "status"]) == 0
    shown = capsys.readouterr().out
    assert "2026-000002" in shown and "access.pdf" in shown
    assert cli.main([*at, "status", "--json"]) == 0
    assert [one["number"] for one in json.loads(capsys.readouterr().out)["fixity"]["faults"]] == ["2026-000002"]
    cli.main([*at, "doctor", "--json"])
    assert [one["level"] for one in json.loads(capsys.readouterr().out) if one["name"] == "fixity"] == ["fail"]


def test_it_reads_no_faster_than_configured(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(reading.settings.file, megabytes_per_second=0.5)
    slow = Rounds(config.load(reading.settings.file), reading.catalogue, lambda: reading.now)
    waited: list[float] = []
    monkeypatch.setattr(slow._stopping, "wait", lambda seconds: waited.append(seconds))
    monkeypatch.setattr(rounds.time, "monotonic", lambda: 0.0)  # a disk that takes no time
    big = folder(reading, 0) / "big"
    big.write_bytes(bytes(1_000_000))
    slow._digest(big)
    assert waited[-1] == pytest.approx(2.0)
