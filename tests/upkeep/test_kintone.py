"""kintone against a server that checks each request as its documentation describes it."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from custody import two_sections
from kept_records import Shelf, shelf
from listening import App, Kintone, listening
from turning import Sending

from scanpipe import config
from scanpipe.config import Settings
from scanpipe.core.model import Filing
from scanpipe.upkeep.sending import kintone

DAY = date(2026, 4, 1)
RECORD_FORM = {
    "文書番号": "SINGLE_LINE_TEXT",
    "件名": "SINGLE_LINE_TEXT",
    "分類": "DROP_DOWN",
    "日付": "DATE",
    "枚数": "NUMBER",
    "受付": "DATETIME",
    "状態": "SINGLE_LINE_TEXT",
}
MONTH_FORM = {"key": "SINGLE_LINE_TEXT", "月": "SINGLE_LINE_TEXT", "課": "SINGLE_LINE_TEXT", "電子化": "NUMBER", "削減": "NUMBER", "率": "NUMBER"}
TABLE = """
[kintone]
base_url = "{url}"
app = 7
token_file = "kintone-token"
fields = {{ number = "文書番号", title = "件名", category = "分類", date = "日付", a4_sheets = "枚数", received = "受付", state = "状態" }}
monthly_app = 8
monthly_token = "months"
monthly_fields = {{ key = "key", month = "月", department = "課", digitised = "電子化", saved = "削減", rate = "率" }}
"""


@pytest.fixture
def cloud() -> Iterator[tuple[Kintone, str]]:
    found = Kintone(
        app7=App("records", "文書番号", RECORD_FORM, choices={"分類": ("TAX", "CONTRACT")}),
        app8=App("months", "key", MONTH_FORM),
    )
    with listening(found.answer) as url:
        yield found, url


@pytest.fixture
def settings(tmp_path: Path, cloud: tuple[Kintone, str]) -> Settings:
    file = two_sections(tmp_path / "site", language="en").file
    file.with_name("kintone-token").write_text("records\n")
    file.write_text(file.read_text("utf-8") + TABLE.format(url=cloud[1]), "utf-8")
    return config.load(file)


@pytest.fixture
def kept(settings: Settings) -> Iterator[Shelf]:
    with shelf(settings) as found:
        yield found


@pytest.fixture
def sending(settings: Settings, kept: Shelf) -> Iterator[Sending]:
    found = Sending(settings)
    yield found
    found.close()


def records(cloud: tuple[Kintone, str]) -> dict[str, dict[str, Any]]:
    return cloud[0].apps[7].records


def test_each_record_is_put_once_and_found_again_by_its_number(kept: Shelf, sending: Sending, cloud: tuple[Kintone, str]) -> None:
    number = kept.record("0103", "TAX", DAY, title="固定資産税の件")
    sending.turn()
    sending.turn()
    assert records(cloud) == {
        number: {"件名": "固定資産税の件", "分類": "TAX", "日付": "2026-04-01", "枚数": 2.0, "受付": "2026-04-01T09:00:00+00:00", "状態": "accounted"}
    }
    assert len(cloud[0].requests) == 1 and cloud[0].complaints == []


def test_a_hundred_go_together_and_no_more(kept: Shelf, sending: Sending, cloud: tuple[Kintone, str]) -> None:
    numbers = [kept.record("0103", "TAX", DAY) for _ in range(130)]
    while not sending.turn():
        pass
    assert list(records(cloud)) == numbers and cloud[0].complaints == []
    assert max(len(one["records"]) for one in cloud[0].requests) <= 100
    assert sum(len(one["records"]) for one in cloud[0].requests) < 1.5 * len(numbers)  # five events of one record are one change


def test_restricted_records_never_leave_and_one_that_became_so_loses_what_was_there(kept: Shelf, sending: Sending, cloud: tuple[Kintone, str]) -> None:
    hidden = kept.record("0103", "WELFARE", DAY, restricted=True, title="生活保護の件")
    number = kept.record("0103", "TAX", DAY, title="世帯の件")
    sending.turn()
    assert hidden not in records(cloud) and records(cloud)[number]["件名"] == "世帯の件"
    kept.catalogue.db.conn.execute("UPDATE description SET restricted = 1")
    kept.catalogue.retry(kept.catalogue.by_number(number)[0].id, "佐藤")  # type: ignore[index]
    tell_again(kept, number)
    sending.turn()
    assert records(cloud)[number] == dict.fromkeys(records(cloud)[number], "")


def tell_again(kept: Shelf, number: str) -> None:
    """Any event of the record."""
    found = kept.catalogue.by_number(number)
    assert found is not None
    kept.catalogue._record("viewed", lambda event: None, found[0].id, "佐藤")


def test_a_record_that_the_app_refuses_is_put_aside_and_the_others_go(kept: Shelf, sending: Sending, cloud: tuple[Kintone, str]) -> None:
    first, refused, last = (kept.record("0103", code, DAY) for code in ("TAX", "COUNCIL", "CONTRACT"))
    sending.turn()
    assert set(records(cloud)) == {first, last}
    standing = sending.standing()
    assert (standing["aside"], standing["behind"], standing["failing_since"]) == (1, 0, None)
    assert "CB_VA01" in standing["aside_reason"]
    cloud[0].apps[7].choices = {"分類": ("TAX", "CONTRACT", "COUNCIL")}
    sending.clock.now += timedelta(hours=1)
    sending.turn()
    assert refused in records(cloud) and sending.standing()["aside"] == 0


def test_when_all_are_refused_the_fault_is_in_app_or_field_map_and_everything_waits(kept: Shelf, sending: Sending, cloud: tuple[Kintone, str]) -> None:
    cloud[0].apps[7].fields = {name: kind for name, kind in RECORD_FORM.items() if name != "件名"}
    numbers = [kept.record("0103", "TAX", DAY) for _ in range(3)]
    sending.turn()
    assert records(cloud) == {} and sending.standing()["failing_since"] and sending.standing()["aside"] == 0
    cloud[0].apps[7].fields = RECORD_FORM
    sending.clock.now += timedelta(minutes=1)
    sending.turn()
    assert list(records(cloud)) == numbers and sending.standing()["failing_since"] is None


@pytest.mark.parametrize(("status", "headers"), [(429, {"Retry-After": "30"}), (503, {}), (502, {})])
def test_a_busy_or_broken_kintone_is_asked_again(kept: Shelf, sending: Sending, cloud: tuple[Kintone, str], status: int, headers: dict[str, str]) -> None:
    number = kept.record("0103", "TAX", DAY)
    cloud[0].down = (status, headers)
    sending.turn()
    assert f"HTTP {status}" in sending.standing()["reason"]
    cloud[0].down = None
    sending.turn()
    assert records(cloud) == {}  # not yet
    sending.clock.now += timedelta(seconds=30)
    sending.turn()
    assert list(records(cloud)) == [number]


def test_a_wrong_token_is_said_and_loses_nothing(kept: Shelf, sending: Sending, settings: Settings, cloud: tuple[Kintone, str]) -> None:
    token = settings.file.with_name("kintone-token")
    token.write_text("old")
    number = kept.record("0103", "TAX", DAY)
    sending.turn()
    assert "GAIA_IA02" in sending.standing()["reason"] and "old" not in sending.standing()["reason"]
    token.write_text("records")
    sending.clock.now += timedelta(minutes=1)
    sending.turn()
    assert list(records(cloud)) == [number]


def test_a_correction_changes_the_same_row_and_looking_changes_none(kept: Shelf, sending: Sending, cloud: tuple[Kintone, str]) -> None:
    number = kept.record("0103", "TAX", DAY)
    sending.turn()
    tell_again(kept, number)
    sending.turn()
    assert len(cloud[0].requests) == 1
    kept.catalogue.db.conn.execute("UPDATE description SET title = '別の件名'")
    tell_again(kept, number)
    sending.turn()
    assert records(cloud)[number]["件名"] == "別の件名" and cloud[0].apps[7].inserted == 1


def test_what_was_not_filed_yet_waits_until_it_is(kept: Shelf, sending: Sending, cloud: tuple[Kintone, str]) -> None:
    number = kept.record("0103", "TAX", DAY)
    row = kept.catalogue.db.conn.execute("SELECT * FROM filing").fetchone()
    kept.catalogue.db.conn.execute("DELETE FROM filing")
    sending.turn()
    assert records(cloud) == {}
    filing = Filing(accession_id=row["accession_id"], path=row["path"], vault_path=row["vault_path"], manifest_sha256=row["manifest_sha256"])
    kept.catalogue._put_filing(filing, sending.clock.now)
    tell_again(kept, number)
    sending.turn()
    assert list(records(cloud)) == [number]


def test_another_field_map_gives_all_records_again(kept: Shelf, settings: Settings, sending: Sending, cloud: tuple[Kintone, str]) -> None:
    number = kept.record("0103", "TAX", DAY)
    sending.turn()
    settings.file.write_text(settings.file.read_text("utf-8").replace(', state = "状態"', ', kind = "状態"'), "utf-8")
    again = Sending(config.load(settings.file))
    again.turn()
    again.close()
    assert records(cloud)[number]["状態"] == ""


def test_monthly_figures_go_to_an_app_of_their_own_and_only_what_changed(kept: Shelf, sending: Sending, cloud: tuple[Kintone, str]) -> None:
    kept.record("0103", "TAX", DAY)
    months = sending.channels[1]
    assert months.name == kintone.MONTHS
    sending.turn(months)
    assert cloud[0].apps[8].records == {
        "2026-04 *": {"月": "2026-04", "課": "*", "電子化": 2.0, "削減": "", "率": ""},
        "2026-04 0103": {"月": "2026-04", "課": "0103", "電子化": 2.0, "削減": "", "率": ""},
    }
    asked = len(cloud[0].requests)
    sending.turn(months)
    assert len(cloud[0].requests) == asked and cloud[0].complaints == []
