"""A form with files, read piece by piece: onto the disk as it comes, never into memory, and refused at the first piece that should not be there."""

import hmac
from email.message import Message
from pathlib import Path
from typing import BinaryIO, Final, cast

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError, MultipartParseError
from python_multipart.multipart import Field, File, FormParser

from scanpipe.errors import ScanpipeError, UsageError
from scanpipe.i18n import N_
from scanpipe.storage import place

_MOST_FILES: Final = 200
_FIELDS_BYTES: Final = 1 << 20  # what the rest of the form may take
UNBOUNDED: Final = 1 << 62  # bytes, for the routes of forms with files: it is here that these are counted


class TooLarge(ScanpipeError):
    template = N_("This is more than can be sent at once ({most}). Put it into the drop folder of the section, or send it in parts.")


class TooMany(UsageError):
    template = N_("These are more than {most} files. Send them in several goes.")


class NotAForm(UsageError):
    template = N_("The files did not arrive whole. Send them again.")


class Sent:
    """One form while it comes in. fields: by name. files: (name as sent, the open file), which lie in `folder` without a name and vanish when they are closed."""

    def __init__(self, content_type: str, folder: Path, most_bytes: int) -> None:
        """Raises NotAForm, PlaceError."""
        self.fields: dict[str, str] = {}
        self.files: list[tuple[str, BinaryIO]] = []
        self._open: list[File] = []
        self._left = most_bytes + _FIELDS_BYTES
        self._most = most_bytes
        said = Message()
        said["content-type"] = content_type
        boundary = said.get_param("boundary")
        if said.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
            raise NotAForm
        with place(folder):
            folder.mkdir(exist_ok=True)  # its parents are the store's, and never made where that is not mounted
        settings = {"UPLOAD_DIR": str(folder), "MAX_MEMORY_FILE_SIZE": 0, "MAX_FIELD_SIZE": _FIELDS_BYTES}
        self._parser = FormParser("multipart/form-data", self._field, self._file, boundary=boundary, config=settings)
        self._folder = folder

    def take(self, piece: bytes) -> None:
        """Raises TooLarge, TooMany, NotAForm, PlaceError."""
        self._left -= len(piece)
        if self._left < 0:
            raise TooLarge(most=_size(self._most))
        with place(self._folder):
            try:
                self._parser.write(piece)
            except (FormParserError, MultipartParseError) as error:
                raise NotAForm from error

    def end(self) -> None:
        """All has come. Raises NotAForm where something is missing."""
        try:
            self._parser.finalize()
        except (FormParserError, MultipartParseError) as error:
            raise NotAForm from error

    def close(self) -> None:
        for file in self._open:
            file.close()

    def _field(self, field: Field) -> None:
        self.fields[(field.field_name or b"").decode("utf-8", "replace")] = (field.value or b"").decode("utf-8", "replace")

    def _file(self, file: File) -> None:
        self._open.append(file)
        if len(self._open) > _MOST_FILES:
            raise TooMany(most=_MOST_FILES)
        name = (file.file_name or b"").decode("utf-8", "replace")
        if not name and not file.size:
            return  # nothing was chosen
        if file.in_memory:
            file.flush_to_disk()
        self.files.append((name, cast(BinaryIO, file.file_object)))


async def received(request: Request, folder: Path, most_bytes: int, csrf: str | None) -> Sent:
    """The whole form; the caller closes it. csrf: that the form must carry, before its files. Raises what Sent raises, and PermissionError for a form that is not ours."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most_bytes + _FIELDS_BYTES:
        raise TooLarge(most=_size(most_bytes))
    sent = Sent(request.headers.get("content-type", ""), folder, most_bytes)
    try:
        async for piece in request.stream():
            if piece:
                await run_in_threadpool(sent.take, piece)
        await run_in_threadpool(sent.end)
        if csrf is not None and not hmac.compare_digest(sent.fields.get("csrf", "").encode(), csrf.encode()):
            raise PermissionError
    except BaseException:
        sent.close()
        raise
    return sent


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB" if count >= 1 << 30 else f"{count / (1 << 20):.0f} MiB"
