"""The invisible text over a page image: what makes a scan selectable, searchable and extractable.

One glyphless font for the whole file: every sign has a code of its own, a ToUnicode entry, and a box one em wide (half for
half-width signs) as its outline. A line is one string, scaled to its box, so that no reader finds a gap to put a blank in. Vertical lines run down their
column, turned by -90 degrees. Read back whole by pdfplumber, pdfium and poppler; a CJK font instead is not read by pdfplumber (ocr.md).
"""

import io
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

import pikepdf
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
from fontTools.ttLib.tables._g_l_y_f import Glyph  # type: ignore[import-untyped]
from pikepdf import Array, Dictionary, Name

from scanpipe.core.model import Line, Page

FONT = Name("/ScanpipeText")
_EM, _HALF = 1000, 500
_DESCENT = 0.12  # of the line's height lies below the base line
_RANGES = 100  # entries that one bfchar block may hold (PDF 32000-1, 9.10.3)

# Upright page -> the page as it is stored, by the clockwise angle that turns the stored page upright; W, H: of the stored page.
_TURNS = {0: (1, 0, 0, 1, "0", "0"), 90: (0, 1, -1, 0, "W", "0"), 180: (-1, 0, 0, -1, "W", "H"), 270: (0, -1, 1, 0, "0", "H")}


class InvisibleFont:
    """The font of one PDF, holding the signs of all its pages."""

    def __init__(self, pdf: pikepdf.Pdf, pages: Iterable[Page]) -> None:
        signs = sorted({sign for page in pages for line in page.lines for sign in line.text}, key=lambda sign: (_width(sign), sign))
        self._codes = {sign: code for code, sign in enumerate(signs, start=1)}
        self.reference = pdf.make_indirect(self._font(pdf, signs)) if signs else None

    def encoded(self, text: str) -> str:
        """Hexadecimal digits of a PDF string."""
        return "".join(f"{self._codes[sign]:04X}" for sign in text)

    def _font(self, pdf: pikepdf.Pdf, signs: Sequence[str]) -> Dictionary:
        halves = sum(_width(sign) == _HALF for sign in signs)
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=FONT,
            Flags=4,
            FontBBox=Array([0, -120, 1000, 880]),
            ItalicAngle=0,
            Ascent=880,
            Descent=-120,
            CapHeight=880,
            StemV=80,
            FontFile2=pdf.make_stream(_glyphless(), Length1=len(_glyphless())),
        )
        glyphs = b"\0\0" + b"".join((1 if _width(sign) == _HALF else 2).to_bytes(2, "big") for sign in signs)
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=FONT,
            CIDSystemInfo=Dictionary(Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0),
            FontDescriptor=pdf.make_indirect(descriptor),
            DW=_EM,
            W=Array([1, halves, _HALF]) if halves else Array([]),
            CIDToGIDMap=pdf.make_stream(glyphs),
        )
        return Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=FONT,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=pdf.make_stream(_to_unicode(signs)),
        )


def text_content(page: Page, font: InvisibleFont, box: tuple[float, float, float, float], turn: int) -> bytes:
    """The content stream that lays the page's lines over the stored page. box: the stored page's visible box in points; turn: clockwise
    degrees (0, 90, 180, 270) by which a viewer turns the stored page to show it upright."""
    if not any(line.text for line in page.lines):
        return b""
    left, bottom, right, top = box
    width, height = right - left, top - bottom
    sides: dict[str, float] = {"0": 0.0, "W": width, "H": height}
    a, b, c, d, e, f = _TURNS[turn]
    upright = (width, height) if turn % 180 == 0 else (height, width)
    scale = upright[0] / page.width, upright[1] / page.height
    shown = [_show(line, font, upright[1], scale) for line in page.lines if line.text]
    matrix = f"{a} {b} {c} {d} {left + sides[e]:.3f} {bottom + sides[f]:.3f} cm"
    return "\n".join(["q", matrix, "BT", "3 Tr", *shown, "ET", "Q"]).encode("ascii")


def _show(line: Line, font: InvisibleFont, height: float, scale: tuple[float, float]) -> str:
    left, right = line.box[0] * scale[0], line.box[2] * scale[0]
    top, bottom = height - line.box[1] * scale[1], height - line.box[3] * scale[1]
    if line.direction == "v":
        length, size = top - bottom, max(1.0, right - left)
        matrix = f"0 -1 1 0 {left + _DESCENT * size:.2f} {top:.2f} Tm"
    else:
        length, size = right - left, max(1.0, top - bottom)
        matrix = f"1 0 0 1 {left:.2f} {bottom + _DESCENT * size:.2f} Tm"
    natural = sum(_width(sign) for sign in line.text) / _EM * size
    return f"{FONT} {size:.2f} Tf {max(1.0, 100 * length / natural):.2f} Tz {matrix} <{font.encoded(line.text)}> Tj"


def _width(sign: str) -> int:
    return _EM if unicodedata.east_asian_width(sign) in "WFA" else _HALF


def _to_unicode(signs: Sequence[str]) -> bytes:
    lines = [f"<{code:04X}> <{sign.encode('utf-16-be').hex().upper()}>" for code, sign in enumerate(signs, start=1)]
    blocks = [lines[at : at + _RANGES] for at in range(0, len(lines), _RANGES)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{body}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")


def _box(width: int) -> Glyph:
    """pdfium leaves out turned and single signs that have no extent, hence a box instead of nothing; it is never painted."""
    pen = TTGlyphPen(None)
    for step, corner in zip(("moveTo", "lineTo", "lineTo", "lineTo"), ((0, -120), (0, 880), (width, 880), (width, -120)), strict=True):
        getattr(pen, step)(corner)
    pen.closePath()
    return pen.glyph()


@cache
def _glyphless() -> bytes:
    """A TrueType font of three boxes: .notdef, half width, full width."""
    builder = FontBuilder(_EM, isTTF=True)
    names = [".notdef", "half", "full"]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({0x20: "half", 0x3000: "full"})
    builder.setupGlyf({".notdef": _box(_EM), "half": _box(_HALF), "full": _box(_EM)})
    builder.setupHorizontalMetrics({".notdef": (_EM, 0), "half": (_HALF, 0), "full": (_EM, 0)})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": "ScanpipeText", "styleName": "Regular", "psName": "ScanpipeText"})
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120)
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = 2_082_844_800  # 1970-01-01: the same bytes every time
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()
