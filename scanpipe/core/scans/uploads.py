"""What a scan that a browser sends may be called in the drop folder. Its bytes are judged there, like those of any scanner."""

import re
import unicodedata
from pathlib import PurePosixPath

from scanpipe.core.scans.readiness import ignored, is_lock
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

EXTENSIONS = (".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png")
_LONGEST = 180  # bytes, so that a number before the extension still fits
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"*:<>?|]|[\ud800-\udfff]')


class NotAScan(UsageError):
    template = N_("{name} is not sent: only {extensions} can be. Scan the paper as PDF, TIFF, JPEG or PNG.")


def safe_name(sent: str) -> str:
    """The last part of the name that the browser sent, NFC, without what file systems or Windows refuse. Raises NotAScan by its extension."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", sent))[-1]
    plain = _UNSAFE.sub("_", "".join(sign if sign.isprintable() or sign == "　" else "_" for sign in last)).strip(" .　")
    path = PurePosixPath(plain or "_")
    if path.suffix.lower() not in EXTENSIONS:
        raise NotAScan(name=last[:100], extensions=", ".join(EXTENSIONS))
    stem = _cut(path.stem, _LONGEST)
    name = stem + path.suffix
    return f"scan_{name.lstrip('.~$@')}" if ignored(name) or is_lock(name) else name


def _cut(text: str, most: int) -> str:
    """The beginning of it in so many bytes, no sign halved."""
    return text.encode()[:most].decode("utf-8", "ignore")
