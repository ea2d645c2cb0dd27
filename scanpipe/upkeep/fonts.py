"""Which Japanese font of this machine sheets are printed with. Reading scans needs none."""

from pathlib import Path

_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_FILES = ("ipaexg.ttf", "BIZUDGothic-Regular.ttf", "BIZUDPGothic-Regular.ttf", "ipag.ttf", "VL-Gothic-Regular.ttf", "ipaexm.ttf", "ipam.ttf")  # best first
PACKAGE = "fonts-ipaexfont-gothic"  # of Debian and Ubuntu


def japanese_font() -> Path | None:
    """A TrueType font with Japanese signs, None if none of the usual ones is installed: install PACKAGE then."""
    found = {path.name: path for folder in _FOLDERS if folder.is_dir() for path in sorted(folder.rglob("*.ttf"))}
    return next((found[name] for name in _FILES if name in found), None)
