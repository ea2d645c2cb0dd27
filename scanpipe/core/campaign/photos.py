"""Photos of cabinets, before they were emptied and after: what a campaign shows people. No figure is made from them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from scanpipe.core.campaign.cabinets import Cabinet
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

JPEG, PNG = "image/jpeg", "image/png"
ENDINGS: Final = {JPEG: ".jpg", PNG: ".png"}
MOST_BYTES: Final = 10 << 20
MOST_OF_ONE: Final = 40  # of a cabinet
_BEGINNINGS: Final = ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))


class BadPhoto(UsageError):
    """A photo that may not be kept; the template says why and what to do."""


NOT_A_PHOTO: Final = N_("{name} is neither JPEG nor PNG. Choose a photo as it came from the camera, or save it as JPEG.")
HEIC: Final = N_(
    "{name} is in Apple's format HEIC, which many programs cannot show. On the iPhone choose Settings, Camera, Formats, Most Compatible; or save it as JPEG."
)
TOO_LARGE: Final = N_("{name} is larger than {most} MB. Send it smaller.")
TOO_MANY: Final = N_("Cabinet {id} would have more than {most} photos. Choose those that show most.")


class Shows(StrEnum):
    """What is to be seen."""

    BEFORE = "before"  # with its paper
    AFTER = "after"  # emptied


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One photo of one cabinet: one event `cabinet_photo`, a row of table `cabinet_photo`, one file.

    id: of the wish. sha256, bytes: of the file as it was sent, which may tell where and with what it was taken (Exif, GPS): pages show it drawn anew, without
    that. name: as the file was called. day: on which it was taken, as people say. note: "" = nothing said.
    """

    id: str
    cabinet: str
    sha256: str
    name: str
    media_type: str
    bytes: int
    shows: Shows
    by: str
    at: datetime
    day: date
    note: str = ""

    @property
    def file(self) -> str:
        """Where it lies, below the folder of photos."""
        return f"{self.cabinet}/{self.sha256}{ENDINGS[self.media_type]}"


def media_type_of(first: bytes, name: str) -> str:
    """By the first 12 bytes; nothing more of it is ever looked at outside a lane. Raises BadPhoto."""
    for beginning, kind in _BEGINNINGS:
        if first.startswith(beginning):
            return kind
    raise BadPhoto(HEIC if first[4:8] == b"ftyp" else NOT_A_PHOTO, name=name)


def check_size(size: int, name: str) -> None:
    """Raises BadPhoto."""
    if size > MOST_BYTES:
        raise BadPhoto(TOO_LARGE, name=name, most=MOST_BYTES >> 20)


def shows_now(cabinet: Cabinet) -> Shows:
    """What a photo of this cabinet shows where nobody says it."""
    return Shows.AFTER if cabinet.emptied else Shows.BEFORE
