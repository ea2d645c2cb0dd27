"""Filed scans are split and merged by the verbs, through real lanes, without a running daemon: what people scan wrongly is set right and found again."""

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import pikepdf
import pytest
from custody import GENERAL, two_sections
from PIL import Image
from test_batches import written_page

from scanpipe import cli, config
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.daemon import Daemon
from scanpipe.upkeep.machine.fonts import japanese_font
from scanpipe.upkeep.proving.fixity import verify

WORDS = {"a": ("鶴亀算の解き方", "松竹梅の植え方"), "b": ("花鳥風月の描き方",), "c": ("雪月花の眺め方",)}
STACK, LETTER, ANNEX, LOCKED, SIGNED = (f"2026-{n:06}" for n in range(1, 6))


def scanned(words: tuple[str, ...], **options: Any) -> bytes:
    first, *rest = (written_page(one).convert("1" if options["format"] == "TIFF" else "L") for one in words)
    out = io.BytesIO()
    first.save(out, **options, **({"save_all": True, "append_images": rest} if rest else {}))
    return out.getvalue()


def locked() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(scanned(("鍵",), format="PDF", resolution=200))) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


def signed() -> bytes:
    """A PDF whose form has a signature in it."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(scanned(("印",), format="PDF", resolution=200))) as document:
        value = document.make_indirect(
            pikepdf.Dictionary(Type=pikepdf.Name.Sig, Filter=pikepdf.Name("/Adobe.PPKLite"), Contents=b"\0" * 16, ByteRange=pikepdf.Array([0, 1, 2, 3]))
        )
        field = document.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Sig, T=pikepdf.String("s"), V=value))
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]), SigFlags=3)
        document.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    if japanese_font() is None:
        pytest.skip("no Japanese font here: install fonts-ipaexfont-gothic")
    site = two_sections(tmp_path_factory.mktemp("parted") / "site", language="en")
    sections = site.file.with_name("departments.toml")
    sections.write_text(sections.read_text("utf-8").replace('duplex = "auto"', "duplex = true", 1), "utf-8")
    site = config.load(site.file)
    files = {
        "a.tif": scanned(WORDS["a"], format="TIFF", compression="group4", dpi=(200, 200)),
        "b.pdf": scanned(WORDS["b"], format="PDF", resolution=200),
        "c.jpg": scanned(WORDS["c"], format="JPEG", dpi=(200, 200), quality=80),
        "d.pdf": locked(),
        "e.pdf": signed(),
    }
    with Daemon(site, timetable=False) as own:
        for number, (name, data) in enumerate(files.items(), 1):
            (site.inbox(site.department(GENERAL)) / name).write_bytes(data)
            until = time.monotonic() + 60
            while len(own.catalogue.unfiled()) + _filed(own) < number and time.monotonic() < until:
                own.turn(0.1)
        until = time.monotonic() + 300
        while not own.settled() and time.monotonic() < until:
            own.turn(0.2)
    return site


def _filed(own: Daemon) -> int:
    return int(own.catalogue.db.conn.execute("SELECT count(*) FROM filing").fetchone()[0])


def verb(settings: Settings, capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[int, Any]:
    """Exit code, and the facts or what was said."""
    capfdbinary.readouterr()
    code = cli.main(["--config", str(settings.file), *arguments])
    out, err = capfdbinary.readouterr()
    return code, json.loads(out) if code == 0 and "--json" in arguments else (out + err).decode()


@pytest.fixture
def reader(settings: Settings) -> Iterator[CatalogueReader]:
    opened = CatalogueReader(settings.layout.catalogue_db)
    yield opened
    opened.close()


def sheets(reader: CatalogueReader) -> float:
    return sum(row["digitised"] for row in reader.sheets("department"))


@pytest.mark.parametrize("number", [LOCKED, SIGNED])
def test_what_is_locked_or_signed_is_neither_split_nor_merged(settings: Settings, capfdbinary: pytest.CaptureFixture[bytes], number: str) -> None:
    for arguments in (("split", number, "--pages", "1", "--pages", "2"), ("merge", LETTER, number)):
        code, says = verb(settings, capfdbinary, *arguments, "--by", "佐藤")
        assert code == 64 and number in says


def test_a_tiff_is_split_and_its_parts_are_read_filed_and_found(settings: Settings, capfdbinary: pytest.CaptureFixture[bytes], reader: CatalogueReader) -> None:
    before = sheets(reader)
    split = "split", STACK, "--pages", "１", "--pages", "2", "--title", "鶴と亀", "--by", "佐藤", "--reason", "仕切り紙の入れ忘れ", "--json"
    code, planned = verb(settings, capfdbinary, *split, "--dry-run")
    assert (code, [part["number"] for part in planned["parts"]]) == (0, [None, None])
    code, answer = verb(settings, capfdbinary, *split)
    assert code == 0
    first, second = (reader.record(part["number"], text=True) for part in answer["parts"])
    assert (first["title"], first["state"], second["state"]) == ("鶴と亀", "accounted", "accounted")
    assert "鶴亀" in first["text"] and "松竹" in second["text"]
    assert (first["sheets"], second["sheets"]) == (1, 0)  # both sides of one sheet
    assert sheets(reader) == before
    code, hits = verb(settings, capfdbinary, "search", "松竹梅", "--json")
    assert [hit["number"] for hit in hits] == [second["number"]]
    code, says = verb(settings, capfdbinary, "show", STACK)
    assert code == 0 and f"{first['number']}, {second['number']}" in says and "仕切り紙の入れ忘れ" in says
    assert verify(settings.layout).sound


def test_a_pdf_and_a_photograph_are_merged_and_the_merger_is_taken_back(
    settings: Settings, capfdbinary: pytest.CaptureFixture[bytes], reader: CatalogueReader
) -> None:
    before = sheets(reader)
    code, answer = verb(settings, capfdbinary, "merge", LETTER, ANNEX, "--by", "佐藤", "--reason", "一つの文書のため", "--json")
    assert code == 0
    made = reader.record(answer["number"], text=True)
    assert (made["pages"], made["sheets"], made["state"]) == (2, 2, "accounted")
    assert "花鳥" in made["text"].partition("\f")[0] and "雪月" in made["text"].partition("\f")[2]
    folder = settings.layout.archive / made["vault_path"]
    with pikepdf.open(folder / "access.pdf") as copy:
        assert len(copy.pages) == 2
    assert sheets(reader) == before
    code, _says = verb(settings, capfdbinary, "correct", made["number"], "--undo", "--by", "佐藤")
    assert code == 0
    assert [reader.record(number)["merged_into"] for number in (LETTER, ANNEX)] == [None, None]
    assert [reader.record(number)["path"] is None for number in (LETTER, ANNEX, made["number"])] == [False, False, True]
    assert sheets(reader) == before and verify(settings.layout).sound


def test_the_pages_of_a_merged_record_can_be_split_again(settings: Settings, capfdbinary: pytest.CaptureFixture[bytes], reader: CatalogueReader) -> None:
    before = sheets(reader)
    _code, merged = verb(settings, capfdbinary, "merge", ANNEX, LETTER, "--by", "佐藤", "--json")
    code, answer = verb(settings, capfdbinary, "split", merged["number"], "--pages", "2", "--pages", "1", "--by", "佐藤", "--json")
    assert code == 0
    first, second = (reader.record(part["number"], text=True) for part in answer["parts"])
    assert "花鳥" in first["text"] and "雪月" in second["text"]
    assert sheets(reader) == before and verify(settings.layout).sound
    with Image.open(io.BytesIO((settings.layout.archive / reader.record(ANNEX)["vault_path"] / "original.jpg").read_bytes())) as photograph:
        assert photograph.size == (1654, 2339)
