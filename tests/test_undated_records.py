"""stages/describe.py: a record on which no date was found says that its period is counted from the day of the scan, and needs nobody for that alone."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from custody import TAX, two_sections

from scanpipe.core import review
from scanpipe.core.model import Accession, Description, Page, Recognition
from scanpipe.stages.describe import describe

ACCESSION = Accession(
    id="01J00000000000000000000000",
    number="2026-000001",
    serial=1,
    department=TAX,
    name="scan.pdf",
    sha256="0" * 64,
    bytes=1,
    media_type="application/pdf",
    received=datetime(2026, 11, 22, tzinfo=UTC),
    fiscal_year=2026,
)


def described(text: str, site: Path) -> Description:
    pages = (Page(number=1, width=1654, height=2339, dpi=200, text=text),)
    return describe(ACCESSION, Recognition(accession_id=ACCESSION.id, pages=pages, engine="t", settings="", access_sha256=None), two_sections(site))


BILL = "請求書\n{}\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事"


def test_a_record_without_any_date_says_so_and_needs_nobody_for_it(tmp_path: Path) -> None:
    bill = described(BILL.format("品名 用紙"), tmp_path / "site")
    assert (bill.category, bill.date, bill.completed) == ("ACCOUNT", None, date(2026, 11, 22))
    assert (bill.flags, bill.needs_review) == ((review.NO_DATE,), False)


@pytest.mark.parametrize("dated", ["令和7年5月20日", "発行日 令和7年5月20日"])
def test_a_record_that_says_when_it_was_done_has_no_such_note(tmp_path: Path, dated: str) -> None:
    assert review.NO_DATE not in described(BILL.format(dated), tmp_path / "site").flags


def test_a_record_whose_category_is_still_open_has_it_too(tmp_path: Path) -> None:
    assert set(described("覚え\n電話で話を聞いた。", tmp_path / "site").flags) >= {review.NO_DATE, review.CATEGORY_UNCLEAR}
