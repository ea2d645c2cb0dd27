"""What was split, merged or replaced at the pages is taken back there, with a running daemon: the records are again what they were."""

from pathlib import Path

import pytest
from custody import GENERAL, deliver, pdf, two_sections
from retention_desk import Desk, add_people, desk_of
from with_daemon import filed, until, while_it_runs

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search import SearchReader
from scanpipe.config import Settings

pytestmark = pytest.mark.slow

FILES = {"a.pdf": ("一枚目", "二枚目", "三枚目"), "b.pdf": ("前半",), "c.pdf": ("後半",)}


def numbers(settings: Settings) -> dict[str, str]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return {row["name"]: row["number"] for row in reader.outcomes() if row["name"] in FILES}
    finally:
        reader.close()


def shown(room: Desk, *expected: str) -> bool:
    """Whether exactly these of all records can be looked at, by who is no records manager, and are searched."""
    every = [f"2026-{n:06d}" for n in range(1, 7)]
    if {one for one in every if room.status(f"/records/{one}") == 200} != set(expected):
        return False
    index = SearchReader(room.settings.layout.search_db, lambda serial, page: "")
    try:
        return {hit.number for hit in index.search("課:0101").hits} == set(expected)
    finally:
        index.close()


def test_a_split_a_merger_and_a_replacement_are_taken_back_at_the_pages(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site", language="en")
    add_people(settings)
    deliver(settings, {(GENERAL, name): pdf(*pages) for name, pages in FILES.items()})
    while_it_runs(settings, lambda: _part_and_take_back(settings))


def _part_and_take_back(settings: Settings) -> None:
    until(filed(settings, len(FILES)))
    whole, first, second = (numbers(settings)[name] for name in FILES)
    with desk_of(settings) as room:
        room.sit("sato")
        until(lambda: shown(room, whole, first, second))

        page = room.done(f"/records/{whole}/split", begins=["2"], title=["", ""], step="do", reason="仕切り紙の入れ忘れ")
        assert f'action="/records/{whole}/undo"' in page
        until(lambda: shown(room, first, second, "2026-000004", "2026-000005"))
        room.done(f"/records/{whole}/undo")
        until(lambda: shown(room, whole, first, second))

        page = room.done(f"/records/{first}/merge", others=f"{first} {second}", step="do", reason="二回に分けた")
        assert f'action="/records/{first}/undo"' in page
        until(lambda: shown(room, whole, "2026-000006"))
        room.done(f"/records/{first}/undo")
        until(lambda: shown(room, whole, first, second))

        _replaced_and_back(room, first, second)
        assert room.post(f"/records/{whole}/undo").status_code == 409  # there is nothing more to take back


def _replaced_and_back(room: Desk, old: str, new: str) -> None:
    """The new scan gives back what it took over; the list that would withdraw the old one is given up by who may."""
    room.done(f"/records/{new}/correct", title="後半の控え", reason="")
    page = room.done(f"/records/{old}/replace", new=new, step="do", reason="ページの抜け")
    assert "D2026-001" in page
    until(lambda: f'href="/records/{new}"' in room.get(f"/records/{old}"))
    room.done(f"/records/{new}/undo")
    assert "The list was cancelled." in room.sit("kato").done("/retention/disposals/D2026-001/cancel", reason="差し替えの誤り")
    room.sit("sato")
    until(lambda: f'href="/records/{old}"' not in room.get(f"/records/{new}"))
    until(lambda: f'href="/records/{new}"' not in room.get(f"/records/{old}"))
