"""Scans -> a new PDF made of nothing but their images and the text read from them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import img2pdf  # type: ignore[import-untyped]
import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import ExifTags, Image

from scanpipe.core.model import Page
from scanpipe.core.scans.structure import JPEG, TIFF
from scanpipe.recognition.facts import Heading
from scanpipe.recognition.finishing import save
from scanpipe.recognition.paper import resolution
from scanpipe.recognition.rendering import FORMATS, declared_dpi, to_grey
from scanpipe.recognition.scanimage import ScanImage, scan_image
from scanpipe.recognition.textlayer import FONT, InvisibleFont, text_content

_IMAGE_KEYS = ("Type", "Subtype", "Width", "Height", "ColorSpace", "BitsPerComponent", "Filter", "DecodeParms", "Decode", "Intent")
# EXIF orientation -> is the picture mirrored left to right, and how many degrees is it turned clockwise after that, to stand upright.
_TO_UPRIGHT = {1: (False, 0), 2: (True, 0), 3: (False, 180), 4: (True, 180), 5: (True, 270), 6: (False, 90), 7: (True, 90), 8: (False, 270)}


@dataclass(frozen=True, slots=True)
class Frame:
    """How an image lies on its page. width, height: of the paper as the image is stored, points. mirrored: left to right, before it is turned.
    turn: clockwise degrees to the upright."""

    width: float
    height: float
    mirrored: bool
    turn: int

    @property
    def size(self) -> tuple[float, float]:
        return self.width, self.height

    @property
    def matrix(self) -> tuple[float, float, float, float, float, float]:
        """Of the image on its page, PDF 32000-1 8.9.5."""
        return (-self.width, 0, 0, self.height, self.width, 0) if self.mirrored else (self.width, 0, 0, self.height, 0, 0)


def scans_of(pdf: pikepdf.Pdf, pages: Sequence[Page]) -> list[ScanImage] | None:
    """The image of each page; None if any page is not exactly one image, or has text of its own."""
    if any(page.source == "digital" for page in pages):
        return None
    found = []
    for page in pdf.pages:
        scan = scan_image(page)
        if scan is None:
            return None
        found.append(scan)
    return found


def from_scans(original: pikepdf.Pdf, scans: Sequence[ScanImage], pages: Sequence[Page], out: Path, heading: Heading) -> bool:
    """See finishing.save. The image streams are copied as they are."""
    with pikepdf.new() as pdf:
        font = InvisibleFont(pdf, pages)
        for stored, scan, page in zip(original.pages, scans, pages, strict=True):
            image = _copied(pdf, stored.resources.XObject[scan.name])
            left, bottom, right, top = (float(side) for side in stored.cropbox)
            box = 0.0, 0.0, right - left, top - bottom
            a, b, c, d, e, f = scan.matrix
            _add_page(pdf, image, (a, b, c, d, e - left, f - bottom), box, page, font, scan.rotate)
        return save(pdf, out, heading)


def _copied(pdf: pikepdf.Pdf, image: pikepdf.Object) -> pikepdf.Object:
    """The image without anything that is not needed to show it: no metadata, alternates, layers or actions."""
    copy = pdf.copy_foreign(image)
    for key in list(copy.keys()):
        if key[1:] not in (*_IMAGE_KEYS, "Length", "ImageMask"):
            del copy[key]
    return copy


def _add_page(
    pdf: pikepdf.Pdf,
    image: pikepdf.Object,
    matrix: tuple[float, ...],
    box: tuple[float, float, float, float],
    page: Page,
    font: InvisibleFont,
    rotate: int,
) -> None:
    turn = (rotate + page.rotation) % 360
    drawn = "q " + " ".join(f"{value:.4f}" for value in matrix) + " cm /Im0 Do Q\n"
    resources = Dictionary(XObject=Dictionary(Im0=image))
    if font.reference is not None:
        resources.Font = Dictionary({str(FONT): font.reference})
    content = pdf.make_stream(drawn.encode("ascii") + text_content(page, font, box, turn))
    new = Dictionary(Type=Name.Page, MediaBox=Array([round(side, 4) for side in box]), Resources=resources, Contents=content)
    if turn:
        new.Rotate = turn
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(new)))


def from_image(original: Path, media_type: str, pages: Sequence[Page], out: Path, heading: Heading) -> bool:
    """See finishing.save. A JPEG passes byte for byte, G4 and PNG as img2pdf finds them, other TIFF losslessly as Flate."""
    with Image.open(original, formats=FORMATS) as image:
        frames = [frame(image, index) for index in range(len(pages))]
        plain = embeddable(image, original, media_type, len(pages))
    sizes = iter([one.size for one in frames])
    packed = img2pdf.convert(
        plain,
        engine=img2pdf.Engine.pikepdf,
        rotation=img2pdf.Rotation.none,
        first_frame_only=media_type != TIFF,
        nodate=True,
        layout_fun=lambda *_: (*_twice(next(sizes)),),
    )
    with pikepdf.open(io.BytesIO(packed)) as pdf:
        font = InvisibleFont(pdf, pages)
        images = [_image_of(page) for page in pdf.pages]
        del pdf.pages[:]
        for image_object, placed, page in zip(images, frames, pages, strict=True):
            _add_page(pdf, image_object, placed.matrix, (0.0, 0.0, *placed.size), page, font, placed.turn)
        for key in [key for key in pdf.Root if key not in ("/Type", "/Pages")]:
            del pdf.Root[Name(str(key))]
        return save(pdf, out, heading)


def _twice(size: tuple[float, float]) -> tuple[float, float, float, float]:
    return *size, *size


def _image_of(page: pikepdf.Page) -> pikepdf.Object:
    (image,) = page.resources.XObject.values()
    return image


def frame(image: Image.Image, index: int) -> Frame:
    """How a frame lies on its page. An orientation that EXIF does not know counts as none."""
    image.seek(index)
    dpi, orientation = declared_dpi(image), _orientation(image)
    if image.format == "TIFF":  # Pillow turns these itself, and its size is the upright one
        across, down = resolution(*image.size, dpi if dpi is None or orientation < 5 else dpi[::-1])
        return Frame(image.width / across * 72, image.height / down * 72, False, 0)
    across, down = resolution(*image.size, dpi)
    return Frame(image.width / across * 72, image.height / down * 72, *_TO_UPRIGHT[orientation])


def _orientation(image: Image.Image) -> int:
    """Of the frame that was sought, 1-8; 1 where it says nothing or nonsense."""
    said = image.getexif().get(ExifTags.Base.Orientation, 1)
    return int(said) if said in _TO_UPRIGHT else 1


def embeddable(image: Image.Image, original: Path, media_type: str, frames: int) -> bytes | list[bytes]:
    """What img2pdf takes as it is, else each frame as a PNG without transparency: lossless either way."""
    image.seek(0)
    if media_type == JPEG:
        return original.read_bytes()
    plain = "transparency" not in image.info
    for index in range(frames):
        image.seek(index)
        turned = image.format == "TIFF" and _orientation(image) != 1  # see frame(): the pixels must be the upright ones
        plain = plain and not turned and image.mode in ("1", "L", "RGB", "P")
    if plain:
        return original.read_bytes()
    return [_as_png(image, index) for index in range(frames)]


def _as_png(image: Image.Image, index: int) -> bytes:
    image.seek(index)
    frame: Image.Image = image
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        colour = image.convert("RGBA")
        frame = Image.alpha_composite(Image.new("RGBA", colour.size, "white"), colour).convert("RGB")
    elif image.mode not in ("1", "L", "RGB", "P"):
        frame = Image.fromarray(to_grey(image)) if image.mode.startswith(("I", "F", "LAB")) else image.convert("RGB")
    out = io.BytesIO()
    frame.save(out, "PNG", compress_level=6)
    return out.getvalue()
