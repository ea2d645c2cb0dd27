"""A person accepts a changed schedule for a filed record: once, wherever the process is killed, and vault and journal alone tell of it afterwards."""

import json
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from custody import TAX, answers, copy_site, deliver, dump, files_in, pdf, sha256, two_sections
from cut_short import Runs, killed_all_over

from scanpipe import cli, config
from scanpipe.catalogue.journal import chain
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings
from scanpipe.upkeep.proving.fixity import verify

BILL = "2026-000001"
PAGES = ("請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事",)
EVERY = 3  # of the system calls at which it is killed


@pytest.fixture(scope="module")
def filed(quick_place: Path, runs: Runs) -> Settings:
    """A site with one voucher, to be kept for 5 years; the schedule has said 10 since."""
    settings = two_sections(quick_place / "accepted", language="en")
    (settings.file.parent / "prepared.json").write_text(json.dumps({sha256(pdf(*PAGES)): PAGES}), "utf-8")
    deliver(settings, {(TAX, "bill.pdf"): pdf(*PAGES)})
    assert runs(settings.file)["error"] is None
    schedule = settings.file.with_name("retention.toml")
    head, tail = schedule.read_text("utf-8").split('code = "ACCOUNT"', 1)
    schedule.write_text(f'{head}code = "ACCOUNT"{tail.replace("period = 5", "period = 10", 1)}', "utf-8")
    return config.load(settings.file)


def ask(settings: Settings, verb: str, **wants: Any) -> None:
    requests = Requests(settings.layout.requests_db)
    requests.ask(verb, "佐藤", datetime.now(UTC), **wants)
    requests.close()


def accepted(settings: Settings) -> Settings:
    ask(settings, "accept_schedule", numbers=[BILL], schedule=settings.schedule.digest, reason="規程の改正")
    return settings


def faults(settings: Settings) -> str | None:
    """What is wrong about the site after the change was accepted; None if nothing is."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        body = reader.record(BILL)
        assert (body["state"], body["retention"]["period"], body["retention"]["expires"]) == ("accounted", 10, "2036-03-31"), body
        shown = [str(path.relative_to(settings.layout.archive)) for path in files_in(settings.layout.cabinet)]
        assert shown == [body["path"]] and "会計証拠_10年" in body["path"], shown
        assert [one["changes"] for one in reader.corrections(body["id"])] == [{"period": "10", "expires": "2036-03-31"}]
        assert Counter(event.kind for event in chain(settings.layout.journal))["corrected"] == 1
        assert answers(settings)[-1][0] == "done", answers(settings)
        assert verify(settings.layout).sound
    except AssertionError as wrong:
        return str(wrong)
    finally:
        reader.close()
    return None


def test_an_accepted_change_moves_the_record_in_the_cabinet_and_can_be_taken_back(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = accepted(copy_site(filed, tmp_path / "site"))
    assert runs(settings.file)["error"] is None
    assert faults(settings) is None
    before = dump(settings)
    shutil.rmtree(settings.layout.catalogue_db.parent)
    assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
    assert dump(settings) == before
    ask(settings, "correct", numbers=[BILL], undo=True)
    assert runs(settings.file)["error"] is None
    reader = CatalogueReader(settings.layout.catalogue_db)
    assert reader.record(BILL)["retention"]["expires"] == "2031-03-31"
    reader.close()


@pytest.mark.slow
def test_killed_at_system_calls_it_is_accepted_once(filed: Settings, runs: Runs) -> None:
    wanted = accepted(copy_site(filed, filed.file.parents[2] / "accepted-wish"))
    wrong, calls = killed_all_over(wanted, runs, faults, every=EVERY)
    assert wrong == {} and calls > 10
