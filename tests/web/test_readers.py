"""Connections that are kept for the next request: never for anybody who may see something else, never with a moment of long ago."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from custody import GENERAL, TAX, two_sections
from kept_records import Shelf, shelf

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search_result import Access
from scanpipe.config import Settings
from scanpipe.web.readers import MOST_IDLE, Readers

DAY = date(2026, 4, 1)
ALL, OF_TAX = Access(), Access(departments=frozenset({TAX}), restricted=frozenset())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return two_sections(tmp_path / "site")


@pytest.fixture
def kept(settings: Settings) -> Iterator[Shelf]:
    with shelf(settings) as kept:
        kept.record(GENERAL, "CORRESP", DAY)
        kept.record(TAX, "ACCOUNT", DAY)
        kept.record(TAX, "WELFARE", DAY, restricted=True)
        yield kept


@pytest.fixture
def readers(settings: Settings, kept: Shelf) -> Iterator[Readers]:
    made = Readers(settings.layout.catalogue_db, frozenset({"WELFARE"}))
    yield made
    made.close()


def seen(reader: CatalogueReader) -> list[str]:
    return [row["number"] for row in reader.db.conn.execute("SELECT number FROM accession ORDER BY number")]


def test_a_connection_is_used_again_only_for_who_may_see_exactly_the_same(readers: Readers) -> None:
    first = readers.lend(OF_TAX)
    assert seen(first) == ["2026-000002"]
    first.close()
    assert readers.lend(Access(departments=frozenset({TAX}))) is not first and readers.lend(ALL) is not first
    again = readers.lend(Access(departments=frozenset({TAX}), restricted=frozenset()))
    assert again is first and readers.lend(OF_TAX) is not first  # lent to one at a time
    again.close()
    again.close()  # given back twice: still lent to one only
    assert readers.lend(OF_TAX) is not readers.lend(OF_TAX)


def test_what_was_not_read_to_its_end_holds_neither_the_moment_nor_the_log(readers: Readers, kept: Shelf) -> None:
    reader = readers.lend(ALL)
    left = reader.db.conn.execute("SELECT number FROM accession")
    left.fetchone()
    kept.record(GENERAL, "CORRESP", DAY)
    assert not kept.catalogue.truncate()
    reader.close()
    assert kept.catalogue.truncate()
    assert len(seen(readers.lend(ALL))) == 4
    del left


def test_a_catalogue_that_was_made_anew_is_opened_anew(readers: Readers, settings: Settings) -> None:
    held, idle = readers.lend(ALL), readers.lend(ALL)
    idle.close()
    file = settings.layout.catalogue_db
    (file.with_name("copy")).write_bytes(file.read_bytes())
    file.with_name("copy").replace(file)
    assert readers.lend(ALL) is not idle
    held.close()
    assert readers.lend(ALL) is not held


def test_only_a_few_are_kept(readers: Readers) -> None:
    lent = [readers.lend(ALL) for _ in range(MOST_IDLE + 3)]
    for one in lent:
        one.close()
    assert sum(readers.lend(ALL) in lent for _ in lent) == MOST_IDLE
