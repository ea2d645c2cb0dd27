"""What a scanner's companion file says of a scan (PaperCut and HP XML, index CSV, JSON): metadata only, never a path (design §5, domain §4.1)."""

import csv
import json
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from scanpipe.core.disposing.papers import declared_box

EXTENSIONS = (".xml", ".csv", ".json")
MOST_BYTES = 64 * 1024
_MOST_FACTS, _LONGEST_NAME, _LONGEST_VALUE = 40, 40, 200

# Names that devices and offices give to what scanpipe uses; all others are kept as `sidecar.<name>` and only shown.
_KNOWN = {
    **dict.fromkeys(("title", "subject", "documenttitle", "件名", "標題", "題名", "文書名"), "title"),
    **dict.fromkeys(("sheets", "sheetcount", "枚数", "原稿枚数"), "sheets"),
    **dict.fromkeys(("category", "categorycode", "分類", "分類コード", "分類記号"), "category"),
    **dict.fromkeys(("box", "boxnumber", "boxno", "箱", "箱番号", "保存箱", "保存箱番号"), "box"),
}


DEVICES = tuple(  # facts by which companion files name the device that scanned, the likeliest first
    f"sidecar.{name}"
    for name in (
        "device", "devicename", "機器", "機器名", "スキャナー", "スキャナ", "複合機", "複合機名", "scanner", "scannername", "mfp", "printername", "machinename", "hostname",
        "serialnumber", "devicemodel", "model",
    )
)  # fmt: skip


def names_for(document: str) -> Iterator[str]:
    """The names that a sidecar of this file may have: `x.xml` or `x.pdf.xml` beside `x.pdf`."""
    for base in (PurePath(document).stem, document):
        for extension in EXTENSIONS:
            yield base + extension
            yield base + extension.upper()


def declared(name: str, data: bytes) -> dict[str, str]:
    """What the sidecar says: title, sheets, category, box, and the rest as `sidecar.<name>`; empty if it cannot be read. Work and result are bounded."""
    if len(data) > MOST_BYTES:
        return {}
    try:
        found = _READERS[PurePath(name).suffix.lower()](data)
        facts = {_key(key): _value(value) for key, value in list(found)[:_MOST_FACTS]}
    except (ValueError, KeyError, ParseError, DefusedXmlException, csv.Error, RecursionError):
        return {}
    box = declared_box(facts.pop("box", ""))
    return {key: value for key, value in facts.items() if value and key != "sidecar."} | ({"box": box} if box else {})


def _key(name: str) -> str:
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", name).casefold() if sign.isalnum())[:_LONGEST_NAME]
    return _KNOWN.get(plain, f"sidecar.{plain}")


def _value(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_LONGEST_VALUE]


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp932")  # what Windows programs of offices write


def _json(data: bytes) -> Iterator[tuple[str, str]]:
    found = json.loads(_text(data))
    for key, value in found.items() if isinstance(found, Mapping) else ():
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            yield key, str(value)


def _csv(data: bytes) -> Iterator[tuple[str, str]]:
    """A heading and a line of values, or two columns of names and values."""
    rows = [row for row in csv.reader(_text(data).splitlines(keepends=True)) if any(row)]
    if len(rows) == 2 and len(rows[0]) > 2:
        yield from zip(rows[0], rows[1], strict=False)
    else:
        yield from ((row[0], row[1]) for row in rows if len(row) >= 2)


def _xml(data: bytes) -> Iterator[tuple[str, str]]:
    for element in fromstring(data, forbid_dtd=True).iter():
        if len(element) == 0 and element.text:
            yield element.tag.rpartition("}")[2], element.text


_READERS = {".json": _json, ".csv": _csv, ".xml": _xml}
