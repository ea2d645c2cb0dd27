"""A narrowed connection holds only what the person may see, whatever is asked on it."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from custody import GENERAL, TAX, two_sections
from kept_records import Shelf, shelf

from scanpipe.catalogue.reader import CatalogueReader, NoRecord
from scanpipe.catalogue.search_result import Access
from scanpipe.catalogue.visible import OPEN, narrow
from scanpipe.config import Settings
from scanpipe.core import review

DAY = date(2026, 4, 1)
NOTHING = Access(departments=frozenset(), restricted=frozenset())
See = Callable[..., CatalogueReader]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = two_sections(tmp_path_factory.mktemp("visible") / "site", language="en")
    with shelf(made) as kept:
        _fill(kept)
    return made


def _fill(kept: Shelf) -> None:
    """1 open and 2 restricted of the general section, 3 a batch of it; 4 open, 5 restricted of the tax section; a hold on 4."""
    kept.record(GENERAL, "CORRESP", DAY)
    kept.record(GENERAL, "WELFARE", DAY, restricted=True)
    kept.record(GENERAL, "unclassified", DAY, flags=(review.BATCH,))
    kept.record(TAX, "ACCOUNT", DAY)
    kept.record(TAX, "WELFARE", DAY, restricted=None)  # as facts of an earlier version have it: the category decides
    kept.hold("2026-000004")


@pytest.fixture
def see(settings: Settings) -> Iterator[See]:
    opened: list[CatalogueReader] = []

    def reader(access: Access) -> CatalogueReader:
        opened.append(CatalogueReader(settings.layout.catalogue_db))
        narrow(opened[-1].db, access, {"WELFARE"})
        return opened[-1]

    yield reader
    for one in opened:
        one.close()


def numbers(reader: CatalogueReader) -> list[int]:
    return [int(row["number"][-6:]) for row in reader.db.conn.execute("SELECT number FROM accession ORDER BY number")]


@pytest.mark.parametrize(
    ("access", "seen"),
    [
        (Access(), [1, 2, 3, 4, 5]),
        (NOTHING, []),
        (Access(departments=frozenset({GENERAL}), restricted=frozenset()), [1]),
        (Access(departments=frozenset({GENERAL}), restricted=frozenset({"WELFARE"})), [1, 2]),
        (Access(departments=None, restricted=frozenset()), [1, 4]),
        (Access(departments=frozenset({TAX}), restricted=None), [4, 5]),
    ],
)
def test_records_are_seen_by_section_and_grant(see: See, access: Access, seen: list[int]) -> None:
    reader = see(access)
    assert numbers(reader) == seen
    for number in range(1, 6):
        if number in seen:
            assert reader.record(f"2026-{number:06d}")["number"] == f"2026-{number:06d}"
        else:
            with pytest.raises(NoRecord):
                reader.record(f"2026-{number:06d}")


def test_no_table_and_no_view_tells_of_records_that_may_not_be_seen(see: See) -> None:
    """Of every table: nothing is left to who sees nothing, save what names no record; so for tables that do not exist yet."""
    reader, whole = see(NOTHING), see(Access())
    objects = [row["name"] for row in whole.db.conn.execute("SELECT name FROM main.sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")]
    left = {name for name in objects if reader.db.conn.execute(f'SELECT count(*) AS n FROM "{name}"').fetchone()["n"]}
    full = {name for name in objects if whole.db.conn.execute(f'SELECT count(*) AS n FROM "{name}"').fetchone()["n"]}
    assert left <= OPEN | {"sheets_saved_daily", "sheets_saved_monthly"}
    assert {"accession", "description", "page", "event", "delivery", "filing", "hold", "held_record", "in_binder"} <= full


def test_texts_events_and_holds_follow_their_record(see: See) -> None:
    reader = see(Access(departments=frozenset({GENERAL}), restricted=frozenset()))
    assert reader.text_of(_serial(reader, 1), 1) == "通知"
    other = see(Access())
    assert reader.text_of(_serial(other, 4), 1) == ""
    id = other.record("2026-000004")["id"]
    assert other.events(id) and not reader.events(id)
    assert other.holds() and not reader.holds()
    assert other.status()["deliveries"] == 5 and reader.status()["deliveries"] == 1


def _serial(reader: CatalogueReader, number: int) -> int:
    return int(reader.db.conn.execute("SELECT serial FROM accession WHERE number = ?", [f"2026-{number:06d}"]).fetchone()["serial"])
