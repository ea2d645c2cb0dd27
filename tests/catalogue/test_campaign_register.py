"""Cabinets, campaigns, targets, advice and indicators in the catalogue: the journal alone gives every row again, also after a crash before the commit."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanpipe import storage
from scanpipe.catalogue import cabinets, campaigns, indicators
from scanpipe.catalogue.indicators import Import
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.core.campaign.burndown import standing
from scanpipe.core.campaign.cabinets import BadCabinet, Basis, Kind, Step, check
from scanpipe.core.campaign.campaigns import Advice, Campaign, Target
from scanpipe.core.campaign.indicators import Figure

AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
DAY = AT.date()
TABLES = ("cabinet", "cabinet_step", "campaign", "target", "advice", "indicator_import", "indicator", "event")
SECTIONS, LABELS = ("0101", "0103"), ("A-1", "A-2", "A-3")


class PowerCut(BaseException):
    pass


@contextmanager
def catalogue_in(folder: Path) -> Iterator[Catalogue]:
    opened = Catalogue(folder / "catalogue.db", folder / "journal", lambda: AT, lambda vault_path: None)
    try:
        yield opened
    finally:
        opened.close()


def rows(catalogue: Catalogue) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted((tuple(row) for row in catalogue.db.conn.execute(f"SELECT * FROM {table}")), key=repr) for table in TABLES}


def reindexed(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    for file in folder.glob("catalogue.db*"):
        file.unlink()
    with catalogue_in(folder) as catalogue:
        return rows(catalogue)


CAMPAIGN = Campaign(id="c1", number=1, name="キャビネットゼロ作戦", start=DAY, end=DAY + timedelta(days=364), by="佐藤", at=AT)
FIGURE = Figure(month="2022-01", kind="e_approval", department="", value=0.6239, numerator=94_840.0, denominator=152_000.0)


def set_out(catalogue: Catalogue) -> None:
    """Each of them twice, as after a crash before the answer was stored."""
    for _ in range(2):
        catalogue.campaign_begun(CAMPAIGN)
        catalogue.target_set(Target(id="t1", campaign=1, department="0101", rate=0.3, by="佐藤", day=DAY))
        catalogue.advised(Advice(id="a1", day=DAY, department="0101", text="まず古い綴りから", by="山本", campaign=1))
        catalogue.indicators_imported(Import(id="i1", at=AT, by="佐藤", name="指標.csv", sha256="0" * 64), [FIGURE])
    catalogue.indicators_imported(Import(id="i2", at=AT, by="佐藤", name="指標.csv", sha256="1" * 64), [replace(FIGURE, numerator=94_841.0)])
    catalogue.target_set(Target(id="t2", campaign=1, department="0101", rate=0.4, by="佐藤", day=DAY))
    for _ in range(2):
        catalogue.campaign_ended(replace(CAMPAIGN, ended=DAY, ended_by="佐藤"))


def test_each_is_told_once_and_the_newest_word_stands(tmp_path: Path) -> None:
    with catalogue_in(tmp_path) as catalogue:
        set_out(catalogue)
        assert [one.ended for one in campaigns.campaigns(catalogue.db)] == [DAY]
        assert [one.rate for one in campaigns.targets(catalogue.db, 1)] == [0.4]
        assert [one.text for one in campaigns.advices(catalogue.db)] == ["まず古い綴りから"]
        assert [one.numerator for one in indicators.figures(catalogue.db)] == [94_841.0]
        before = rows(catalogue)
    assert [len(before[table]) for table in TABLES] == [0, 0, 1, 1, 1, 2, 2, 7]
    assert reindexed(tmp_path) == before


ACTS = st.lists(
    st.tuples(
        st.sampled_from(Kind), st.lists(st.sampled_from(LABELS), min_size=1, max_size=3, unique=True), st.sampled_from(SECTIONS), st.integers(0, 5), st.booleans()
    ),
    max_size=14,
)  # fmt: skip


@settings(max_examples=25)
@given(ACTS)
def test_the_register_comes_again_from_the_journal(acts: list[tuple[Kind, list[str], str, int, bool]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with catalogue_in(folder) as catalogue:
            for n, (kind, labels, section, fm, correction) in enumerate(acts):
                does = _steps(catalogue, n, kind, labels, section, fm, correction)
                catalogue.cabinets_stepped(does)
                catalogue.cabinets_stepped(does)
            before = rows(catalogue)
            now = standing(cabinets.changes(catalogue.db), date.max)
            assert {one.id: (one.fm, one.fm_start, one.department) for one in cabinets.registered(catalogue.db)} == {
                id: (change.fm, change.fm_start, change.department) for id, change in now.items()
            }
        assert reindexed(folder) == before


def _steps(catalogue: Catalogue, n: int, kind: Kind, labels: list[str], section: str, fm: int, correction: bool) -> list[Step]:
    """Those of them that may be."""
    found = []
    for label in labels:
        said = {"fm": float(fm), "basis": Basis.MEASURED, "correction": correction} if kind is Kind.SET else {}
        who = "山本" if kind is Kind.SIGNED_OFF else "佐藤"
        step = Step(id=f"w{n}", cabinet=label, kind=kind, by=who, at=AT, day=DAY + timedelta(days=n), department=section, reason="重複", **said)
        try:
            check(catalogue.cabinet(label), step, today=step.day)
        except BadCabinet:
            continue
        found.append(step)
    return found


def test_a_floor_that_was_cut_off_before_the_commit_is_there_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = [Step(id="w", cabinet=f"B-{n}", kind=Kind.SET, by="佐藤", at=AT, day=DAY, department="0101", fm=4.0, basis=Basis.COMPUTED) for n in range(50)]

    def cut(step: str, path: Path) -> None:
        if step == "commit":
            raise PowerCut

    with catalogue_in(tmp_path) as catalogue, monkeypatch.context() as patched, pytest.raises(PowerCut):
        patched.setattr(storage, "before", cut)
        catalogue.cabinets_stepped(floor)
    with catalogue_in(tmp_path) as catalogue:
        catalogue.cabinets_stepped(floor)  # whoever asked is answered again
        assert len(cabinets.registered(catalogue.db)) == 50
        before = rows(catalogue)
    assert len(before["event"]) == 50
    assert reindexed(tmp_path) == before
