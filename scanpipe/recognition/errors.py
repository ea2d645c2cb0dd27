"""What can be wrong with a scan once somebody looks inside."""

from scanpipe.errors import PlaceError, ScanError
from scanpipe.i18n import N_


class Unreadable(ScanError):
    """The file, or one page of it, cannot be decoded. `detail` is the decoder's own word, for the log and the administrator."""

    template = N_("The scan cannot be read ({detail}). Scan the paper again.")


class Unsupported(ScanError):
    """Not a PDF, TIFF, JPEG or PNG."""

    template = N_("This is not a PDF, TIFF, JPEG or PNG file. Set the scanner to one of these and scan again.")


class TooLarge(ScanError):
    """More pages, or a larger page, than the limits allow (design §6, reliability §3): said with TOO_MANY_PAGES or TOO_MANY_PIXELS."""


TOO_MANY_PAGES = N_("The scan has {measured} pages, and at most {limit} are read. Split it.")
TOO_MANY_PIXELS = N_("A page of the scan has {measured} pixels, and at most {limit} are read. Scan at 200-300 dpi.")


class Encrypted(ScanError):
    """The PDF asks for a password or forbids changes. It is filed as its original alone."""

    template = N_("The PDF is protected by a password or a permission lock. The original is kept as it is; to have its text found, scan the paper again.")


class AccessCopyDoubt(ScanError):
    """The access copy could not be made, or does not prove equal to the original. The original is filed alone."""

    template = N_("No access copy was made ({reason}). The original is filed as it is; please check the record.")


class EngineMissing(PlaceError):
    """The OCR engine that the configuration asks for does not start on this machine: said with NO_PPOCR or NO_TESSERACT."""


NO_PPOCR = N_(
    'The OCR engine ppocr does not start on this machine ({detail}). Install the Python packages onnxruntime and rapidocr, or set [ocr] engine = "tesseract".'
)
NO_TESSERACT = N_(
    "The OCR engine tesseract does not start on this machine ({detail}). "
    'Install the packages tesseract-ocr, tesseract-ocr-jpn and tesseract-ocr-jpn-vert, or set [ocr] engine = "ppocr".'
)
