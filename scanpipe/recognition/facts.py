"""What a lane takes and gives, as plain facts: the daemon knows these without loading any parser."""

import hashlib
from dataclasses import astuple, dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from scanpipe.core.model import PageCode

_RULES = 4  # raise it when a change of this package makes the same image read differently
_PACKAGES = ("onnxruntime", "opencv-python-headless", "openvino", "pdfplumber", "pillow", "pypdfium2", "pytesseract", "rapidocr", "zxing-cpp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What is known of a file before its pages are read.

    media_type: by content. pages: > 0. encrypted: it opens without a password, but is locked against changes. signed: it holds a digital
    signature. digital: per page, True where it has real text, which is kept and not recognised again. flags: reasons for a person to look:
    "encrypted", "signed", "pattern-matching" (JBIG2 symbols: the device may have swapped signs). codes: per page, what makes it a cover or separator sheet;
    empty where no page is one.
    """

    media_type: str
    pages: int
    encrypted: bool = False
    signed: bool = False
    digital: tuple[bool, ...] = ()
    flags: tuple[str, ...] = ()
    codes: tuple[PageCode | None, ...] = ()

    @property
    def born_digital(self) -> bool:
        return any(self.digital)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingSettings:
    """Everything that a page's reading depends on.

    engine: "auto", "ppocr" or "tesseract". vertical: "auto", "yes" (the section writes in columns) or "no". max_pixels: of one page.
    max_pages: of one file. dpi: at which pages are rendered that are not one image. runtime: "onnxruntime", "openvino", "openvino-bf16",
    "openvino-int8", "none" (none works here), or "auto" where pages are read on other machines, each with its own.
    """

    engine: str = "auto"
    vertical: str = "auto"
    max_pixels: int = 200_000_000
    max_pages: int = 5000
    dpi: int = 300
    runtime: str = "onnxruntime"

    def digest(self) -> str:
        """16 hex digits that change when the same page might read differently: settings, our rules, versions of the libraries."""
        facts = (_RULES, *map(_version, _PACKAGES), *astuple(self))
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def versions() -> dict[str, str]:
    """What a page's text depends on beside its settings: this package, its rules and the libraries, "" where one is not installed."""
    return {"scanpipe": _version("scanpipe"), "rules": str(_RULES), **{package: _version(package) for package in _PACKAGES}}


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # an extra, or an engine that this machine does without
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What the access copy says of itself, in fields that PDF/A knows without a schema of our own.

    title: dc:title, what viewers show. number: dc:identifier, the record's. sha256: of the original, dc:source. name: the sender's file name,
    dc:relation. created: when the original was received; aware. category: dc:subject, code and name as they were decided then, None where they were not: a
    later correction is told by the record, the copy's bytes never change.
    """

    title: str
    number: str
    created: datetime
    sha256: str
    name: str
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The PDF made of a joined scan's page files. sha256: of it. pages: > 0. unread: numbers of the empty pages that stand for files nothing can open."""

    sha256: str
    pages: int
    unread: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessCopy:
    """sha256: of the file written, 64 hex digits. pages: > 0. conformance: "PDF/A-2b", None where it is plain PDF."""

    sha256: str
    pages: int
    conformance: str | None = "PDF/A-2b"
