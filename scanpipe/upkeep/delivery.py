"""A scan that came by the network instead of a scanner: laid into the drop folder as a whole, under a name of its own."""

import os
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from ulid import ULID

from scanpipe import storage
from scanpipe.config import Settings
from scanpipe.core.readiness import OUR_FOLDERS, ignored, is_lock
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

NO_NAME = N_("{name} is not a name that a scan can have. Give the file a name such as scan.pdf and send it again.")
EMPTY = N_("{name} is empty (0 bytes). Send the scan again.")
_CHUNK: Final = 1 << 20
_LONGEST: Final = 200  # bytes of a name, so that one that was numbered still fits


class TooLarge(UsageError):
    template = N_("{name} is larger than {most} bytes, which is the most that is taken ([intake] max_bytes).")


def deliver(settings: Settings, department: str, name: str, source: IO[bytes]) -> tuple[str, int]:
    """(name in the drop folder, bytes). name: as the sender calls it; only its last part counts, and it is never written over another.

    Durable when it returns, and complete from the first moment that it can be seen. Raises NotFound, UsageError, TooLarge, PlaceError.
    """
    inbox, plain = settings.inbox(department), _plain(name)
    staged = inbox / f".scanpipe-upload-{ULID()}.tmp"
    with storage.place(inbox):
        try:
            size = _copied(source, staged, plain, settings.intake.max_bytes)
            return _published(staged, inbox, plain), size
        finally:
            with suppress(FileNotFoundError):
                staged.unlink()


def _plain(name: str) -> str:
    """The last part of what a browser or program calls the file. Raises UsageError."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/")).rpartition("/")[2].strip()
    plain = "".join(sign for sign in last if sign.isprintable()).lstrip(".")
    stem, extension = os.path.splitext(plain)
    stem = stem.encode("utf-8", "ignore")[: _LONGEST - len(extension.encode("utf-8", "ignore"))].decode("utf-8", "ignore")
    plain = stem + extension
    if not stem or ignored(plain) or is_lock(plain) or plain in OUR_FOLDERS or len(plain.encode()) > _LONGEST:
        raise UsageError(NO_NAME, name=last or name)
    return plain


def _copied(source: IO[bytes], staged: Path, name: str, most: int) -> int:
    size = 0
    with storage.NewFile(staged) as file:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise TooLarge(name=name, most=most)
            file.write(chunk)
        if not size:
            raise UsageError(EMPTY, name=name)
        file.sync()
    return size


def _published(staged: Path, inbox: Path, name: str) -> str:
    """Gives it the first name that is free. The name is taken first, so that nothing is ever overwritten."""
    path, n, free = Path(name), 1, name
    while True:
        try:
            storage.NewFile(inbox / free).close()
            break
        except FileExistsError:
            n += 1
            free = f"{path.stem}.{n}{path.suffix}"
    storage.rename(staged, inbox / free)
    storage.sync_folder(inbox)
    return free
