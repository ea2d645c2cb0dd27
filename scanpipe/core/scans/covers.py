"""What scanpipe's own cover and separator sheets say: one line of text in a QR code, guarded by a checksum.

`SCANPIPE1;d=1202;c=TAX;s=12;b=B-0012;t=令和7年度 契約書;k=1a2b3c4d`: section, category, sheets, box, title, each of which may be missing; `SCANPIPE1;sep` only parts.
A value has `%`, `;` and control signs as %XX. k is the CRC-32 of all before it, so that a code that was typed by hand or cut off is none.
"""

import unicodedata
import zlib
from urllib.parse import unquote

from scanpipe.core.disposing.papers import declared_box
from scanpipe.core.model import PageCode

MARK = "SCANPIPE1"
MOST_TITLE = 60  # signs; more would make the modules too small for a faint print
_SEPARATOR = "sep"
_CHECK = ";k="


def payload(code: PageCode) -> str:
    """The text to print for this sheet; `read_payload` gives the sheet back."""
    if code.kind == "separator":
        return f"{MARK};{_SEPARATOR}"
    values = (("d", code.department), ("c", code.category), ("s", code.sheets), ("b", code.box), ("t", code.title))
    body = ";".join([MARK, *(f"{name}={_escaped(str(value))}" for name, value in values if value is not None)])
    return f"{body}{_CHECK}{_checksum(body)}"


def read_payload(text: str) -> PageCode | None:
    """The sheet that carries this text; None if it is not one of scanpipe's, or not whole."""
    if text == f"{MARK};{_SEPARATOR}":
        return PageCode(kind="separator")
    body, _, check = text.rpartition(_CHECK)
    if not body.startswith(MARK) or check != _checksum(body):
        return None
    values = dict(part.partition("=")[::2] for part in body.split(";")[1:])
    sheets = values.get("s", "")
    box = _value(values, "b")
    return PageCode(
        kind="cover",
        department=_value(values, "d"),
        category=_value(values, "c"),
        title=_value(values, "t"),
        sheets=int(sheets) if sheets.isascii() and sheets.isdecimal() and len(sheets) < 6 and int(sheets) > 0 else None,
        box=declared_box(box) if box else None,
    )


def _value(values: dict[str, str], name: str) -> str | None:
    text = unicodedata.normalize("NFC", unquote(values.get(name, ""))).strip()
    return "".join(sign for sign in text if sign.isprintable() or sign == "　")[: 4 * MOST_TITLE] or None


def _escaped(text: str) -> str:
    """Everything that the form itself needs, or that is no printable sign, as %XX of its UTF-8."""
    return "".join(sign if (sign.isprintable() and sign not in "%;") or sign == "　" else "".join(f"%{byte:02X}" for byte in sign.encode()) for sign in text)


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
