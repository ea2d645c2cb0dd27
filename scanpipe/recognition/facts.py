"""What a lane takes and gives, as plain facts: the daemon knows these without loading any parser."""

import hashlib
from dataclasses import astuple, dataclass
from importlib.metadata import version

_RULES = 1  # raise it when a change of this package makes the same image read differently
_PACKAGES = ("onnxruntime", "opencv-python-headless", "pdfplumber", "pillow", "pypdfium2", "pytesseract", "rapidocr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What is known of a file before its pages are read.

    media_type: by content. pages: > 0. encrypted: it opens without a password, but is locked against changes. signed: it holds a digital
    signature. digital: per page, True where it has real text, which is kept and not recognised again. flags: reasons for a person to look:
    "encrypted", "signed", "pattern-matching" (JBIG2 symbols: the device may have swapped signs).
    """

    media_type: str
    pages: int
    encrypted: bool = False
    signed: bool = False
    digital: tuple[bool, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def born_digital(self) -> bool:
        return any(self.digital)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingSettings:
    """Everything that a page's reading depends on.

    engine: "auto", "ppocr" or "tesseract". vertical: "auto", "yes" (the section writes in columns) or "no". max_pixels: of one page.
    max_pages: of one file. dpi: at which pages are rendered that are not one image. runtime: "onnxruntime", "openvino", "openvino-bf16".
    """

    engine: str = "auto"
    vertical: str = "auto"
    max_pixels: int = 200_000_000
    max_pages: int = 5000
    dpi: int = 300
    runtime: str = "onnxruntime"

    def digest(self) -> str:
        """16 hex digits that change when the same page might read differently: settings, our rules, versions of the libraries."""
        facts = (_RULES, *(version(package) for package in _PACKAGES), *astuple(self))
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessCopy:
    """sha256: of the file written, 64 hex digits. pages: > 0. conformance: "PDF/A-2b", None where it is plain PDF."""

    sha256: str
    pages: int
    conformance: str | None = "PDF/A-2b"
