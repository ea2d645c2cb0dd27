"""Which Japanese font of this machine sheets are printed with. Reading scans needs none."""

from dataclasses import dataclass
from pathlib import Path

_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_FILES = ("ipaexg.ttf", "BIZUDGothic-Regular.ttf", "BIZUDPGothic-Regular.ttf", "ipag.ttf", "VL-Gothic-Regular.ttf", "ipaexm.ttf", "ipam.ttf")  # best first
PACKAGE = "fonts-ipaexfont-gothic"  # of Debian and Ubuntu


def japanese_font() -> Path | None:
    """A TrueType font with Japanese signs, None if none of the usual ones is installed: install PACKAGE then."""
    found = {path.name: path for folder in _FOLDERS if folder.is_dir() for path in sorted(folder.rglob("*.ttf"))}
    return next((found[name] for name in _FILES if name in found), None)


@dataclass(frozen=True, slots=True)
class Faces:
    """A font as a report needs it. bold: the same file where it has none. family: by which drawing programs find it."""

    regular: Path
    bold: Path
    family: str


_FACES = (  # best for numbers and headings first
    ("BIZUDPGothic-Regular.ttf", "BIZUDPGothic-Bold.ttf", "BIZ UDPGothic"),
    ("BIZUDGothic-Regular.ttf", "BIZUDGothic-Bold.ttf", "BIZ UDGothic"),
    ("ipaexg.ttf", "ipaexg.ttf", "IPAexGothic"),
    ("ipag.ttf", "ipag.ttf", "IPAGothic"),
    ("VL-Gothic-Regular.ttf", "VL-Gothic-Regular.ttf", "VL Gothic"),
)


def japanese_faces() -> Faces | None:
    """The best of the usual Japanese fonts of this machine; None if there is none: install PACKAGE then."""
    found = {path.name: path for folder in _FOLDERS if folder.is_dir() for path in sorted(folder.rglob("*.ttf"))}
    return next((Faces(found[regular], found.get(bold, found[regular]), family) for regular, bold, family in _FACES if regular in found), None)
