"""The monthly report: its folder, and by mail through a mail server on this machine."""

import email
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from custody import two_sections
from kept_records import RECEIVED, Shelf, shelf

from scanpipe import config
from scanpipe.config import Settings
from scanpipe.upkeep.machine import nightly
from scanpipe.upkeep.sending import mailing, monthly, outgoing
from scanpipe.upkeep.sending.outbox import Outbox, Senders

TABLE = '\n[mail]\nhost = "127.0.0.1"\nport = {port}\nfrom = "scanpipe@example.lg.jp"\nto = ["dx@example.lg.jp", "{other}"]\ntls = "none"\n'


class Office:
    """The office's mail server. deaf: recipients that it refuses."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.deaf: set[str] = set()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address in self.deaf:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        found = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(found, EmailMessage)
        self.mails.append(found)
        return "250 OK"


@pytest.fixture
def office() -> Iterator[tuple[Office, Controller]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = Office()
    controller = Controller(own, hostname="127.0.0.1", port=port)
    controller.start()
    yield own, controller
    if controller.loop.is_running():
        controller.stop()


@pytest.fixture
def settings(tmp_path: Path, office: tuple[Office, Controller]) -> Settings:
    file = two_sections(tmp_path / "site", language="en", name="Midorino").file
    file.write_text(file.read_text("utf-8") + TABLE.format(port=office[1].port, other="hisho@example.lg.jp"), "utf-8")
    return config.load(file)


def lay_report(settings: Settings, month: str) -> None:
    folder = settings.layout.reports / month
    folder.mkdir(parents=True)
    (folder / f"paper-report-{month}.pdf").write_bytes(b"%PDF-1.7 " + month.encode())
    (folder / mailing.SUMMARY).write_text(f"All is well in {month}.", "utf-8")


class Post:
    """The mail channel, turned by hand."""

    def __init__(self, settings: Settings) -> None:
        self.now = datetime(2026, 5, 1, 6, tzinfo=UTC)
        self.outbox = Outbox(settings.layout.outbox_db)
        (self.channel,) = outgoing.channels(settings, self.outbox, lambda: self.now)
        self.senders = Senders(self.outbox, [self.channel], lambda: self.now, "en")

    def turn(self) -> str | None:
        """Why it is not sent; None if nothing is wrong."""
        self.senders.turn(self.channel)
        found = self.outbox.standings([self.channel.name])
        return found[0].reason if found else None


def test_the_newest_report_is_mailed_once_with_its_files(settings: Settings, office: tuple[Office, Controller]) -> None:
    lay_report(settings, "2026-03")
    lay_report(settings, "2026-04")
    post = Post(settings)
    assert [post.turn() for _ in range(3)] == [None, None, None]
    (mail,) = office[0].mails
    assert mail["Subject"] == "Midorino: paper saved, report for 2026-04"
    assert mail["To"] == "dx@example.lg.jp, hisho@example.lg.jp"
    assert "All is well in 2026-04." in mail.get_body().get_content()  # type: ignore[union-attr]
    assert [(one.get_filename(), one.get_content()) for one in mail.iter_attachments()] == [("paper-report-2026-04.pdf", b"%PDF-1.7 2026-04")]
    lay_report(settings, "2026-05")
    post.turn()
    assert [one["Subject"][-7:] for one in office[0].mails] == ["2026-04", "2026-05"]


def test_a_mail_server_that_is_down_is_said_and_asked_again(settings: Settings, office: tuple[Office, Controller]) -> None:
    lay_report(settings, "2026-04")
    office[1].stop()
    post = Post(settings)
    assert "Connection refused" in (post.turn() or "")
    again = Controller(office[0], hostname="127.0.0.1", port=office[1].port)
    again.start()
    try:
        assert post.turn() is not None and office[0].mails == []  # it waits
        post.now += timedelta(seconds=5)
        assert post.turn() is None and len(office[0].mails) == 1
    finally:
        again.stop()


def test_a_mailbox_that_is_gone_does_not_keep_the_report_from_the_others(settings: Settings, office: tuple[Office, Controller]) -> None:
    lay_report(settings, "2026-04")
    office[0].deaf = {"hisho@example.lg.jp"}
    post = Post(settings)
    post.turn()
    post.turn()
    (standing,) = post.outbox.standings([mailing.CHANNEL])
    assert len(office[0].mails) == 1 and standing.aside == 1 and "hisho@example.lg.jp" in (standing.aside_reason or "")


def test_all_mailboxes_gone_is_a_failure(settings: Settings, office: tuple[Office, Controller]) -> None:
    lay_report(settings, "2026-04")
    office[0].deaf = {"hisho@example.lg.jp", "dx@example.lg.jp"}
    assert "550 no such mailbox" in (Post(settings).turn() or "")


# --- the folder ---


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Shelf]:
    settings = two_sections(tmp_path / "own", language="en", municipality_code="172014")
    with shelf(settings) as found:
        yield found


def test_the_months_folder_has_page_workbook_and_csv_and_is_made_once(kept: Shelf) -> None:
    today = date(2026, 5, 2)
    assert monthly.make(kept.settings, "2026-04", today) is None  # nothing to tell
    kept.record("0103", "TAX", RECEIVED.date())
    folder = monthly.make(kept.settings, "2026-04", today)
    assert folder == kept.settings.layout.reports / "2026-04"
    written = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(written) == {*(f"paper-report-2026-04.{ending}" for ending in ("pdf", "xlsx", "csv")), "open-data-2026-04.csv", mailing.SUMMARY}
    monthly.make(kept.settings, "2026-04", today)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == written
    assert mailing.months(kept.settings.layout.reports) == ["2026-04"]


def test_a_report_that_was_cut_off_is_made_anew(kept: Shelf) -> None:
    kept.record("0103", "TAX", RECEIVED.date())
    torn = kept.settings.layout.reports / ".2026-04.part"
    torn.mkdir(parents=True)
    (torn / "torn.pdf").write_bytes(b"%PDF")
    folder = monthly.make(kept.settings, "2026-04", date(2026, 5, 2))
    assert folder is not None and not torn.exists() and not (folder / "torn.pdf").exists()
    assert mailing.months(kept.settings.layout.reports) == ["2026-04"]


def test_months_end_on_their_last_day() -> None:
    assert [monthly.last_day(month) for month in ("2026-02", "2024-02", "2026-12")] == [date(2026, 2, 28), date(2024, 2, 29), date(2026, 12, 31)]


@pytest.mark.slow
def test_the_timetable_makes_the_report_from_its_day_on_and_once(kept: Shelf) -> None:
    kept.record("0103", "TAX", RECEIVED.date())
    settings = replace(kept.settings, timetable=kept.settings.timetable.model_copy(update={"report_day": 5}))
    stopping = threading.Event()
    assert nightly.report_apart(settings, date(2026, 4, 20), stopping) == "nothing to report of 2026-03"
    assert nightly.report_apart(settings, date(2026, 5, 4), stopping) == "the report of 2026-04 is due on day 5 of this month"
    assert nightly.report_apart(settings, date(2026, 5, 5), stopping).startswith("The report of 2026-04 lies in")
    assert mailing.months(settings.layout.reports) == ["2026-04"]
    assert nightly.report_apart(settings, date(2026, 5, 6), stopping) == "the report of 2026-04 lies there"
