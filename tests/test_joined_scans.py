"""A scanner that writes one file for each page: its files become one record, each byte of them kept, and nothing of them is lost, doubled or hidden."""

import hashlib
import io
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from custody import GENERAL, TAX, contained, joins_pages, lying, pdf, sha256, two_sections
from PIL import Image, ImageDraw, ImageFont
from sites import set_keys

from scanpipe import cli, config, container, storage
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.scans.sequences import JOINED, Run, running_number
from scanpipe.custody import Custody
from scanpipe.daemon import Daemon
from scanpipe.recognition.errors import Unreadable
from scanpipe.recognition.facts import ReadingSettings
from scanpipe.recognition.joining import join
from scanpipe.stages.intake import INCOMPLETE, NOT_A_DOCUMENT, Intake, Outcome, Taken, purge_taken
from scanpipe.storage import FileIdentity
from scanpipe.upkeep.copying.reindex import records_of
from scanpipe.upkeep.machine.fonts import japanese_font
from scanpipe.upkeep.proving.fixity import verify
from scanpipe.watch import MORE_MAY_COME

NOW = datetime.fromisoformat("2025-06-02T09:00:00+09:00")


# --- taking ---


@dataclass
class Desk:
    settings: Settings
    catalogue: Catalogue
    intake: Intake

    @property
    def inbox(self) -> Path:
        return self.settings.inbox(GENERAL)

    @property
    def taken(self) -> list[bytes]:
        return sorted(path.read_bytes() for path in self.settings.taken_of(self.settings.department(GENERAL)).glob("*"))

    def lay(self, **pages: bytes) -> None:
        for name, data in pages.items():
            (self.inbox / f"{name}.pdf").write_bytes(data)

    def take(self, *overdue: str) -> Taken:
        """All that lies there, as the pages of one scan."""
        names = sorted(path.name for path in self.inbox.iterdir() if path.is_file() and not path.name.startswith("."))
        numbers = tuple(running_number(name)[1] for name in names)  # type: ignore[index]
        seen = {name: FileIdentity.of(os.lstat(self.inbox / name)) for name in names}
        return self.intake.take_run(self.settings.department(GENERAL), Run(stem="p", names=tuple(names), numbers=numbers), seen, overdue)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    settings = joins_pages(two_sections(tmp_path / "site", language="en"), GENERAL)
    layout = settings.layout
    for folder in (layout.spool_tmp, layout.spool_new, layout.journal, layout.catalogue_db.parent, layout.archive):
        storage.make_folder(folder)
    catalogue = Catalogue(layout.catalogue_db, layout.journal, lambda: NOW, records_of(layout.archive))
    yield Desk(settings, catalogue, Intake(settings, Custody(settings, catalogue), lambda: NOW))
    catalogue.close()


PAGES = {f"p{number}": pdf(f"page {number}") for number in range(1, 5)}


def test_the_original_holds_each_file_as_it_came(desk: Desk) -> None:
    desk.lay(**PAGES)
    taken = desk.take()
    accession = desk.catalogue.accession(str(taken.id))
    original = desk.settings.layout.spool_new / accession.id / "original"
    assert (taken.outcome, taken.number, accession.media_type, accession.name) == (Outcome.TAKEN, "2025-000001", JOINED, "p1.pdf – p4.pdf")
    assert list(container.entries(original)) == list(PAGES.values())
    assert [(file.name, file.sha256) for file in accession.files] == [(f"{name}.pdf", sha256(data)) for name, data in PAGES.items()]
    assert (storage.digest(original), original.stat().st_size) == (accession.sha256, accession.bytes)
    assert desk.taken == sorted(PAGES.values()) and lying(desk.settings) == []


def test_the_same_pages_under_other_names_are_one_duplicate(desk: Desk) -> None:
    desk.lay(**PAGES)
    first = desk.take()
    desk.lay(**{name.replace("p", "q0"): data for name, data in PAGES.items()})
    again = desk.take()
    assert (again.outcome, again.number) == (Outcome.DUPLICATE, first.number)
    assert len(desk.catalogue.unfiled()) == 1 and lying(desk.settings) == []
    assert len(desk.taken) == 8


def cut_off_taking_away(desk: Desk, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
    """The share refuses to give the last pages away, of four that are in custody."""
    moved = iter(range(4 - left))

    def refuse(call: str, path: Path) -> None:
        if call == "rename" and ".page" in path.name and next(moved, None) is None:
            raise PermissionError(13, "refused", str(path))

    monkeypatch.setattr(storage, "before", refuse)
    with pytest.raises(storage.NoPermission):
        desk.take()
    monkeypatch.undo()
    assert len(lying(desk.settings)) == left


@pytest.mark.parametrize("left", range(1, 5))
def test_pages_left_by_a_cut_off_taking_away_are_not_filed_again(desk: Desk, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
    desk.lay(**PAGES)
    cut_off_taking_away(desk, monkeypatch, left)
    desk.take()
    assert lying(desk.settings) == [] and desk.taken == sorted(PAGES.values())
    assert len(desk.catalogue.unfiled()) == 1
    assert sorted(path.suffix for path in desk.settings.taken_of(desk.settings.department(GENERAL)).iterdir()) == [f".page{n}" for n in range(1, 5)]


def test_a_page_that_came_late_beside_known_ones_is_a_scan_of_its_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.lay(**PAGES)
    cut_off_taking_away(desk, monkeypatch, left=4)
    desk.lay(p5=pdf("late"))
    desk.take()
    assert [accession.name for accession in desk.catalogue.unfiled()] == ["p1.pdf – p4.pdf", "p5.pdf"]
    assert lying(desk.settings) == []


def test_a_page_that_is_cut_off_keeps_the_others_waiting_until_it_is_overdue(desk: Desk) -> None:
    desk.lay(**{**PAGES, "p3": PAGES["p3"][:-40]})
    assert desk.take() == Taken(outcome=Outcome.LATER, reason=INCOMPLETE)
    assert len(lying(desk.settings)) == 4
    taken = desk.take("p3.pdf")
    assert desk.catalogue.accession(str(taken.id)).declared == {"missing": "3"}
    assert lying(desk.settings) == []
    assert [path.name for path in (desk.inbox / "要確認").iterdir() if path.suffix == ".pdf"] == ["p3.pdf"]


def test_what_is_no_page_is_put_aside_and_its_number_is_missed(desk: Desk) -> None:
    desk.lay(p1=PAGES["p1"], p2=b"a note\n", p5=PAGES["p4"])
    (desk.inbox / "p3.pdf").symlink_to(desk.inbox / "p1.pdf")
    names = "p1.pdf", "p2.pdf", "p3.pdf", "p5.pdf"
    seen = {name: FileIdentity.of(os.lstat(desk.inbox / name)) for name in names}
    run = Run(stem="p", names=names, numbers=(1, 2, 3, 5))
    taken = desk.intake.take_run(desk.settings.department(GENERAL), run, seen, names)
    accession = desk.catalogue.accession(str(taken.id))
    assert (accession.declared, [file.name for file in accession.files]) == ({"missing": "2-4"}, ["p1.pdf", "p5.pdf"])
    assert sorted(path.name for path in (desk.inbox / "要確認").iterdir() if path.suffix == ".pdf") == ["p2.pdf", "p3.pdf"]


def test_if_one_good_page_is_left_it_is_filed_as_it_is(desk: Desk) -> None:
    desk.lay(p1=PAGES["p1"], p2=b"a note\n")
    taken = desk.take("p2.pdf")
    accession = desk.catalogue.accession(str(taken.id))
    assert (accession.media_type, accession.sha256, accession.declared, accession.files) == ("application/pdf", sha256(PAGES["p1"]), {"missing": "2"}, ())


def test_if_no_page_is_good_nothing_is_filed(desk: Desk) -> None:
    desk.lay(p1=b"a note\n", p2=b"another\n")
    assert (desk.take("p1.pdf", "p2.pdf").reason, desk.catalogue.unfiled(), lying(desk.settings)) == (NOT_A_DOCUMENT, [], [])


def test_a_page_that_a_writer_touched_again_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.lay(**PAGES)

    def write_again(call: str, path: Path) -> None:
        if call == "open" and path.name == "original":
            with (desk.inbox / "p2.pdf").open("ab") as page:
                page.write(b"\n")

    monkeypatch.setattr(storage, "before", write_again)
    assert desk.take() == Taken(outcome=Outcome.LATER)
    monkeypatch.undo()
    assert (len(lying(desk.settings)), desk.catalogue.unfiled(), list(desk.settings.layout.spool_tmp.iterdir())) == (4, [], [])


def test_more_pages_than_a_process_may_have_files_open_are_one_scan(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    desk.lay(**{f"p{number:03}": pdf(str(number)) for number in range(1, 121)})
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        taken = desk.take()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(desk.catalogue.accession(str(taken.id)).files) == 120


def test_taken_pages_are_cleared_away_and_one_that_was_written_on_comes_back(desk: Desk) -> None:
    desk.lay(**PAGES)
    desk.take()
    desk.lay(**PAGES)
    desk.take()
    touched = next(path for path in desk.settings.taken_of(desk.settings.department(GENERAL)).iterdir() if path.name.endswith(".page2"))
    touched.write_bytes(b"written on")
    assert purge_taken(desk.settings, desk.catalogue, datetime.now(desk.settings.timezone) + timedelta(days=8)) == 8
    assert desk.taken == []
    assert [(name, (desk.inbox / name).read_bytes()) for name in lying(desk.settings)] == [("p2.pdf", b"written on")]


def test_the_container_is_one_that_any_tool_opens(tmp_path: Path) -> None:
    (tmp_path / "original.zip").write_bytes(contained(tmp_path, *PAGES.values()))
    with zipfile.ZipFile(tmp_path / "original.zip") as stored:
        assert stored.testzip() is None
        assert [(info.filename, info.compress_type, info.flag_bits & 8) for info in stored.infolist()] == [
            (f"000{n}.pdf", zipfile.ZIP_STORED, 0) for n in range(1, 5)
        ]
    assert contained(tmp_path, *PAGES.values()) == (tmp_path / "original.zip").read_bytes()


# --- one PDF to read from ---


def picture(seed: int, form: str, mode: str = "L", **options: object) -> bytes:
    out = io.BytesIO()
    grain = np.random.default_rng(seed).integers(0, 255, (160, 120), np.uint8)
    Image.fromarray(grain).convert(mode).save(out, form, dpi=(100, 100), **options)
    return out.getvalue()


def join_all(folder: Path, *files: tuple[str, bytes]) -> Path:
    descriptors = []
    for place, (_media_type, data) in enumerate(files):
        (folder / f"file-{place}").write_bytes(data)
        descriptors.append(os.open(folder / f"file-{place}", os.O_RDONLY))
    digests = list(container.write(folder / "original", [(file, media_type) for file, (media_type, _data) in zip(descriptors, files, strict=True)]))
    for file in descriptors:
        os.close(file)
    join(folder / "original", digests, folder / "joined.pdf", ReadingSettings())
    return folder / "joined.pdf"


def test_every_form_of_page_is_copied_without_a_change_of_its_picture(tmp_path: Path) -> None:
    jpeg, png, tiff = picture(1, "JPEG"), picture(2, "PNG"), picture(3, "TIFF", "1", compression="group4")
    document = pdf("one", "two")
    joined = join_all(tmp_path, ("image/jpeg", jpeg), ("image/png", png), ("image/tiff", tiff), ("application/pdf", document))
    with pikepdf.open(joined) as pages:
        assert [float(page.mediabox[2]) for page in pages.pages] == pytest.approx([86.4, 86.4, 86.4, 595, 595], abs=0.5)
        (first,), (second,), (third,) = (page.get_images().values() for page in list(pages.pages)[:3])
        assert first.read_raw_bytes() == jpeg
        for image, data in ((second, png), (third, tiff)):
            assert np.array_equal(pikepdf.PdfImage(image).as_pil_image().convert("L"), Image.open(io.BytesIO(data)).convert("L"))
        assert [str(page.obj.Words) for page in list(pages.pages)[3:]] == ["one", "two"]


def test_a_file_that_nothing_can_open_keeps_an_empty_page(tmp_path: Path) -> None:
    files = [("image/jpeg", picture(1, "JPEG")), ("image/jpeg", b"\xff\xd8\xff damaged \xff\xd9"), ("image/png", picture(2, "PNG"))]
    join_all(tmp_path, *files)
    digests = [sha256(data) for _media_type, data in files]
    assert join(tmp_path / "original", digests, tmp_path / "again.pdf", ReadingSettings()).unread == (2,)
    assert (tmp_path / "again.pdf").read_bytes() == (tmp_path / "joined.pdf").read_bytes()


def test_a_container_with_other_files_is_not_read(tmp_path: Path) -> None:
    join_all(tmp_path, ("image/jpeg", picture(1, "JPEG")))
    for digests in (["0" * 64], [], [sha256(picture(1, "JPEG"))] * 2):
        with pytest.raises(Unreadable):
            join(tmp_path / "original", digests, tmp_path / "other.pdf", ReadingSettings())


# --- the whole line ---


def written_page(words: str) -> Image.Image:
    font = japanese_font()
    if font is None:
        pytest.skip("no Japanese font here: install fonts-ipaexfont-gothic")
    page = Image.new("L", (1654, 2339), 250)
    draw = ImageDraw.Draw(page)
    for row, line in enumerate((f"{words}について(通知)", "令和7年6月2日", "総務課長様", f"標記の件について、{words}を下記のとおり通知します。")):
        draw.text((160, 200 + 120 * row), line, font=ImageFont.truetype(str(font), 48), fill=20)
    grain = np.random.default_rng(len(words)).normal(0, 3, (page.height, page.width))
    return Image.fromarray(np.clip(np.asarray(page, np.float64) + grain, 0, 255).astype(np.uint8))


def saved(page: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    page.save(out, form, dpi=(200, 200), **options)
    return out.getvalue()


def until(own: Daemon, true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 300
    while not true():
        assert time.monotonic() < deadline
        own.turn(0.05)


def test_pages_of_several_forms_become_one_searchable_record(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = joins_pages(two_sections(tmp_path / "site", language="en"), GENERAL, sequence_quiet_seconds=3600)
    front, back = written_page("鶴亀算の解き方"), written_page("松竹梅の植え方の続き")
    files = {
        "scan_9.jpg": saved(front, "JPEG"),
        "scan_10.tif": saved(back.convert("1"), "TIFF", compression="group4"),
        "scan_11.png": b"\x89PNG\r\n\x1a\n cut off",
    }
    (settings.inbox(TAX) / "scan_12.jpg").write_bytes(files["scan_9.jpg"])  # never joined with another section's, nor here at all
    for name, data in files.items():
        (settings.inbox(GENERAL) / name).write_bytes(data)
    assert cli.main(["--config", str(settings.file), "drain", "--json"]) == 1  # waits no longer than for an unfinished file; a person is to look
    record, other = sorted(records(settings), key=lambda body: str(body["department"]))
    folder = settings.layout.archive / record["vault_path"]
    assert (record["pages"], record["state"], other["pages"], other["department"]) == (2, "accounted", 1, TAX)
    assert "鶴亀算" in record["text"].partition("\f")[0] and "松竹梅" in record["text"].partition("\f")[2]
    assert list(container.entries(folder / "original.zip")) == [files["scan_9.jpg"], files["scan_10.tif"]]
    assert record["declared"] == {"missing": "11"} and "pages-missing" in record["flags"]
    assert [path.name for path in (settings.inbox(GENERAL) / "要確認").glob("*.png")] == ["scan_11.png"]
    with pikepdf.open(folder / "access.pdf") as copy:
        (image,) = copy.pages[0].get_images().values()
        assert image.read_raw_bytes() == files["scan_9.jpg"]
    assert verify(settings.layout).sound
    capfd.readouterr()
    assert cli.main(["--config", str(settings.file), "show", record["number"]]) == 0
    shown = capfd.readouterr().out
    assert all(name in shown and sha256(files[name]) in shown for name in ("scan_9.jpg", "scan_10.tif"))


def records(settings: Settings) -> list[dict[str, object]]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return [reader.record(row["number"], text=True) for row in reader.outcomes() if row["outcome"] == "accession"]
    finally:
        reader.close()


def test_a_run_that_waits_is_shown_and_survives_a_restart_as_one_record(tmp_path: Path) -> None:
    settings = joins_pages(two_sections(tmp_path / "site", language="en"), GENERAL, sequence_quiet_seconds=3600)
    for name in ("p1.pdf", "p2.pdf"):
        (settings.inbox(GENERAL) / name).write_bytes(pdf(name))
    with Daemon(settings, timetable=False) as own:
        until(own, lambda: waiting(settings))
        assert waiting(settings) == [("p1.pdf – p2.pdf", MORE_MAY_COME)]
        assert not own.settled()
    (settings.inbox(GENERAL) / "p3.pdf").write_bytes(pdf("p3.pdf"))
    set_keys(settings.file, sequence_quiet_seconds=1)
    with Daemon(config.load(settings.file), timetable=False) as own:
        until(own, lambda: own.settled() and not lying(settings))
    (record,) = records(settings)
    assert (record["pages"], record["declared"], waiting(settings)) == (3, {}, [])


def waiting(settings: Settings) -> list[tuple[str, str]]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return [(row["name"], row["reason"]) for row in reader.status()["lying"]]
    finally:
        reader.close()


def test_ingested_pages_are_joined_at_once_and_told_as_one(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = joins_pages(two_sections(tmp_path / "site", language="en"), GENERAL, sequence_quiet_seconds=3600, quiet_seconds=3600)
    pages = [tmp_path / f"page-{number}.pdf" for number in (1, 2, 3)]
    for page in pages:
        page.write_bytes(pdf(page.name))
    capfd.readouterr()
    cli.main(["--config", str(settings.file), "ingest", *map(str, pages), "--department", GENERAL, "--json"])
    (told,) = json.loads(capfd.readouterr().out)
    assert (told["name"], told["outcome"], told["pages"]) == ("page-1.pdf – page-3.pdf", "accession", 3)
    assert told["sha256"] == hashlib.sha256(contained(tmp_path, *(pdf(page.name) for page in pages))).hexdigest()
    cli.main(["--config", str(settings.file), "status", "--json"])
    assert json.loads(capfd.readouterr().out)["waiting"] == 0  # its sheets are counted, too: no daemon would do it
