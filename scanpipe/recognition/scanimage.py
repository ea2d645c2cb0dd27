"""Is a PDF page exactly one scanned image? Then its own bytes can be decoded and passed on, and nothing needs rendering."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pikepdf
from pikepdf import Name

_MOST_CONTENT = 4_000_000  # bytes of page description; a scanner's own text layer has some 100,000
_COVERAGE = 0.9  # of the page; scanners leave hairlines at the edges
_SETTING = {"q", "Q", "cm", "gs", "BMC", "BDC", "EMC", "MP", "DP", "BX", "EX", "w", "J", "j", "M", "d", "ri", "i"}
_COLOUR = {"g", "G", "rg", "RG", "k", "K", "cs", "CS", "sc", "SC", "scn", "SCN"}
_CLIP = {"re", "W", "W*", "n", "m", "l", "h"}
_TEXT = {"BT", "ET", "Tc", "Tw", "Tz", "TL", "Tf", "Ts", "Td", "TD", "Tm", "T*"}
_SHOW = {"Tj", "TJ", "'", '"'}
_INVISIBLE = 3
_PARTLY_SEEN = (Name.SMask, Name.Mask, Name.ImageMask, Name.OC)  # such an image is not all that there is to see


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanImage:
    """The one image of a page.

    width, height: of the image as stored, px. dpi: horizontal and vertical, of the stored image on the page. rotate: the page's own /Rotate,
    clockwise, 0-270. name: of the XObject; matrix: its placement in points. jpeg: the image's bytes where they are a plain grey or RGB JPEG standing upright, else None.
    """

    width: int
    height: int
    dpi: tuple[float, float]
    rotate: int
    jpeg: bytes | None
    name: str
    matrix: tuple[float, float, float, float, float, float]


def scan_image(page: pikepdf.Page) -> ScanImage | None:
    """The image that the page consists of; None if there is anything else to see. Invisible text does not count."""
    drawn = _only_image(page)
    if drawn is None:
        return None
    name, matrix = drawn
    box = [float(side) for side in page.cropbox]
    upright = matrix.b == 0 and matrix.c == 0 and matrix.a > 0 and matrix.d > 0
    if not upright or not _covers(matrix, box):
        return None
    image = page.resources.XObject[name]
    width, height = int(image.Width), int(image.Height)
    if width < 1 or height < 1 or any(key in image for key in _PARTLY_SEEN):
        return None
    fits = abs(matrix.e - box[0]) < 2 and abs(matrix.f - box[1]) < 2 and abs(matrix.a - (box[2] - box[0])) < 2 and abs(matrix.d - (box[3] - box[1])) < 2
    return ScanImage(
        width=width,
        height=height,
        dpi=(width * 72 / matrix.a, height * 72 / matrix.d),
        rotate=int(page.rotation) % 360,
        jpeg=image.read_raw_bytes() if fits and _plain_jpeg(image) else None,
        name=name,
        matrix=(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f),
    )


def _only_image(page: pikepdf.Page) -> tuple[str, pikepdf.Matrix] | None:
    """Name and placement of the only thing that the page shows."""
    if Name.Annots in page and any(_shows(annotation) for annotation in page.Annots):
        return None
    if _content_size(page) > _MOST_CONTENT:
        return None
    found: tuple[str, pikepdf.Matrix] | None = None
    matrix, stack, mode = pikepdf.Matrix(), [], 0
    for instruction in pikepdf.parse_content_stream(page):
        operands: Any = instruction.operands
        command = str(instruction.operator)
        if command == "q":
            stack.append((matrix, mode))
        elif command == "Q":
            matrix, mode = stack.pop() if stack else (pikepdf.Matrix(), 0)
        elif command == "cm":
            matrix = pikepdf.Matrix(*_numbers(operands)) @ matrix
        elif command == "Tr":
            mode = int(operands[0])
        elif command == "Do":
            name = str(operands[0])
            image = page.resources.XObject[name]
            if found is not None or image.get(Name.Subtype) != Name.Image:
                return None
            found = name, matrix
        elif command in _SHOW:
            if mode != _INVISIBLE:
                return None
        elif command not in _SETTING | _COLOUR | _CLIP | _TEXT:
            return None
    return found


def _shows(annotation: Any) -> bool:
    return annotation.get(Name.Subtype) not in (Name.Link, Name.Popup)


def _content_size(page: pikepdf.Page) -> int:
    contents = page.obj.get(Name.Contents)
    streams: Iterable[Any] = contents if isinstance(contents, pikepdf.Array) else [contents]
    return sum(len(stream.read_bytes()) for stream in streams if isinstance(stream, pikepdf.Stream))


def _numbers(operands: Iterable[Any]) -> list[float]:
    return [float(Decimal(value)) for value in operands]


def _covers(matrix: pikepdf.Matrix, box: list[float]) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    across = min(box[2], matrix.e + matrix.a) - max(box[0], matrix.e)
    down = min(box[3], matrix.f + matrix.d) - max(box[1], matrix.f)
    return width > 0 and height > 0 and across > 0 and down > 0 and across * down >= _COVERAGE * width * height


def _plain_jpeg(image: pikepdf.Object) -> bool:
    filters = image.get(Name.Filter)
    if isinstance(filters, pikepdf.Array) and len(filters) == 1:
        filters = filters[0]
    if filters != Name.DCTDecode or Name.Decode in image:
        return False
    space = image.get(Name.ColorSpace)
    if isinstance(space, pikepdf.Array) and len(space) == 2 and space[0] == Name.ICCBased:
        return int(space[1].get(Name.N, 0)) in (1, 3)
    return space in (Name.DeviceGray, Name.DeviceRGB)
