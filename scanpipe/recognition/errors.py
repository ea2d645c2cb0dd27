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
    """More pages, or a larger page, than the limits allow (design §6, reliability §3)."""

    template = N_("The scan is too large: {what} {measured}, at most {limit} are read. Split it, or scan at 300 dpi.")


class Encrypted(ScanError):
    """The PDF asks for a password or forbids changes. It is filed as its original alone."""

    template = N_("The PDF is protected by a password or a permission lock. The original is kept as it is; to have its text found, scan the paper again.")


class AccessCopyDoubt(ScanError):
    """The access copy could not be made, or does not prove equal to the original. The original is filed alone."""

    template = N_("No access copy was made ({reason}). The original is filed as it is; please check the record.")


class EngineMissing(PlaceError):
    """The OCR engine that the configuration asks for is not installed on this machine."""

    template = N_("The OCR engine {engine} does not start on this machine ({detail}). {remedy}")
