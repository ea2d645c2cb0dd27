"""`scanpipe cover` prints a sheet that scanners and people can read."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pdfplumber
import pypdfium2
import pytest
from custody import GENERAL, two_sections

from scanpipe.cli import main
from scanpipe.config import Settings
from scanpipe.core.model import PageCode
from scanpipe.recognition.codes import find_code
from scanpipe.upkeep import cover
from scanpipe.upkeep.machine import fonts

Cover = Callable[..., int]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return two_sections(tmp_path_factory.mktemp("cover") / "site")


@pytest.fixture
def run(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cover:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANGUAGE", "en")
    return lambda *arguments: main(["--config", str(settings.file), "cover", *arguments])


def text_of(data: bytes) -> str:
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        (page,) = pdf.pages
        assert (round(page.width), round(page.height)) == (595, 842)
        return "".join((page.extract_text() or "").split())


def read(data: bytes) -> PageCode | None:
    with pypdfium2.PdfDocument(data) as document:
        return find_code(np.asarray(document[0].render(scale=150 / 72, grayscale=True).to_pil().convert("L"), np.uint8), 150)


def test_a_cover_says_the_same_to_people_and_to_the_scanner(run: Cover, tmp_path: Path) -> None:
    out = tmp_path / "cover.pdf"
    assert run("--department", GENERAL, "--category", "TAX", "--title", "課税台帳 令和7年度", "--sheets", "12", "--out", str(out)) == os.EX_OK
    assert read(out.read_bytes()) == PageCode(kind="cover", department=GENERAL, category="TAX", title="課税台帳 令和7年度", sheets=12)
    if fonts.japanese_font():
        assert all(words in text_of(out.read_bytes()) for words in ("表紙", "0101総務課", "TAX", "課税台帳令和7年度", "12"))


def test_a_cover_names_the_box_large_and_in_its_code(run: Cover, tmp_path: Path) -> None:
    out = tmp_path / "cover.pdf"
    assert run("--department", GENERAL, "--box", "ｂ－００１２", "--out", str(out)) == os.EX_OK
    assert read(out.read_bytes()) == PageCode(kind="cover", department=GENERAL, box="B-0012")
    with pdfplumber.open(out) as pdf:
        sizes = {sign["size"] for sign in pdf.pages[0].chars if sign["text"] == "B"}
    assert max(sizes) > 50
    long = "B" * 24
    assert run("--department", GENERAL, "--box", long, "--out", str(out)) == os.EX_OK
    assert read(out.read_bytes()) == PageCode(kind="cover", department=GENERAL, box=long)
    with pdfplumber.open(out) as pdf:
        assert max(sign["x1"] for sign in pdf.pages[0].chars) < 595 and long in text_of(out.read_bytes())


def test_a_separator_parts_and_says_nothing(run: Cover, tmp_path: Path) -> None:
    assert run("--separator") == os.EX_OK
    assert read((tmp_path / "separator.pdf").read_bytes()) == PageCode(kind="separator")


def test_without_a_name_it_is_called_after_its_section(run: Cover, tmp_path: Path) -> None:
    assert run("--department", GENERAL) == os.EX_OK
    assert [path.name for path in tmp_path.iterdir()] == [f"cover-{GENERAL}.pdf"]


def test_a_machine_without_japanese_fonts_prints_the_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover, "japanese_font", lambda: None)
    code = PageCode(kind="cover", department=GENERAL, category="TAX", title="課税台帳", sheets=3)
    data = cover.sheet(code, section="総務課", category="税", language="ja")
    assert read(data) == code
    assert "Coversheet" in text_of(data)
    assert "0101" in text_of(data)


def test_a_long_title_is_printed_whole_and_read(settings: Settings) -> None:
    code = PageCode(kind="cover", department=GENERAL, title="審議会の委員の委嘱に関する件" * 4)
    data = cover.sheet(code, section="総務課", category=None, language="ja")
    assert read(data) == code


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        ((), os.EX_USAGE, "--department CODE"),
        (("--separator", "--department", GENERAL), os.EX_USAGE, "leave the other options away"),
        (("--department", GENERAL, "--title", "件" * 61), os.EX_USAGE, "61 signs"),
        (("--department", GENERAL, "--category", "NOSUCH"), os.EX_NOINPUT, "no category NOSUCH"),
        (("--department", "7777"), None, "7777"),
        (("--department", GENERAL, "--box", "B/12"), os.EX_USAGE, "not a box number"),
        (("--separator", "--box", "B-12"), os.EX_USAGE, "leave the other options away"),
    ],
)
def test_what_cannot_be_is_refused_with_its_remedy(
    run: Cover, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], exit_code: int | None, says: str
) -> None:
    ended = run(*arguments)
    assert ended == exit_code if exit_code is not None else ended != os.EX_OK
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_told_as_json(run: Cover, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("--department", GENERAL, "--json") == os.EX_OK
    told = json.loads(capfdbinary.readouterr().out)
    assert told == {"path": f"cover-{GENERAL}.pdf", "kind": "cover", "media_type": "application/pdf"} and Path(told["path"]).is_file()
