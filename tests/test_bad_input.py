"""What scanners and people put into drop folders that is not a plain scan: each is refused with a sentence or filed, and nothing is lost."""

import io
import os
import shutil
import struct
import subprocess
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from custody import GENERAL, TAX, pdf, two_sections
from PIL import Image

from scanpipe import config, storage
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.daemon import Daemon
from scanpipe.stages.intake import reason_name
from scanpipe.upkeep.fixity import verify
from scanpipe.upkeep.reindex import records_of

SAMPLES = Path(__file__).resolve().parents[1] / "sample_scans"
LONG = "長" * 83 + ".pdf"  # 253 bytes; with .理由.txt it would be too long
CONTROL = "rechnung\x07\n2025.pdf"
NFD = unicodedata.normalize("NFD", "がぎぐげご.pdf")


def drained(settings: Settings, incomplete_seconds: float = 1.0) -> None:
    """Runs the real daemon in this process until nothing is left to do."""
    with Daemon(settings, incomplete_seconds=incomplete_seconds, timetable=False) as daemon:
        while not daemon.settled():
            daemon.turn(0.05)


def encrypted() -> bytes:
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf("秘"))) as document:
        document.save(written, encryption=pikepdf.Encryption(user="himitsu", owner="owner"))
    return written.getvalue()


def gigantic_page() -> bytes:
    document, written = pikepdf.new(), io.BytesIO()
    document.add_blank_page(page_size=(14_400, 14_400))
    document.pages[0].obj.MediaBox = pikepdf.Array([0, 0, 14_400_000, 14_400_000])
    document.save(written)
    return written.getvalue()


def million_pages() -> bytes:
    """One page, named a million times by the page tree."""
    count = 1_000_000
    body = b"%PDF-1.7\n"
    offsets = []
    for number, content in enumerate((b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, b"3 0 R " * count), b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"), 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return body + table + b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def image_bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    written = io.BytesIO()
    Image.new("L", (400, 560), 255).save(written, "JPEG")
    return written.getvalue()


FILES: dict[str, bytes] = {
    "empty.pdf": b"",
    "truncated.pdf": pdf("途中")[:400],
    "encrypted.pdf": encrypted(),
    "really-a-pdf.jpg": pdf("拡張子"),
    "report.docx": b"PK\x03\x04" + b"word/document.xml" * 20,
    "gigantic.pdf": gigantic_page(),
    "million.pdf": million_pages(),
    "bomb.png": image_bomb(),
    CONTROL: pdf("制御文字"),
    LONG: pdf("長い名前"),
    "長" * 83 + ".doc": b"no document, and a name as long as names can be",
    NFD: pdf("濁点"),
    "photo.JPG": jpeg(),
}


class Town:
    """A site into which everything was dropped, and what became of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.inbox = settings.inbox(GENERAL)
        reader = CatalogueReader(settings.layout.catalogue_db)
        self.status = reader.status()
        self.outcomes: dict[str, list[dict[str, Any]]] = {}
        for row in reader.outcomes():
            self.outcomes.setdefault(row["name"], []).append(row)
        self.records = {row["name"]: reader.record(row["number"]) for rows in self.outcomes.values() for row in rows if row["outcome"] == "accession"}
        reader.close()

    def reason(self, name: str) -> str:
        """What the clerk reads beside a refused file."""
        aside = self.inbox / "要確認"
        assert os.path.lexists(aside / name), os.listdir(aside)
        return (aside / reason_name(name)).read_text("utf-8-sig")

    def original(self, name: str) -> bytes:
        folder = self.settings.layout.archive / self.records[name]["vault_path"]
        return next(folder.glob("original.*")).read_bytes()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    settings = two_sections(tmp_path_factory.mktemp("bad") / "site", page_seconds=60)
    inbox = settings.inbox(GENERAL)
    for name, data in FILES.items():
        (inbox / name).write_bytes(data)
    (inbox / "folder").mkdir()
    (inbox / "folder" / "inside.pdf").write_bytes(pdf("中"))
    secret = inbox.parent / "secret.pdf"
    secret.write_bytes(pdf("他人の文書"))
    (inbox / "link.pdf").symlink_to(secret)
    os.link(secret, inbox / "hardlink.pdf")
    os.mkfifo(inbox / "pipe.pdf")
    (inbox / "~$lock.docx").write_bytes(b"x")
    drained(settings)
    (inbox / "again.pdf").write_bytes(FILES["really-a-pdf.jpg"])  # same bytes twice
    (inbox / LONG).write_bytes(pdf("同じ名前の別の文書"))  # same name twice
    drained(settings)
    return Town(settings)


def test_nothing_is_unaccounted_for(town: Town) -> None:
    facts = town.status
    assert facts["deliveries"] == facts["records"] + facts["duplicates"] + facts["rejected"] + facts["waiting"]
    assert facts["waiting"] == 0
    assert facts["deliveries"] == len(FILES) + 3 + 2  # and the links and the pipe, and the two that came again
    report = verify(town.settings.layout)
    assert report.sound, [str(found) for found in report.deviations]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty.pdf", "0 バイト"),
        ("truncated.pdf", "途中"),
        ("report.docx", "PDF"),
        ("長" * 83 + ".doc", "PDF"),
        ("link.pdf", "リンク"),
        ("hardlink.pdf", "リンク"),
        ("pipe.pdf", "リンク"),
    ],
)
def test_what_is_no_document_lies_in_youkakunin_with_a_sentence(town: Town, name: str, words: str) -> None:
    said = town.reason(name)
    assert words in said
    assert "ください" in said  # it says what to do
    assert [row["outcome"] for row in town.outcomes[name]] == ["rejected"]


def test_a_link_brings_in_nothing_foreign(town: Town) -> None:
    assert (town.inbox.parent / "secret.pdf").read_bytes() == pdf("他人の文書")
    kept = [path.read_bytes() for path in town.settings.layout.vault.rglob("original.*")]
    assert pdf("他人の文書") not in kept


def test_an_encrypted_pdf_is_filed_as_its_original_alone_and_flagged(town: Town) -> None:
    record = town.records["encrypted.pdf"]
    assert (record["needs_review"], record["flags"][0]) == (True, "encrypted")
    assert town.original("encrypted.pdf") == FILES["encrypted.pdf"]
    assert not (town.settings.layout.archive / record["vault_path"] / "access.pdf").exists()
    assert (town.settings.layout.archive / record["path"]).read_bytes() == FILES["encrypted.pdf"]


def test_the_content_says_what_a_file_is_not_its_name(town: Town) -> None:
    assert town.records["really-a-pdf.jpg"]["original"]["media_type"] == "application/pdf"
    assert town.records["photo.JPG"]["original"]["media_type"] == "image/jpeg"


@pytest.mark.parametrize("name", ["gigantic.pdf", "million.pdf", "bomb.png"])
def test_what_is_too_large_to_read_is_filed_as_its_original_alone_and_flagged(town: Town, name: str) -> None:
    record = town.records[name]
    assert record["needs_review"] is True
    assert "too-large" in record["flags"], record["flags"]
    assert town.original(name) == FILES[name]


def test_names_with_control_signs_are_shown_with_escapes(town: Town) -> None:
    assert town.original("rechnung\\u0007\\u000A2025.pdf") == FILES[CONTROL]


def test_names_as_long_as_names_can_be_are_kept(town: Town) -> None:
    assert sorted(row["outcome"] for row in town.outcomes[LONG]) == ["accession", "accession"]
    assert len({row["number"] for row in town.outcomes[LONG]}) == 2


def test_decomposed_names_are_shown_composed(town: Town) -> None:
    assert town.original("がぎぐげご.pdf") == FILES[NFD]


def test_same_bytes_twice_are_filed_once_and_counted_once(town: Town) -> None:
    (again,) = town.outcomes["again.pdf"]
    assert (again["outcome"], again["number"]) == ("duplicate", town.records["really-a-pdf.jpg"]["number"])
    assert town.status["duplicates"] == 1


def test_folders_and_unfinished_names_stay_and_are_shown(town: Town) -> None:
    assert (town.inbox / "folder" / "inside.pdf").read_bytes() == pdf("中")
    shown = {row["name"] for row in town.status["lying"]}
    assert "folder" in shown
    assert (town.inbox / "~$lock.docx").exists()


def test_the_receipt_list_tells_of_every_file(town: Town) -> None:
    (page,) = (town.inbox / "受付簿").glob("*.html")
    text = page.read_text("utf-8")
    for name in ("empty.pdf", "encrypted.pdf", "again.pdf", "report.docx"):
        assert name in text
    assert "要確認" in text


# --- places at fault ---


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 24 MiB of its own."""
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("needs root and mkfs.ext4")
    image, mounted = tmp_path / "disk.img", tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(24 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    mounted.mkdir()
    if subprocess.run(["mount", "-o", "loop", str(image), str(mounted)], check=False).returncode != 0:
        pytest.skip("no loop devices here")
    yield mounted
    subprocess.run(["umount", "-l", str(mounted)], check=True)


def test_a_full_disk_pauses_intake_says_so_and_goes_on_by_itself(small_disk: Path) -> None:
    settings = two_sections(small_disk / "site")
    ballast = small_disk / "ballast"
    room = os.statvfs(small_disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, (room.f_bavail - 300) * room.f_frsize)
    scan = settings.inbox(GENERAL) / "scan.pdf"
    data = pdf("一枚")[:-6] + b"%" + b"x" * 700_000 + b"\n" + pdf("一枚")[pdf("一枚").rindex(b"startxref") :]
    scan.write_bytes(data)
    with Daemon(settings, timetable=False) as daemon:
        for _ in range(200):
            daemon.turn(0.05)
            paused = CatalogueReader(settings.layout.catalogue_db).status()["paused"]
            if paused:
                break
        assert paused[0]["reason"] == storage.DiskFull.template
        assert scan.exists(), "a scan that is not in custody stays where it is"
        ballast.unlink()
        for _ in range(600):
            daemon.turn(0.05)
            facts = CatalogueReader(settings.layout.catalogue_db).status()
            if facts["records"] and not facts["waiting"]:
                break
    assert (facts["records"], facts["waiting"], facts["paused"]) == (1, 0, [])
    assert not scan.exists()
    assert verify(settings.layout).sound


def test_a_share_that_is_not_mounted_pauses_only_itself(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    gone = settings.inbox(GENERAL)
    hidden = gone.with_name("unmounted")
    with Daemon(settings, timetable=False) as daemon:
        gone.rename(hidden)
        (settings.inbox(TAX) / "scan.pdf").write_bytes(pdf("税"))
        for _ in range(400):
            daemon.turn(0.05)
            facts = CatalogueReader(settings.layout.catalogue_db).status()
            if facts["records"] == 1 and facts["paused"]:
                break
        assert facts["records"] == 1
        assert [paused["stage"] for paused in facts["paused"]] == [f"intake {GENERAL}"]
        assert not gone.exists(), "never a byte onto the mount point"
        hidden.rename(gone)
        for _ in range(200):
            daemon.turn(0.05)
            if not CatalogueReader(settings.layout.catalogue_db).status()["paused"]:
                break
        assert CatalogueReader(settings.layout.catalogue_db).status()["paused"] == []


def test_an_unreadable_file_waits_and_is_then_put_aside(tmp_path: Path) -> None:
    """Root reads everything, so the daemon runs as somebody else here."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    settings = two_sections(tmp_path / "site")
    scan = settings.inbox(GENERAL) / "closed.pdf"
    scan.write_bytes(pdf("読めない"))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for path in (tmp_path, *tmp_path.parents[:2], *tmp_path.rglob("*")):
                if tmp_path in (path, *path.parents):
                    os.chown(path, 65534, 65534)
            os.chown(scan, 0, 0)
            scan.chmod(0)
            for parent in tmp_path.parents:
                if parent.is_relative_to("/tmp") and parent != Path("/tmp"):
                    parent.chmod(0o755)
            os.setgid(65534)
            os.setuid(65534)
            from scanpipe.stages.intake import Intake
            from scanpipe.storage import FileIdentity

            for folder in (settings.layout.spool_tmp, settings.layout.spool_new, settings.layout.journal, settings.layout.catalogue_db.parent):
                storage.make_folder(folder)
            catalogue = Catalogue(settings.layout.catalogue_db, settings.layout.journal, lambda: __import__("datetime").datetime.now(settings.timezone), records_of(settings.layout.archive))
            intake = Intake(settings, catalogue, catalogue.clock)
            section = settings.department(GENERAL)
            first = intake.take(section, scan.name, FileIdentity.of(scan.lstat()), overdue=False)
            second = intake.take(section, scan.name, FileIdentity.of(scan.lstat()), overdue=True)
            code = 0 if (first.outcome, second.outcome) == ("later", "rejected") else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert "権限" in (settings.inbox(GENERAL) / "要確認" / "closed.pdf.理由.txt").read_text("utf-8-sig")


def test_records_of_a_category_that_was_deleted_stay_as_they_are(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    shutil.copy(SAMPLES / "進捗報告_20251020.pdf", settings.inbox(TAX))
    drained(settings)
    reader = CatalogueReader(settings.layout.catalogue_db)
    (row,) = reader.outcomes()
    before = reader.record(row["number"])
    reader.close()
    assert before["category"] == "PLAN"
    _delete_category(settings.file.with_name("retention.toml"), "PLAN")
    changed = config.load(settings.file)
    (changed.inbox(TAX) / "other.pdf").write_bytes(pdf("白紙"))
    drained(changed)
    reader = CatalogueReader(changed.layout.catalogue_db)
    after = reader.record(row["number"])
    assert after == before
    assert (after["category_name"], reader.status()["records"]) == ("計画", 2)
    reader.close()
    assert verify(changed.layout).sound


def _delete_category(schedule: Path, code: str) -> None:
    text = schedule.read_text("utf-8")
    start = text.index(f'[[category]]\ncode = "{code}"')
    end = text.index("\n[[category]]\n", start)
    schedule.write_text(text[:start] + text[end:], "utf-8")
