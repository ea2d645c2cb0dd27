"""A category is taken out of retention.toml while records of it exist: told by `doctor`, the records stay as they were, restricted ones closed."""

import json
import re
from pathlib import Path

import pytest
from custody import GENERAL, TAX, deliver, dump, pdf, sha256, two_sections
from cut_short import Runs

from scanpipe import config
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search import Access, SearchReader
from scanpipe.config import Settings
from scanpipe.i18n import speaking
from scanpipe.upkeep.machine.doctor import examine
from scanpipe.upkeep.proving.fixity import verify

BILL, FORM = (TAX, "bill.pdf"), (GENERAL, "form.pdf")
PAGES = {BILL: ("請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事",), FORM: ("住民異動届\n令和7年4月1日\n届出人 湯浅千尋",)}
DELETED = ("ACCOUNT", "RESIDENT")  # their categories; the second is restricted


@pytest.fixture
def changed(tmp_path: Path, runs: Runs) -> Settings:
    settings = two_sections(tmp_path / "site")
    (settings.file.parent / "prepared.json").write_text(json.dumps({sha256(pdf(*pages)): pages for pages in PAGES.values()}), "utf-8")
    deliver(settings, {key: pdf(*pages) for key, pages in PAGES.items()})
    assert runs(settings.file)["error"] is None
    schedule = settings.file.with_name("retention.toml")
    first, *categories = re.split(r"(?m)^(?=\[\[category\]\])", schedule.read_text("utf-8"))
    left = [category for category in categories if not any(f'code = "{code}"' in category for code in DELETED)]
    assert len(left) == len(categories) - 2
    schedule.write_text(first + "".join(left), "utf-8")
    return config.load(settings.file)


def test_doctor_names_the_category_and_what_to_do(changed: Settings) -> None:
    with speaking("ja"):
        found = [finding for finding in examine(changed) if finding.name == "category"]
    assert [code for code in DELETED for finding in found if code in finding.says] == list(DELETED)
    assert all("retention.toml" in finding.remedy for finding in found)


def test_its_records_stay_as_they_were_through_a_restart_without_databases(changed: Settings, runs: Runs) -> None:
    before = dump(changed)
    for path in changed.layout.catalogue_db.parent.iterdir():
        path.unlink()
    assert runs(changed.file)["error"] is None
    assert dump(changed) == before
    assert verify(changed.layout).sound
    reader = CatalogueReader(changed.layout.catalogue_db)
    index = SearchReader(changed.layout.search_db, reader.text_of)
    try:
        assert {row["name"]: reader.record(row["number"])["category"] for row in reader.outcomes()} == {"bill.pdf": "ACCOUNT", "form.pdf": "RESIDENT"}
        assert [hit.title for hit in index.search("さくら商事").hits] == ["請求書"]
    finally:
        index.close()
        reader.close()


def test_a_restricted_record_does_not_come_into_the_open_with_its_category_gone(changed: Settings, runs: Runs) -> None:
    for path in changed.layout.catalogue_db.parent.glob("search.db*"):
        path.unlink()
    assert runs(changed.file)["error"] is None
    lists = "".join(page.read_text("utf-8") for page in (changed.inbox(GENERAL) / "受付簿").glob("*.html"))
    assert "住民異動届" not in lists and "閲覧制限" in lists
    index = SearchReader(changed.layout.search_db, lambda serial, page: "")
    everyone, granted = index.search("", department=GENERAL, allowed=Access(restricted=frozenset())), index.search("", department=GENERAL)
    index.close()
    assert (len(everyone.hits), len(granted.hits)) == (0, 1)
