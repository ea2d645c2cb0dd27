"""The text layer in three readers: whole and in order, each word by itself, columns along their column."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pdfplumber
import pypdfium2
import pytest
from conftest import DPI, sheet
from test_access_copies import HEADING

from scanpipe.core.alto import _words
from scanpipe.core.model import Line, Page
from scanpipe.core.scans.structure import PDF
from scanpipe.recognition.assemble import assemble

ROWS = ("みどり野市庁舎管理規則 第12号", "令和7年4月1日 総務課長 山田 太郎", "PDF A4 判 2 部を添付します。")
COLUMNS = ("縦書きの告示を", "三列に組む、", "一ー二（三）。")
WIDTH, HEIGHT = 1654, 945


def rows(top: int = 100) -> tuple[Line, ...]:
    return tuple(Line(text=text, box=(160, top + 80 * n, 160 + 40 * len(text), top + 40 + 80 * n), confidence=99.0, block=0) for n, text in enumerate(ROWS))


def columns(top: int = 100) -> tuple[Line, ...]:
    """From the right."""
    return tuple(
        Line(text=text, box=(1400 - 90 * n, top, 1442 - 90 * n, top + 44 * len(text)), confidence=99.0, direction="v", block=1)
        for n, text in enumerate(COLUMNS)
    )


KINDS = {"horizontal": rows(), "vertical": columns(), "mixed": (*rows(), *columns(500))}


@pytest.fixture(params=KINDS)
def copy(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[tuple[Line, ...], Path]:
    lines, out = KINDS[request.param], tmp_path / "copy.pdf"
    sheet(210, 120).save(tmp_path / "a.pdf", resolution=DPI)
    text = "\n".join(line.text for line in lines)
    assemble(tmp_path / "a.pdf", PDF, [Page(number=1, width=WIDTH, height=HEIGHT, dpi=DPI, text=text, lines=lines)], out, HEADING)
    return lines, out


def read_by_pdfium(file: Path) -> str:
    with pypdfium2.PdfDocument(file) as document:
        return str(document[0].get_textpage().get_text_range())


def read_by_pdfplumber(file: Path) -> str:
    with pdfplumber.open(file) as document:
        return "".join(sign["text"] for sign in document.pages[0].chars)


def read_by_poppler(file: Path) -> str:
    if not shutil.which("pdftotext"):
        pytest.skip("no poppler here: install poppler-utils")
    return subprocess.run(["pdftotext", "-raw", "-enc", "UTF-8", str(file), "-"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("read", [read_by_pdfium, read_by_pdfplumber, read_by_poppler])
def test_the_text_comes_back_whole_and_in_order(copy: tuple[tuple[Line, ...], Path], read: Callable[[Path], str]) -> None:
    """But pdfium takes columns that begin at one height for one row, and rows run from the left: there only each column is in order."""
    lines, file = copy
    found, wanted = "".join(read(file).split()), ["".join(line.text.split()) for line in lines]
    if read is read_by_pdfium:
        assert len(found) == len("".join(wanted)) and all(text in found for text in wanted)
        wanted = [text for text, line in zip(wanted, lines, strict=True) if line.direction == "h"]
        assert found.startswith("".join(wanted))
    else:
        assert found == "".join(wanted)


def test_pdfplumber_reads_rows_as_lines(tmp_path: Path) -> None:
    sheet(210, 120).save(tmp_path / "a.pdf", resolution=DPI)
    page = Page(number=1, width=WIDTH, height=HEIGHT, dpi=DPI, text="\n".join(ROWS), lines=rows())
    assemble(tmp_path / "a.pdf", PDF, [page], tmp_path / "copy.pdf", HEADING)
    with pdfplumber.open(tmp_path / "copy.pdf") as document:
        assert document.pages[0].extract_text() == "\n".join(ROWS)


def test_each_word_is_selected_by_itself(copy: tuple[tuple[Line, ...], Path]) -> None:
    """What a viewer copies when just the word's place on the picture is marked."""
    lines, file = copy
    with pypdfium2.PdfDocument(file) as document:
        text = document[0].get_textpage()
        _, height = document[0].get_size()
        for line in lines:
            for word, (left, top, right, bottom) in _words(line):
                box = (left / DPI * 72, height - bottom / DPI * 72, right / DPI * 72, height - top / DPI * 72)
                assert "".join(text.get_text_bounded(*box).split()) == word


def test_signs_stand_on_their_line_and_go_its_way(copy: tuple[tuple[Line, ...], Path]) -> None:
    lines, file = copy
    with pdfplumber.open(file) as document:
        signs = list(document.pages[0].chars)
    for line in lines:
        of_line, signs = signs[: len(line.text)], signs[len(line.text) :]
        left, top, right, bottom = (side / DPI * 72 for side in line.box)
        assert all(left - 1 < sign["x0"] and sign["x1"] < right + 1 and top - 1 < sign["top"] and sign["bottom"] < bottom + 1 for sign in of_line)
        along = "top" if line.direction == "v" else "x0"
        assert [sign[along] for sign in of_line] == sorted({sign[along] for sign in of_line})
    assert signs == []
