"""What people did that changes no record: an event for the journal, of each record that was seen, and once however often the wish is answered."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from custody import GENERAL, two_sections
from kept_records import shelf

from scanpipe.catalogue.reader import NoRecord
from scanpipe.catalogue.requests import Wish
from scanpipe.upkeep.deciding.told import tell


def _wish(**wants: object) -> Wish:
    return Wish(id="01J00000000000000000000000", at=datetime(2026, 4, 2, tzinfo=UTC), who="sato", verb="tell", wants=wants)


def test_all_records_of_a_result_are_told_each_once(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    with shelf(settings) as kept:
        numbers = [kept.record(GENERAL, "WELFARE", date(2026, 4, 1), title=title) for title in ("甲", "乙", "丙")]
        for _again in range(2):
            tell(_wish(kind="viewed", numbers=numbers[:2], where="search"), kept.catalogue, settings)
        with pytest.raises(NoRecord):
            tell(_wish(kind="viewed", numbers=["2026-999999"]), kept.catalogue, settings)
        rows = kept.catalogue.db.query(
            "SELECT a.number, e.actor, e.data ->> '$.where' AS place FROM event e JOIN accession a ON a.id = e.accession_id WHERE e.kind = 'viewed' ORDER BY e.seq"
        )
        assert [tuple(row.values()) for row in rows] == [(number, "sato", "search") for number in numbers[:2]]
