"""Photos of cabinets: handed over in store/web/photos by who sends them, taken from there into store/archive/photos, and told in the journal.

A wish names bytes by their digest, never a path: whoever may ask for something cannot have the daemon read a file of its own choosing.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from hashlib import sha256 as digest_of
from pathlib import Path
from typing import Any, Final

from scanpipe import storage
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Layout, Settings
from scanpipe.core.campaign import cabinets
from scanpipe.core.campaign.cabinets import BadCabinet, Cabinet
from scanpipe.core.campaign.photos import MOST_BYTES, MOST_OF_ONE, TOO_MANY, BadPhoto, Photo, Shows, check_size, media_type_of, shows_now
from scanpipe.core.serial import as_json
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

Answer = Mapping[str, Any]
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME: Final = 120
NOT_THERE: Final = N_("The photo {name} did not arrive. Send it again.")
NO_PHOTOS: Final = N_("Choose at least one photo.")


def hand_over(layout: Layout, raw: bytes, name: str) -> dict[str, str]:
    """Puts the bytes where the daemon takes them, durable; returns what the wish names. Raises BadPhoto, PlaceError."""
    check_size(len(raw), name)
    media_type_of(raw[:12], name)
    sha256 = digest_of(raw).hexdigest()
    folder = _handed(layout)
    with storage.place(folder):
        with suppress(FileExistsError):
            folder.mkdir()  # its parents are the store's, and never made where that is not mounted
            _as_the_place(folder, layout.web)
            folder.chmod(stat.S_IMODE(layout.web.stat().st_mode))
        storage.put(folder / sha256, raw)
        _as_the_place(folder / sha256, folder)
    return {"sha256": sha256, "name": name[-_LONGEST_NAME:]}


def _as_the_place(path: Path, place: Path) -> None:
    """What root puts there belongs to whom the place belongs to: else the daemon could not read it."""
    if os.geteuid() == 0:
        owner = place.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _handed(layout: Layout) -> Path:
    return layout.web / "photos"


def add(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{id, photos: [{sha256, name}], shows: before, after or null = by the cabinet's state, on, reason}. Raises BadPhoto, BadCabinet.

    Bytes before the journal's line, and what was handed over is removed after it: repeat it after a crash at any line. A photo that the cabinet has already
    changes nothing, but for bytes that were lost since.
    """
    cabinet, day = _cabinet(wish, catalogue, settings)
    sent = {one["sha256"]: one["name"] for one in wish.wants["photos"]}
    if not sent:
        raise BadPhoto(NO_PHOTOS)
    known = {sha256 for sha256 in sent if catalogue.has_cabinet_photo(cabinet.id, sha256)}
    with _opened(settings.layout) as folder:
        found = {sha256: raw for sha256, name in sent.items() if (raw := _taken(folder, sha256, name, needed=sha256 not in known)) is not None}
    photos = [_photo(wish, cabinet, day, name=sent[sha256], sha256=sha256, raw=raw) for sha256, raw in found.items()]
    new = [photo for photo in photos if photo.sha256 not in known]
    if new and len(new) + catalogue.cabinet_photos(cabinet.id) > MOST_OF_ONE:
        raise BadPhoto(TOO_MANY, id=cabinet.id, most=MOST_OF_ONE)
    for photo in photos:
        _keep(settings.layout.photos / photo.file, photo.sha256, found[photo.sha256])
    catalogue.cabinet_photographed(new)
    with _opened(settings.layout) as folder:
        for sha256 in found if folder is not None else ():
            with suppress(OSError):
                os.unlink(sha256, dir_fd=folder)
    return {"cabinet": cabinet.id, "photos": [as_json(photo) for photo in new], "new": len(new), "unchanged": len(sent) - len(new)}


def _photo(wish: Wish, cabinet: Cabinet, day: date, *, name: str, sha256: str, raw: bytes) -> Photo:
    shows = Shows(wish.wants["shows"]) if wish.wants.get("shows") else shows_now(cabinet)
    return Photo(
        id=wish.id, cabinet=cabinet.id, sha256=sha256, name=name, media_type=media_type_of(raw[:12], name), bytes=len(raw), shows=shows, by=wish.who, at=wish.at,
        day=day, note=(wish.wants.get("reason") or "").strip(),
    )  # fmt: skip


def _cabinet(wish: Wish, catalogue: Catalogue, settings: Settings) -> tuple[Cabinet, date]:
    id, today = cabinets.label(wish.wants["id"]), wish.at.astimezone(settings.timezone).date()
    cabinet = catalogue.cabinet(id)
    if cabinet is None:
        raise BadCabinet(cabinets.NO_CABINET, id=id)
    if cabinet.voided:
        raise BadCabinet(cabinets.IS_VOID, id=id)
    day = date.fromisoformat(wish.wants["on"]) if wish.wants.get("on") else today
    if day > today:
        raise BadCabinet(cabinets.DAY_TO_COME, day=day.isoformat())
    return cabinet, day


@contextmanager
def _opened(layout: Layout) -> Iterator[int | None]:
    """The folder where photos are handed over, itself and never what a link leads to: the pages' user writes there. None: nobody has handed over any yet."""
    try:
        folder = os.open(_handed(layout), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield folder
    finally:
        os.close(folder)


def _taken(folder: int | None, sha256: str, name: str, *, needed: bool) -> bytes | None:
    """The bytes that were handed over, None where they are gone and not needed. Raises BadPhoto unless they are those of the digest, in a plain file."""
    try:
        if not _DIGEST.fullmatch(sha256):
            raise BadPhoto(NOT_THERE, name=name)
        if folder is None:
            raise FileNotFoundError
        descriptor = os.open(sha256, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        if needed:
            raise BadPhoto(NOT_THERE, name=name) from None
        return None
    with os.fdopen(descriptor, "rb") as file:
        raw = file.read(MOST_BYTES + 1) if storage.is_regular(os.fstat(descriptor)) else b""
    check_size(len(raw), name)
    if digest_of(raw).hexdigest() != sha256:
        raise BadPhoto(NOT_THERE, name=name)
    return raw


def _keep(path: Path, sha256: str, raw: bytes) -> None:
    with storage.place(path):
        if not path.is_file() or storage.digest(path) != sha256:
            storage.make_folder(path.parent)
            storage.put(path, raw)


def read(path: Path) -> bytes:
    """A photo that a person names on the command line. Raises BadPhoto."""
    if not path.is_file():
        raise UsageError(N_("There is no file {path}. Correct the path."), path=path)
    with storage.place(path):
        check_size(path.stat().st_size, path.name)
        return path.read_bytes()
