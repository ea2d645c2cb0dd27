"""Webhooks against a server on this machine: what is sent, how it is signed, and what becomes of it while the other side is down."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from custody import two_sections
from figured_office import office
from kept_records import RECEIVED, Shelf, shelf
from listening import Asked, Reply, listening
from standardwebhooks.webhooks import Webhook as Receiver
from turning import Sending

from scanpipe import config
from scanpipe.catalogue.requests import Requests
from scanpipe.catalogue.transitions import LINE_KINDS, Catalogue
from scanpipe.config import Settings
from scanpipe.config_outgoing import EVENTS
from scanpipe.daemon import Daemon
from scanpipe.upkeep.sending import outgoing
from scanpipe.upkeep.sending.outbox import LONGEST_WAIT
from scanpipe.upkeep.sending.webhooks import headers, key_of

SECRET = "whsec_" + "c2NhbnBpcGUtdGVzdC1zZWNyZXQtMzItYnl0ZXM="
DAY = date(2026, 4, 1)


class Receiving:
    """The other system. down: the status that it answers with instead of taking it."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.down: tuple[int, dict[str, str]] | None = None

    def answer(self, asked: Asked) -> Reply:
        if self.down is not None:
            return self.down[0], self.down[1], b""
        self.asked.append(asked)
        return 204, {}, b""

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(one.body) for one in self.asked]


@pytest.fixture
def receiving() -> Iterator[tuple[Receiving, str]]:
    own = Receiving()
    with listening(own.answer) as url:
        yield own, f"{url}/hook?token=1234"


def with_webhooks(folder: Path, *tables: str) -> Settings:
    settings = two_sections(folder, language="en")
    file = settings.file
    file.write_text(file.read_text("utf-8") + "".join(f"\n[[webhook]]\n{table}\n" for table in tables), "utf-8")
    return config.load(file)


@pytest.fixture
def settings(tmp_path: Path, receiving: tuple[Receiving, str]) -> Settings:
    return with_webhooks(tmp_path / "site", f'url = "{receiving[1]}"\nsecret = "{SECRET}"\nevents = ["accounted", "corrected"]')


@pytest.fixture
def kept(settings: Settings) -> Iterator[Shelf]:
    with shelf(settings) as found:
        yield found


@pytest.fixture
def sending(settings: Settings, kept: Shelf) -> Iterator[Sending]:
    found = Sending(settings)
    found.turn()  # from here on
    yield found
    found.close()


def test_an_event_is_sent_signed_with_numbers_and_facts_alone(kept: Shelf, sending: Sending, receiving: tuple[Receiving, str]) -> None:
    number = kept.record("0103", "TAX", DAY, title="固定資産税の件", name="山田太郎.pdf")
    sending.turn()
    (asked,) = receiving[0].asked
    data = json.loads(asked.body)["data"]
    assert (asked.method, asked.path) == ("POST", "/hook?token=1234")
    assert {name: data[name] for name in data if name != "seq"} == {
        "number": number, "department": "0103", "category": "TAX", "fiscal_year": 2026, "state": "accounted", "pages": 1, "sheets": 2, "a4_sheets": 2.0,
        "paper_status": "digitised",
    }  # fmt: skip
    assert "固定資産税" not in asked.body.decode() and "山田" not in asked.body.decode()


def test_the_signature_is_what_receivers_of_the_standard_check() -> None:
    at, body = datetime.now().astimezone(), b'{"type":"accounted"}'
    Receiver(SECRET).verify(body, headers("evt_1", at, body, SECRET))
    with pytest.raises(Exception, match="No matching signature"):
        Receiver(SECRET).verify(body + b" ", headers("evt_1", at, body, SECRET))
    assert key_of("plain words of 16 signs") == b"plain words of 16 signs"


def test_restricted_records_are_not_told_of(kept: Shelf, sending: Sending, receiving: tuple[Receiving, str]) -> None:
    kept.record("0103", "WELFARE", DAY, restricted=True)
    open_one = kept.record("0103", "TAX", DAY)
    sending.turn()
    assert [one["data"]["number"] for one in receiving[0].told] == [open_one]


def test_what_another_system_did_not_take_is_sent_later_in_order_and_once(kept: Shelf, sending: Sending, receiving: tuple[Receiving, str]) -> None:
    receiving[0].down = (503, {})
    numbers = [kept.record("0103", "TAX", DAY) for _ in range(3)]
    for _ in range(3):
        sending.turn()
        sending.clock.now += LONGEST_WAIT
    assert sending.standing()["reason"].startswith("webhook http://127.0.0.1:") and "HTTP 503" in sending.standing()["reason"]
    receiving[0].down = None
    sending.turn()
    sending.turn()
    assert [one["data"]["number"] for one in receiving[0].told] == numbers
    assert sending.standing()["failing_since"] is None and sending.standing()["behind"] == 0


def test_it_waits_twice_as_long_after_each_failure_and_as_long_as_it_is_asked_to(kept: Shelf, sending: Sending, receiving: tuple[Receiving, str]) -> None:
    receiving[0].down = (429, {"Retry-After": "120"})
    kept.record("0103", "TAX", DAY)
    pauses = []
    for _ in range(8):
        sending.turn()
        (standing,) = sending.outbox.standings([sending.channels[0].name])
        assert standing.not_before is not None
        pauses.append(standing.not_before - sending.clock.now)
        sending.clock.now = standing.not_before
    assert [pause.total_seconds() for pause in pauses] == [120, 120, 120, 120, 120, 160, 320, 640]


def test_a_redirect_is_not_followed_with_the_secret(kept: Shelf, sending: Sending, receiving: tuple[Receiving, str]) -> None:
    receiving[0].down = (302, {"Location": "/elsewhere"})
    kept.record("0103", "TAX", DAY)
    sending.turn()
    assert receiving[0].asked == [] and "HTTP 302" in sending.standing()["reason"]


def test_a_restart_goes_on_where_the_last_process_stopped(kept: Shelf, settings: Settings, sending: Sending, receiving: tuple[Receiving, str]) -> None:
    first = kept.record("0103", "TAX", DAY)
    sending.turn()
    second = kept.record("0103", "TAX", DAY)
    again = Sending(settings)
    again.turn()
    again.close()
    assert [one["data"]["number"] for one in receiving[0].told] == [first, second]


def test_a_new_webhook_begins_with_what_happens_from_now_on(kept: Shelf, settings: Settings, receiving: tuple[Receiving, str]) -> None:
    kept.record("0103", "TAX", DAY)
    found = Sending(settings)
    found.turn()
    found.turn()
    found.close()
    assert receiving[0].asked == []


def test_an_older_journal_put_back_sends_nothing_twice(kept: Shelf, sending: Sending, receiving: tuple[Receiving, str]) -> None:
    kept.record("0103", "TAX", DAY)
    sending.turn()
    sending.outbox.dealt_with(sending.channels[0].name, 10_000, "f" * 64)  # as if a longer log had been there before
    sending.turn()
    later = kept.record("0103", "TAX", DAY)
    sending.turn()
    assert [one["data"]["number"] for one in receiving[0].told][1:] == [later]


def test_one_that_is_down_delays_no_other(tmp_path: Path, receiving: tuple[Receiving, str]) -> None:
    dead = 'url = "http://127.0.0.1:9/hook"\nname = "dead"\nsecret = "0123456789abcdef"'
    settings = with_webhooks(tmp_path / "site", dead, f'url = "{receiving[1]}"\nsecret = "{SECRET}"')
    with shelf(settings) as kept:
        found = Sending(settings)
        for channel in found.channels:
            found.turn(channel)
        number = kept.record("0103", "TAX", DAY)
        for channel in found.channels:
            found.turn(channel)
        assert [one["data"]["number"] for one in receiving[0].told] == [number]
        assert found.standing()["channel"] == "webhook dead" and found.standing()["failing_since"]
        found.close()


def test_the_threads_send_by_themselves_and_end_with_the_daemon(kept: Shelf, settings: Settings, receiving: tuple[Receiving, str]) -> None:
    senders = outgoing.senders(settings, lambda: datetime.now(settings.timezone))
    assert senders is not None
    senders.turn(senders.channels[0])
    number = kept.record("0103", "TAX", DAY)
    senders.start()
    for _ in range(200):
        if receiving[0].asked:
            break
        senders._stop.wait(0.05)
    senders.stop()
    assert [one["data"]["number"] for one in receiving[0].told] == [number]


def test_every_kind_of_event_is_told_without_names_of_people_files_and_campaigns(tmp_path: Path, receiving: tuple[Receiving, str]) -> None:
    kinds = ", ".join(f'"{kind}"' for kind in EVENTS)
    table = f'\n[[webhook]]\nurl = "{receiving[1]}"\nsecret = "{SECRET}"\nevents = [{kinds}]\n'
    file = office(tmp_path / "site").file
    file.write_text(file.read_text("utf-8") + table, "utf-8")
    found = Sending(config.load(file))
    found.outbox.dealt_with(found.channels[0].name, 0, "-")
    found.turn()
    found.close()
    told = {one["type"]: set(one["data"]) - {"seq"} for one in receiving[0].told}
    of_record = {"number", "department", "category", "fiscal_year", "state", "pages", "sheets", "a4_sheets", "paper_status"}
    assert told == {
        "filed": of_record, "accounted": of_record, "paper_imported": {"rows"}, "indicators_imported": {"rows"}, "cabinet_emptied": {"cabinet", "department", "day", "fm"},
        "cabinet_signed_off": {"cabinet", "department", "day", "fm"}, "campaign_begun": {"number", "start", "end", "ended"},
    }  # fmt: skip
    sent = b"".join(one.body for one in receiving[0].asked).decode()
    assert not [word for word in ("佐藤", "山本", "紙を減らす", "購入.csv", "件名", "scan.pdf") if word in sent]


def test_all_events_that_may_be_asked_for_are_kinds_of_the_journal() -> None:
    assert set(EVENTS) <= {*Catalogue.AGAIN, *LINE_KINDS.values()}


def test_nothing_leaves_a_site_that_configures_nothing(tmp_path: Path) -> None:
    assert outgoing.senders(two_sections(tmp_path / "site"), lambda: RECEIVED) is None


def test_the_place_in_the_log_outlives_a_wait_of_a_day(kept: Shelf, sending: Sending, receiving: tuple[Receiving, str]) -> None:
    receiving[0].down = (500, {})
    number = kept.record("0103", "TAX", DAY)
    sending.turn()
    sending.clock.now += timedelta(days=1)
    receiving[0].down = None
    sending.turn()
    assert [one["data"]["number"] for one in receiving[0].told] == [number]


@pytest.mark.slow
def test_a_running_daemon_sends_while_another_receiver_hangs(tmp_path: Path, receiving: tuple[Receiving, str]) -> None:
    """Started, asked, restarted: the line answers at once, each event arrives once."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes connections and never answers
        hanging = f'url = "http://127.0.0.1:{deaf.getsockname()[1]}/hook"\nname = "hanging"\nsecret = "{SECRET}"\nevents = ["campaign_begun"]'
        settings = with_webhooks(tmp_path / "site", hanging, f'url = "{receiving[1]}"\nsecret = "{SECRET}"\nevents = ["campaign_begun"]')
        for number in (1, 2):
            with Daemon(settings) as daemon:
                daemon.turn(2.5)  # each channel has found its place
                requests = Requests(settings.layout.requests_db)
                wish = requests.ask("campaign_add", "佐藤", datetime.now(UTC), name=f"no. {number}", **{"from": "2026-04-01", "to": "2027-03-31"})
                daemon.turn(0.05)
                assert requests.wait_for(wish, 5.0)
                requests.close()
                for _ in range(200):
                    if len(receiving[0].asked) < number:
                        daemon.turn(0.1)
    assert [one["data"]["number"] for one in receiving[0].told] == [1, 2]
