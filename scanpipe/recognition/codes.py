"""Sheets that part a batch: scanpipe's own QR covers and separators, and the patch codes T and 2 of document scanners. The only home of zxing-cpp."""

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from scanpipe.core.model import PageCode
from scanpipe.core.scans.covers import payload, read_payload
from scanpipe.recognition.patchcodes import find_patch

_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


def find_code(grey: NDArray[np.uint8], dpi: float) -> PageCode | None:
    """What makes this page a cover or separator sheet; None for a page of a record. grey: H x W, any way up. dpi: 100-150 is enough.

    A QR code of anybody else is no matter of ours.
    """
    for found in zxingcpp.read_barcodes(np.ascontiguousarray(grey), formats=_QR, try_invert=False, text_mode=zxingcpp.TextMode.Plain):
        code = read_payload(found.text)
        if code is not None:
            return code
    patch = find_patch(grey, dpi)
    return PageCode(kind="separator", source=patch) if patch else None


def modules(code: PageCode) -> NDArray[np.bool_]:
    """The QR code to print for this sheet, without its quiet zone: N x N modules, True = black. A quarter of it may be smudged."""
    return squares(payload(code))


def squares(text: str) -> NDArray[np.bool_]:
    """The same of any text."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    return np.asarray(np.array(made.to_image(scale=1, add_quiet_zones=False)) == 0, np.bool_)
