"""The ALTO file of a record: every line once, in order, valid.

The schema itself is in no package index and may not be copied here: SCANPIPE_ALTO_XSD names a copy of alto-4-4.xsd to check against, too.
"""

import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from scanpipe.core.alto import NAMESPACE, alto
from scanpipe.core.model import Line, Page, Recognition

_IN = {"a": NAMESPACE}
PAGES = (
    Page(
        number=1, width=2480, height=3508, dpi=300, rotation=90, confidence=98.2, text="起案\nPDF A4 判\n縦書き",
        lines=(
            Line(text="起案", box=(200, 100, 400, 160), confidence=99.1),
            Line(text="PDF A4 判", box=(200, 200, 600, 250), confidence=97, block=1),
            Line(text="縦書き", box=(2000, 300, 2060, 900), confidence=None, direction="v", block=1),
        ),
    ),
    Page(number=2, width=2480, height=3508, dpi=300, blank=True),
    Page(number=3, width=1654, height=2339, dpi=200, source="none"),
)  # fmt: skip
RECORD = Recognition(accession_id="01", pages=PAGES, engine="ppocr", settings="00", access_sha256=None)


@pytest.fixture(scope="module")
def schemas() -> list[etree.XMLSchema]:
    files = [Path(__file__).with_name("alto-subset.xsd"), *map(Path, filter(None, [os.environ.get("SCANPIPE_ALTO_XSD")]))]
    return [etree.XMLSchema(etree.parse(file)) for file in files]


def written(record: Recognition = RECORD) -> ET.Element:
    return ET.fromstring(alto(record, number="2025-000001", name="a.pdf"))


def test_it_is_valid(schemas: list[etree.XMLSchema]) -> None:
    for schema in schemas:
        schema.assertValid(etree.fromstring(alto(RECORD, number="2025-000001", name="SKM&<1>.pdf")))


def test_pages_blocks_lines_and_words_keep_their_places() -> None:
    root = written()
    page = root.find(".//a:Page", _IN)
    assert page is not None and (page.get("WIDTH"), page.get("PC"), page.get("LANG")) == ("2480", "0.982", "ja")
    assert [len(block.findall("a:TextLine", _IN)) for block in root.findall(".//a:TextBlock", _IN)] == [1, 2]
    words = [(word.get("CONTENT"), word.get("HPOS"), word.get("WIDTH"), word.get("WC")) for word in root.findall(".//a:String", _IN)]
    assert words == [
        ("起案", "200", "200", "0.991"),
        ("PDF", "200", "133", "0.970"),
        ("A4", "378", "89", "0.970"),
        ("判", "511", "89", "0.970"),
        ("縦書き", "2000", "60", None),
    ]
    assert [line.get("BASEDIRECTION") for line in root.findall(".//a:TextLine", _IN)] == [None, None, "ttb"]


def test_turned_blank_and_unread_pages_say_so() -> None:
    root = written()
    assert [step.text for step in root.findall(".//a:processingStepDescription", _IN)] == ["page 1 turned clockwise by 90 degrees"]
    assert [(page.get("PAGECLASS"), page.get("QUALITY_DETAIL")) for page in root.findall(".//a:Page", _IN)] == [
        (None, None),
        ("blank", None),
        (None, "not read"),
    ]


@given(st.text(max_size=30))
def test_whatever_was_read_the_file_can_be_read_back(text: str) -> None:
    page = Page(number=1, width=100, height=100, dpi=300, lines=(Line(text=text, box=(0, 0, 50, 10), confidence=100.0),))
    root = written(Recognition(accession_id="01", pages=(page,), engine="", settings="", access_sha256=None))
    assert len(root.findall(".//a:String", _IN)) == text.count(" ") + 1
