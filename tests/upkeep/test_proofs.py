"""The daily root: one value for all that the journal tells, for every day, and a proof for each record that a stranger can check by hand."""

import hashlib
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from custody import copy_site
from kept_records import shelf
from sites import make_site

from scanpipe import cli
from scanpipe.catalogue import journal
from scanpipe.catalogue.journal import GENESIS, Journal, chain
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.merkle import root
from scanpipe.core.serial import canonical
from scanpipe.upkeep import reports
from scanpipe.upkeep.proving import inclusion, proofs
from scanpipe.upkeep.proving.fixity import verify
from scanpipe.upkeep.proving.inclusion import BadProof, NotFiled, NotUnderARoot
from scanpipe.upkeep.proving.proofs import DAY, file_of, read, write_missing

TOKYO = ZoneInfo("Asia/Tokyo")
FIRST = datetime(2026, 4, 1, 9, tzinfo=TOKYO)
MANIFEST = "c" * 64


def told(journal: Journal, number: int, at: datetime) -> None:
    """Two lines: taken in and filed."""
    name = f"2026-{number:06d}"
    journal.append("accessioned", at=at, accession_id=f"A{number}", accession={"number": name})
    journal.append("filed", at=at, accession_id=f"A{number}", vault_path=f"vault/2026/{name}", manifest_sha256=MANIFEST, path=f"cabinet/総務課/{name}.pdf")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Records on 1, 2 and 5 April; on the 2nd one just before and one just after midnight in Tokyo, which is another day in UTC."""
    settings = make_site(tmp_path_factory.mktemp("proofs") / "site")
    settings.layout.journal.mkdir(parents=True)
    writing = Journal(settings.layout.journal)
    told(writing, 1, FIRST)
    told(writing, 2, datetime(2026, 4, 2, 0, 0, tzinfo=TOKYO))
    told(writing, 3, datetime(2026, 4, 2, 23, 59, 59, tzinfo=TOKYO).astimezone(UTC))
    told(writing, 4, datetime(2026, 4, 5, 12, tzinfo=TOKYO))
    writing.close()
    return settings


@pytest.fixture
def site(month: Settings, tmp_path: Path) -> Settings:
    return copy_site(month, tmp_path / "site")


def proved(settings: Settings, today: date, language: str = "en") -> list[date]:
    return write_missing(settings.layout, today, TOKYO, language)


def said(settings: Settings) -> list[str]:
    """What verify says of the roots; the journal tells of records that were never there."""
    return [str(fault) for fault in verify(settings.layout).deviations if isinstance(fault, proofs.BadRoot)]


def test_every_day_that_has_ended_has_the_root_over_all_lines_until_its_end(site: Settings) -> None:
    days = proved(site, date(2026, 4, 7))
    assert days == [date(2026, 4, day) for day in range(1, 7)]
    leaves = [bytes.fromhex(event.hash) for event in chain(site.layout.journal)]
    found = [read(file_of(day, site.layout)) for day in days]
    assert [each.events for each in found] == [2, 6, 6, 6, 8, 8]
    assert [each.root for each in found] == [root(leaves[: each.events]).hex() for each in found]
    assert [each.previous for each in found] == [None, *(each.root for each in found[:-1])]
    assert proofs.fields(found[4].path.read_text("utf-8"))["seq"] == "7-8"
    assert said(site) == []
    assert verify(site.layout).roots == 6


def test_the_roots_are_the_same_whether_written_each_night_or_caught_up(site: Settings, tmp_path: Path) -> None:
    other = copy_site(site, tmp_path / "other")
    for night in range(2, 8):
        proved(site, date(2026, 4, night))
    proved(other, date(2026, 4, 7))
    assert {path.name: path.read_bytes() for path in site.layout.proof.iterdir()} == {path.name: path.read_bytes() for path in other.layout.proof.iterdir()}


def test_today_has_no_root_yet_and_nothing_is_written_twice(site: Settings) -> None:
    assert proved(site, date(2026, 4, 1)) == []
    assert proved(site, date(2026, 4, 2)) == [date(2026, 4, 1)]
    assert proved(site, date(2026, 4, 2)) == []


def test_a_clock_that_was_set_back_makes_no_root_that_changes_later(site: Settings) -> None:
    proved(site, date(2026, 4, 7))
    writing = Journal(site.layout.journal)
    told(writing, 5, FIRST + timedelta(days=1))  # a clock five days slow
    told(writing, 6, FIRST + timedelta(days=7))
    writing.close()
    proved(site, date(2026, 4, 9))
    assert [read(file_of(date(2026, 4, day), site.layout)).events for day in (6, 7, 8)] == [8, 10, 12]
    assert said(site) == []


def rewritten(settings: Settings, change: str, into: str) -> None:
    """A forger with the whole journal: alters a line and hashes all lines behind it anew, so that the chain is whole."""
    for path in journal.files(settings.layout.journal):
        head, lines = GENESIS, []
        for line in path.read_text("utf-8").replace(change, into, 1).splitlines():
            body = json.loads(line)
            body.pop("hash")
            body["prev"] = head
            head = hashlib.sha256(canonical(body)).hexdigest()
            lines.append(canonical({**body, "hash": head}).decode() + "\n")
        path.write_text("".join(lines), "utf-8")


def test_a_journal_that_was_forged_as_a_whole_is_found_by_its_roots(site: Settings) -> None:
    proved(site, date(2026, 4, 7))
    rewritten(site, '"A3"', '"A9"')
    list(chain(site.layout.journal))  # the chain alone says nothing
    assert [name in fault for name, fault in zip(("2026-04-02", "2026-04-03", "2026-04-04", "2026-04-05", "2026-04-06"), said(site), strict=True)] == [True] * 5


def test_a_journal_that_was_cut_at_its_end_is_found_by_its_roots(site: Settings) -> None:
    proved(site, date(2026, 4, 7))
    path = journal.files(site.layout.journal)[-1]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert all("only 7" in fault for fault in said(site)) and len(said(site)) == 2


def test_a_root_that_was_altered_removed_or_spoilt_is_named(site: Settings) -> None:
    proved(site, date(2026, 4, 7))
    altered, spoilt = file_of(date(2026, 4, 2), site.layout), file_of(date(2026, 4, 5), site.layout)
    for path in (altered, spoilt):
        path.chmod(0o640)
    value = read(altered).root
    altered.write_text(altered.read_text("utf-8").replace(value, "0" * 64))
    file_of(date(2026, 4, 4), site.layout).unlink()
    spoilt.write_text("")
    faults = "\n".join(said(site))
    assert all(name in faults for name in ("2026-04-02.txt", "2026-04-04.txt", "2026-04-05.txt")) and "2026-04-06.txt" not in faults
    assert "2026-04-03.txt names another root" in faults


# --- one record ---


def proof_of(settings: Settings, number: str) -> str:
    return inclusion.text_of(inclusion.prove(number, settings.layout))


def test_a_proof_can_be_followed_with_a_digest_program_alone(site: Settings) -> None:
    proved(site, date(2026, 4, 7))
    lines = [line.partition(": ")[::2] for line in proof_of(site, "2026-000003").splitlines() if not line.startswith("#")]
    facts = dict(lines)
    assert (facts["number"], facts["manifest"], facts["date"]) == ("2026-000003", MANIFEST, "2026-04-02")
    node = hashlib.sha256(b"\0" + hashlib.sha256(facts["line"].encode()).digest()).digest()
    for side, value in lines:
        if side == "left":
            node = hashlib.sha256(b"\1" + bytes.fromhex(value) + node).digest()
        elif side == "right":
            node = hashlib.sha256(b"\1" + node + bytes.fromhex(value)).digest()
    assert node.hex() == facts["root"] == read(file_of(date(2026, 4, 2), site.layout)).root


def test_every_record_has_a_proof_that_holds(site: Settings) -> None:
    proved(site, date(2026, 4, 7))
    for number in range(1, 5):
        assert inclusion.check(proof_of(site, f"2026-{number:06d}"), "file").number == f"2026-{number:06d}"


@pytest.mark.parametrize("key", ["number", "manifest", "line", "hash", "leaf", "index", "left", "right", "root"])
def test_a_proof_in_which_anything_was_altered_does_not_hold(site: Settings, key: str) -> None:
    proved(site, date(2026, 4, 7))
    lines = proof_of(site, "2026-000002").splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith(f"{key}: "))
    digit = lines[place][-2]
    lines[place] = lines[place][:-2] + ("1" if digit != "1" else "2") + lines[place][-1:] if len(lines[place].partition(": ")[2]) > 1 else f"{key}: 9"
    with pytest.raises(BadProof):
        inclusion.check("\n".join(lines), "file")


def test_without_a_record_or_a_root_there_is_no_proof(site: Settings) -> None:
    with pytest.raises(NotFiled):
        inclusion.prove("2026-000099", site.layout)
    proved(site, date(2026, 4, 3))
    with pytest.raises(NotUnderARoot):
        inclusion.prove("2026-000004", site.layout)


def test_the_verb_writes_a_proof_and_checks_it_where_there_is_no_site(site: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proved(site, date(2026, 4, 7))
    out = tmp_path / "proof.txt"
    assert cli.main(["--config", str(site.file), "proof", "2026-000001", "--out", str(out)]) == 0
    shutil.rmtree(site.file.parents[1])
    capsys.readouterr()
    assert cli.main(["proof", "--check", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["number"] == "2026-000001"
    out.write_text(out.read_text("utf-8").replace(MANIFEST, "d" * 64), "utf-8")
    assert cli.main(["proof", "--check", str(out)]) == 65
    assert cli.main(["proof"]) == 64


def test_the_root_stands_on_the_receipt_list(site: Settings) -> None:
    proved(site, date(2026, 4, 7))
    shutil.rmtree(site.layout.journal)
    with shelf(site):
        reader = CatalogueReader(site.layout.catalogue_db)
        page = reports.write(site, reader, site.departments[0], date(2026, 4, 7))
        reader.close()
    assert read(file_of(date(2026, 4, 7) - DAY, site.layout)).root in page.read_text("utf-8")
