"""JBIG2 that puts signs together from a dictionary may have swapped them: such scans are flagged, and JBIG2 that keeps every pixel is not."""

import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Name
from PIL import Image, TiffImagePlugin
from sites import QUICK, make_site

from scanpipe.recognition.facts import ReadingSettings
from scanpipe.recognition.inspection import _segment_types
from scanpipe.recognition.pages import inspect

CORPUS = Path(os.environ.get("SCANPIPE_CORPUS", Path(__file__).resolve().parents[3] / "shared" / "corpus")) / "hostile"
GLOBALS, PLAIN, MANY = CORPUS / "092-460114.pdf", CORPUS / "094-1d5fa6.pdf", CORPUS / "096-47aafb.pdf"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="no hostile files here: set SCANPIPE_CORPUS")


def flags(file: Path) -> tuple[str, ...]:
    return inspect(file, ReadingSettings()).flags


@needs_corpus
@pytest.mark.parametrize("file", [GLOBALS, PLAIN, MANY], ids=["dictionary in JBIG2Globals", "dictionary in the page", "six pages"])
def test_scans_of_devices_that_set_signs_are_flagged(file: Path) -> None:
    assert "pattern-matching" in flags(file)


@needs_corpus
def test_one_such_page_among_others_is_enough(letter: Image.Image, tmp_path: Path) -> None:
    letter.save(tmp_path / "a.pdf", resolution=200)
    assert flags(tmp_path / "a.pdf") == ()
    with pikepdf.open(tmp_path / "a.pdf", allow_overwriting_input=True) as pdf, pikepdf.open(GLOBALS) as other:
        pdf.pages.append(other.pages[0])
        pdf.save(object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert flags(tmp_path / "a.pdf") == ("pattern-matching",)


@needs_corpus
@pytest.mark.parametrize("parameters", [False, True])
def test_packing_the_stream_once_more_hides_nothing(tmp_path: Path, parameters: bool) -> None:
    with pikepdf.open(PLAIN) as pdf:
        (image,) = (thing for thing in pdf.objects if isinstance(thing, pikepdf.Stream) and "JBIG2" in str(thing.get(Name.Filter, "")))
        packed = zlib.compress(image.read_raw_bytes())
        image.write(packed, filter=pikepdf.Array([Name.FlateDecode, Name.JBIG2Decode]), decode_parms=pikepdf.Array([None, None]) if parameters else None)
        pdf.save(tmp_path / "packed.pdf")
    assert flags(tmp_path / "packed.pdf") == ("pattern-matching",)


def segment(number: int, kind: int, data: bytes, length: int | None = None) -> bytes:
    return number.to_bytes(4, "big") + bytes([kind, 0, 1]) + (len(data) if length is None else length).to_bytes(4, "big") + data


def lossless(picture: Image.Image, file: Path, *, unknown_length: bool) -> bytes:
    """A JBIG2 stream of one generic region, coded as G4 is; valid, as pdfium shows."""
    picture.point(lambda level: 255 - level).save(file, "TIFF", compression="group4", strip_size=1 << 30)  # black is 1 in JBIG2
    with Image.open(file) as tiff:
        offset, length = tiff.tag_v2[TiffImagePlugin.STRIPOFFSETS][0], tiff.tag_v2[TiffImagePlugin.STRIPBYTECOUNTS][0]
    size = picture.width.to_bytes(4, "big") + picture.height.to_bytes(4, "big")
    region = size + bytes(8) + b"\0" + b"\1" + file.read_bytes()[offset : offset + length]
    end = b"\0\0" + picture.height.to_bytes(4, "big") if unknown_length else b""
    coded = segment(1, 38, region + end, 0xFFFFFFFF if unknown_length else None)
    return segment(0, 48, size + bytes(8) + b"\0" + bytes(2)) + coded


def test_a_scan_that_keeps_every_pixel_is_not_flagged(letter: Image.Image, tmp_path: Path) -> None:
    picture = letter.convert("1")
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(picture.width * 0.36, picture.height * 0.36))
        image = pdf.make_stream(lossless(picture, tmp_path / "a.tif", unknown_length=False), Type=Name.XObject, Subtype=Name.Image)
        image.Width, image.Height, image.BitsPerComponent, image.ColorSpace, image.Filter = *picture.size, 1, Name.DeviceGray, Name.JBIG2Decode
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image))
        page.obj.Contents = pdf.make_stream(f"q {picture.width * 0.36} 0 0 {picture.height * 0.36} 0 0 cm /Im0 Do Q".encode())
        pdf.save(tmp_path / "lossless.pdf")
    with pypdfium2.PdfDocument(tmp_path / "lossless.pdf") as document:
        shown = document[0].render(scale=0.25 / 0.36, grayscale=True).to_pil().convert("L")
    smaller = picture.convert("L").resize(shown.size, Image.Resampling.BOX)
    assert np.corrcoef(np.asarray(shown).ravel(), np.asarray(smaller).ravel())[0, 1] > 0.9
    assert flags(tmp_path / "lossless.pdf") == ()


def test_what_follows_a_region_of_unknown_length_is_seen(letter: Image.Image, tmp_path: Path) -> None:
    stream = lossless(letter.convert("1"), tmp_path / "a.tif", unknown_length=True)
    assert _segment_types(stream + segment(2, 6, b"")) >= {48, 38}
    simple = segment(0, 48, bytes(19)) + segment(1, 38, bytes(17) + b"\1" + b"\x26\xa0" + b"\0\0" + bytes([0, 0, 0, 9]), 0xFFFFFFFF) + segment(2, 6, b"")
    assert _segment_types(simple) == {48, 38, 6}


@given(st.binary(max_size=200))
def test_no_stream_whatever_it_is_breaks_the_look(stream: bytes) -> None:
    assert _segment_types(stream) <= set(range(64))


@pytest.mark.slow
@needs_corpus
def test_show_says_that_signs_may_have_been_replaced(tmp_path: Path) -> None:
    settings = make_site(tmp_path / "site", **QUICK)
    shutil.copy(PLAIN, settings.inbox(settings.departments[0]) / "scan.pdf")

    def scanpipe(*arguments: str) -> str:
        command = [sys.executable, "-m", "scanpipe", "--config", str(settings.file), *arguments]
        environment = {**os.environ, "LANGUAGE": "ja", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment).stdout

    scanpipe("drain")
    number = next(path.name for path in settings.layout.vault.glob("*/*") if path.is_dir())
    assert "置き換わっている" in scanpipe("show", number)
