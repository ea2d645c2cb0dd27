"""What clerks and scanners also put into a drop folder: each time a sentence that a clerk can act on, the daemon alive, and nothing lost."""

import ctypes
import io
import os
import shutil
import struct
import subprocess
import threading
import time
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pikepdf
import pytest
from custody import GENERAL, TAX, pdf, sha256, two_sections
from PIL import Image

from scanpipe import cli, storage, vault
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.core import review
from scanpipe.custody import Custody
from scanpipe.daemon import Daemon
from scanpipe.i18n import _, speaking
from scanpipe.stages.intake import Intake, Outcome
from scanpipe.storage import FileIdentity
from scanpipe.upkeep.copying.reindex import records_of
from scanpipe.upkeep.proving.fixity import verify

LONGEST = 60.0
ASIDE, LISTS = "要確認", "受付簿"


class Office:
    """A running scanpipe with two sections, a clerk who drops files, and what the clerk can see."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon, self.settings = daemon, daemon.settings
        self.dropped: list[str] = []

    def inbox(self, section: str = GENERAL) -> Path:
        return self.settings.inbox(section)

    def drop(self, name: str, data: bytes, section: str = GENERAL) -> None:
        self.dropped.append(sha256(data))
        (self.inbox(section) / name).write_bytes(data)

    def settle(self) -> None:
        """Until the daemon has looked at everything and finished what it took."""
        self.until(lambda: self.daemon.settled() and not self.lying())

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONGEST
        while not true():
            self.daemon.turn(0.05)
            assert time.monotonic() < deadline, self.lying()

    def lying(self) -> list[str]:
        return [path.name for section in (GENERAL, TAX) for path in self.inbox(section).iterdir() if path.name not in (ASIDE, LISTS) and path.name[0] != "."]

    def reason(self, name: str) -> str:
        """The sentence beside a file in 要確認."""
        return (self.inbox() / ASIDE / f"{name}.理由.txt").read_text("utf-8-sig")

    def aside(self, name: str) -> bytes:
        return (self.inbox() / ASIDE / name).read_bytes()

    def receipts(self, section: str = GENERAL) -> str:
        self.daemon.receipts.write(now=True)
        return "".join(page.read_text("utf-8") for page in (self.inbox(section) / LISTS).glob("*.html"))

    def ask(self, question: Callable[[CatalogueReader], object]) -> object:
        reader = CatalogueReader(self.settings.layout.catalogue_db)
        try:
            return question(reader)
        finally:
            reader.close()

    def outcomes(self, name: str) -> list[dict[str, object]]:
        return [row for row in self.ask(lambda reader: reader.outcomes()) if row["name"] == name]  # type: ignore[attr-defined]

    def record(self, name: str) -> dict[str, object]:
        (row,) = self.outcomes(name)
        return self.ask(lambda reader: reader.record(row["number"]))  # type: ignore[arg-type, return-value]

    def filed_as(self, name: str, extension: str) -> bytes:
        return (self.settings.layout.archive / str(self.record(name)["vault_path"]) / f"original{extension}").read_bytes()

    def assert_nothing_lost(self) -> None:
        facts: dict[str, int] = self.ask(lambda reader: reader.status())  # type: ignore[assignment]
        assert facts["deliveries"] == facts["records"] + facts["duplicates"] + facts["rejected"] + facts["waiting"]
        assert facts["waiting"] == 0
        layout = self.settings.layout
        kept = {vault.manifest(folder)[path.name] for folder in vault.folders(layout.vault) for path in folder.glob("original.*")}
        aside = {storage.digest(path) for section in (GENERAL, TAX) for path in (self.inbox(section) / ASIDE).iterdir() if path.is_file()}
        assert set(self.dropped) <= kept | aside
        assert verify(layout).sound
        assert not list(layout.spool_tmp.iterdir()) and not list(layout.spool_new.iterdir())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    settings = two_sections(tmp_path_factory.mktemp("bad") / "site", max_bytes=60_000_000)
    with Daemon(settings, incomplete_seconds=1.0, timetable=False) as daemon:
        yield Office(daemon)


@pytest.fixture
def office(running: Office) -> Iterator[Office]:
    yield running
    for section in (GENERAL, TAX):
        for path in running.inbox(section).iterdir():
            if path.name not in (ASIDE, LISTS) and path.name[0] != ".":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    running.settle()
    running.assert_nothing_lost()


def scan_of(size: tuple[int, int] = (330, 467), ink: int = 0) -> bytes:
    """A small JPEG that a scanner could have sent: blank paper but for one stroke."""
    image, written = Image.new("L", size, 255), io.BytesIO()
    image.paste(ink, (40, 40, 60, 42))
    image.save(written, "JPEG", dpi=(40, 40))
    return written.getvalue()


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 4096)) + chunk(b"IEND", b"")


# --- what is refused, with the reason beside it ---


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("empty.pdf", b"", "ファイルの中身が空です"),
        ("truncated.pdf", pdf("途中まで")[:-200], "ファイルが途中で切れています"),
        ("truncated.jpg", scan_of()[:-300], "ファイルが途中で切れています"),
        ("議事録.docx", b"PK\x03\x04" + b"word/document.xml" * 40, "保存できる形式（PDF、TIFF、JPEG、PNG）ではありません"),
        ("メモ.txt", "買い物のメモ".encode(), "保存できる形式（PDF、TIFF、JPEG、PNG）ではありません"),
        ("preallocated.pdf", bytes(5000), "ファイルが途中で切れています"),
        ("huge.pdf", pdf("大きい") + bytes(60_000_000), "ファイルが 60 MB を超えています"),
    ],
)
def test_what_is_no_whole_document_is_put_aside_with_the_reason_beside_it(office: Office, name: str, data: bytes, says: str) -> None:
    office.drop(name, data)
    office.settle()
    assert says in office.reason(name)
    assert office.aside(name) == data
    assert [row["outcome"] for row in office.outcomes(name)] == ["rejected"]
    assert says in office.receipts()


def test_a_link_is_put_aside_and_what_it_points_to_is_left_alone(office: Office, tmp_path: Path) -> None:
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(pdf("秘密"))
    (office.inbox() / "link.pdf").symlink_to(secret)
    office.settle()
    assert "ショートカット（リンク）または特殊なファイル" in office.reason("link.pdf")
    assert (office.inbox() / ASIDE / "link.pdf").is_symlink() and secret.exists()
    assert [row["sha256"] for row in office.outcomes("link.pdf")] == [None]
    (office.inbox() / ASIDE / "link.pdf").unlink()


def test_a_fifo_is_put_aside_and_nobody_waits_for_it(office: Office) -> None:
    os.mkfifo(office.inbox() / "pipe.pdf")
    office.settle()
    assert "ショートカット（リンク）または特殊なファイル" in office.reason("pipe.pdf")
    (office.inbox() / ASIDE / "pipe.pdf").unlink()


def test_a_refused_file_that_is_put_back_unchanged_is_refused_again_and_counted_once(office: Office) -> None:
    office.drop("again.txt", b"not a scan")
    office.settle()
    (office.inbox() / ASIDE / "again.txt").rename(office.inbox() / "again.txt")
    office.settle()
    assert office.aside("again.txt") == b"not a scan"
    assert len(office.outcomes("again.txt")) == 1


def test_two_refused_files_of_one_name_are_both_kept(office: Office) -> None:
    for data in (b"one", b"two"):
        office.drop("same.txt", data)
        office.settle()
    assert (office.aside("same.txt"), office.aside("same.2.txt")) == (b"one", b"two")
    assert "same" in office.reason("same.2.txt")


def test_a_file_that_scanpipe_may_not_read_waits_and_is_then_put_aside(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    section = settings.department(GENERAL)
    path = settings.inbox(section) / "locked.pdf"
    path.write_bytes(pdf("読めない"))
    path.chmod(0)
    layout = settings.layout
    for folder in (layout.spool_tmp, layout.spool_new, layout.catalogue_db.parent):
        storage.make_folder(folder)
    catalogue = Catalogue(layout.catalogue_db, layout.journal, lambda: datetime.now(settings.timezone), records_of(layout.archive))
    intake = Intake(settings, Custody(settings, catalogue), catalogue.clock)
    seen = FileIdentity.of(path.stat())
    first = without_privilege(lambda: intake.take(section, path.name, seen, overdue=False))
    last = without_privilege(lambda: intake.take(section, path.name, seen, overdue=True))
    catalogue.close()
    assert (first.outcome, last.outcome) == (Outcome.LATER, Outcome.REJECTED)
    assert "このファイルを読む権限がありません" in (path.parent / ASIDE / "locked.pdf.理由.txt").read_text("utf-8-sig")
    assert (path.parent / ASIDE / "locked.pdf").read_bytes() == pdf("読めない")


def without_privilege(act: Callable[[], object]) -> object:
    """Does something as a user whom file permissions bind. Root's right to override them is given up in a thread of its own only."""
    answer: list[object] = []

    def run() -> None:
        if os.geteuid() == 0:
            libc = ctypes.CDLL(None, use_errno=True)
            header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
            assert libc.capget(header, sets) == 0
            sets[0] &= ~0b110  # effective: neither CAP_DAC_OVERRIDE nor CAP_DAC_READ_SEARCH
            assert libc.capset(header, sets) == 0
        answer.append(act())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return answer[0]


# --- what stays where it is, and is shown ---


def test_a_folder_stays_and_is_shown_with_what_to_do(office: Office) -> None:
    inside = office.inbox() / "4月分" / "scan.pdf"
    inside.parent.mkdir()
    inside.write_bytes(pdf("中の文書"))
    office.until(lambda: bool(office.ask(lambda reader: reader.status()["lying"])))
    (shown,) = office.ask(lambda reader: reader.status()["lying"])  # type: ignore[misc]
    with speaking("ja"):
        assert (shown["name"], _(shown["reason"])) == ("4月分", "フォルダごとは受け付けられません。中のファイルを、投入フォルダに直接入れてください。")
    assert inside.exists() and office.daemon.settled()
    inside.rename(office.inbox() / "4月分.pdf")
    inside.parent.rmdir()
    office.settle()
    office.until(lambda: not office.ask(lambda reader: reader.status()["lying"]))
    assert office.filed_as("4月分.pdf", ".pdf") == pdf("中の文書")


# --- what is filed as its original, and shown to a person ---


def assert_original_kept(office: Office, name: str, data: bytes, extension: str, flag: str) -> None:
    record = office.record(name)
    assert office.filed_as(name, extension) == data
    assert flag in record["flags"], record["flags"]
    assert record["state"] == "accounted"
    with speaking("ja"):
        assert _(review.reason(flag)) != review.reason(flag)
    assert str(record["number"]) in office.receipts()


def test_an_encrypted_pdf_is_filed_as_it_is_and_flagged(office: Office, tmp_path: Path) -> None:
    document = pikepdf.new()
    document.add_blank_page()
    document.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(user="合言葉", owner="管理者"))
    data = (tmp_path / "locked.pdf").read_bytes()
    office.drop("locked.pdf", data)
    office.settle()
    assert_original_kept(office, "locked.pdf", data, ".pdf", review.ENCRYPTED)


def test_a_page_of_five_kilometres_is_filed_as_it_is_and_flagged(office: Office) -> None:
    data = pdf("広い").replace(b"595", b"14400000").replace(b"842", b"14400000")
    office.drop("gigantic.pdf", mended(data))
    office.settle()
    assert_original_kept(office, "gigantic.pdf", mended(data), ".pdf", review.TOO_LARGE)


def mended(data: bytes) -> bytes:
    """The same PDF with offsets that are right."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        document.save(written, deterministic_id=True)
    return written.getvalue()


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (2_000_000_000, 2_000_000_000)])
def test_an_image_whose_header_promises_too_many_pixels_is_filed_as_it_is_and_flagged(office: Office, width: int, height: int) -> None:
    data = png_header(width, height)
    office.drop(f"header {width}.png", data)
    office.settle()
    assert_original_kept(office, f"header {width}.png", data, ".png", review.TOO_LARGE)


def test_an_image_bomb_within_a_pdf_is_filed_as_it_is_and_flagged(office: Office) -> None:
    document, written = pikepdf.new(), io.BytesIO()
    document.add_blank_page(page_size=(595, 842))
    bomb = pikepdf.Stream(document, zlib.compress(bytes(40_000 * 10_000), 9))
    bomb.stream_dict.update(
        {"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image, "/Width": 40_000, "/Height": 10_000, "/BitsPerComponent": 8}
        | {"/ColorSpace": pikepdf.Name.DeviceGray, "/Filter": pikepdf.Name.FlateDecode}
    )
    page = document.pages[0].obj
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=bomb))
    page.Contents = pikepdf.Stream(document, b"595 0 0 842 0 0 cm /Im0 Do")
    document.save(written)
    office.drop("bomb.pdf", written.getvalue())
    office.settle()
    assert_original_kept(office, "bomb.pdf", written.getvalue(), ".pdf", review.TOO_LARGE)


def test_a_pdf_of_a_million_pages_is_filed_as_it_is_and_flagged(office: Office) -> None:
    data = million_pages()
    office.drop("million.pdf", data)
    office.settle()
    assert_original_kept(office, "million.pdf", data, ".pdf", review.TOO_LARGE)


def million_pages(count: int = 1_000_000) -> bytes:
    """One page object that the page tree names a million times."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, b"3 0 R " * count),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    ]
    body, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj%s\nendobj\n" % (number, content)
    place = len(body)
    body += b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(body + b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % place)


# --- names ---


def test_a_pdf_with_a_wrong_extension_is_filed_as_the_pdf_that_it_is(office: Office) -> None:
    data = pdf("拡張子違い")
    office.drop("scan.jpg", data)
    office.settle()
    assert office.filed_as("scan.jpg", ".pdf") == data
    assert office.record("scan.jpg")["original"]["media_type"] == "application/pdf"  # type: ignore[index]


LONG = "長" * 83 + ".pdf"  # 253 bytes
DECOMPOSED = unicodedata.normalize("NFD", "がぎぐ報告書.pdf")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("bell\x07and\nnewline\x1b[31m.pdf", "bell\\u0007and\\u000Anewline\\u001B[31m.pdf"),
        (os.fsdecode(b"\x8f\x9a\x93\xc7.pdf"), "\\x8f\\x9a\\x93\\xc7.pdf"),  # Shift_JIS, as an old scanner writes it
        (LONG, LONG),
        ("あ" * 85, "あ" * 85),  # 255 bytes, the longest that there is
        (DECOMPOSED, "がぎぐ報告書.pdf"),
        ("=cmd|calc!A0.pdf", "=cmd|calc!A0.pdf"),
        ("<script>alert(1)<", "<script>alert(1)<"),
    ],
    ids=["control signs", "Shift_JIS", "253 bytes", "255 bytes", "NFD", "a formula", "HTML"],
)
def test_any_name_that_a_share_allows_is_taken_and_shown_harmlessly(office: Office, name: str, shown: str) -> None:
    data = pdf(f"名前 {shown}")
    office.drop(name, data)
    office.settle()
    assert office.filed_as(shown, ".pdf") == data
    assert "<script>alert" not in office.receipts()


@pytest.mark.parametrize("name", ["あ" * 85, "bad\x07name\n.txt", os.fsdecode(b"\x8f\x9a.txt")], ids=["255 bytes", "control signs", "Shift_JIS"])
def test_any_name_can_be_refused_too(office: Office, name: str) -> None:
    data = f"not a scan {name!r}".encode()
    office.drop(name, data)
    office.settle()
    assert office.aside(name) == data
    reasons = [path for path in (office.inbox() / ASIDE).iterdir() if path.name.endswith(".理由.txt")]
    assert any(path.name.removesuffix(".理由.txt")[:5] == name[:5] and "保存できる形式" in path.read_text("utf-8-sig") for path in reasons)


def test_a_decomposed_name_can_be_ingested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = two_sections(tmp_path / "site")
    source = tmp_path / DECOMPOSED
    source.write_bytes(b"not a scan")
    assert cli.main(["--config", str(settings.file), "ingest", "--department", GENERAL, str(source)]) == 1
    assert "がぎぐ報告書.pdf" in capsys.readouterr().out


# --- twice ---


def test_the_same_name_twice_with_other_bytes_is_filed_twice(office: Office) -> None:
    for text in ("朝の分", "夕方の分"):
        office.drop("scan0001.pdf", pdf(text))
        office.settle()
    rows = office.outcomes("scan0001.pdf")
    assert [row["outcome"] for row in rows] == ["accession", "accession"]
    assert len({row["number"] for row in rows}) == 2


def test_the_same_bytes_twice_are_filed_once_and_the_clerk_is_told_as_what(office: Office) -> None:
    for name in ("first.pdf", "second.pdf"):
        office.drop(name, pdf("二度送った"))
        office.settle()
    (first,), (second,) = office.outcomes("first.pdf"), office.outcomes("second.pdf")
    assert (first["outcome"], second["outcome"]) == ("accession", "duplicate")
    assert second["number"] == first["number"]
    assert f"同じファイルを {first['number']} として受付済みです" in office.receipts()


def test_the_same_bytes_in_two_sections_at_once_are_filed_for_each(office: Office) -> None:
    data = pdf("両課あて", "別紙")
    for section in (GENERAL, TAX):
        office.drop("both.pdf", data, section)
    office.settle()
    assert [row["outcome"] for row in office.outcomes("both.pdf")] == ["accession", "accession"]
    assert office.ask(lambda reader: reader.status()["paused"]) == []


# --- the ground gives way ---


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 64 MiB of its own."""
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("a filesystem can only be mounted by root")
    image, place = tmp_path / "disk.img", tmp_path / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
    if subprocess.run(["mount", "-o", "loop", str(image), str(place)], capture_output=True, check=False).returncode:
        pytest.skip("this machine has no loop devices to mount")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_fills_up_while_a_scan_is_copied_stops_intake_until_there_is_room(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = two_sections(small_disk / "site")
    filler, data = small_disk / "filler", padded(3_000_000)

    def fill(call: str, path: Path) -> None:
        if call == "fallocate" and not filler.exists():
            with filler.open("wb") as file:
                while True:
                    try:
                        file.write(bytes(1 << 16))
                        file.flush()
                    except OSError:
                        return

    with Daemon(settings, incomplete_seconds=1.0, timetable=False) as daemon:
        monkeypatch.setattr(storage, "before", fill)
        source = settings.inbox(TAX) / "scan.pdf"
        source.write_bytes(data)
        office = Office(daemon)
        office.until(lambda: bool(daemon.watcher.faults()))
        with speaking("ja"):
            assert "のディスクがいっぱいです" in str(daemon.watcher.faults()[0])
        assert source.read_bytes() == data
        assert not list(settings.layout.spool_tmp.iterdir()) and not list(settings.layout.spool_new.iterdir())
        filler.unlink()
        filler.mkdir()  # it is not filled again
        office.until(lambda: not source.exists() and not daemon.watcher.faults())
        assert storage.digest(next(settings.layout.spool_new.glob("*/original"))) == sha256(data)
    assert verify(settings.layout).sound


def padded(size: int) -> bytes:
    """A whole PDF with so many bytes of something in it."""
    document, written = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    document.Root.Padding = pikepdf.Stream(document, os.urandom(size))
    document.save(written)
    return written.getvalue()


def test_a_drain_that_cannot_take_everything_says_why_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = two_sections(tmp_path / "site")
    (settings.inbox(GENERAL) / "scan.pdf").write_bytes(pdf("待つ"))
    (settings.inbox(GENERAL) / ".scanpipe-share").unlink()  # as if the share were not mounted
    assert cli.main(["--config", str(settings.file), "drain"]) == os.EX_TEMPFAIL
    assert str(settings.inbox(GENERAL)) in capsys.readouterr().err
    assert (settings.inbox(GENERAL) / "scan.pdf").exists()
