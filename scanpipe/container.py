"""The original of a joined scan: its page files as the scanner wrote them, one after the other and uncompressed, in a ZIP container (ISO/IEC 21320-1).

Any system's own tools open it, and each file's sha256 in record.json proves it. `0001.jpg …`: by place and content, never by the sender's names, and
without times, so that the same pages make the same bytes: the same paper sent again is known by one digest, whatever the scanner called its files.
"""

import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from scanpipe import storage
from scanpipe.core.scans.structure import JPEG, PDF, PNG, TIFF

_EXTENSIONS = {PDF: ".pdf", TIFF: ".tif", JPEG: ".jpg", PNG: ".png"}
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READ_ONLY = 0o100440 << 16


def write(target: Path, pages: Iterable[tuple[int, str]]) -> Iterator[str]:
    """Writes the open files (descriptor, media type) into the new container `target`, durable at the end; gives the sha256 of each as it is in."""
    with storage.NewFile(target) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as container:
            for place, (source, media_type) in enumerate(pages, 1):
                entry = zipfile.ZipInfo(f"{place:04}{_EXTENSIONS[media_type]}", _EPOCH)
                entry.external_attr, entry.file_size = _READ_ONLY, os.fstat(source).st_size
                with container.open(entry, "w") as stored:
                    sha256, _size = storage.pour(source, stored)
                yield sha256
        file.sync()


def entries(container: Path) -> Iterator[bytes]:
    """The page files in order. Raises zipfile.BadZipFile if any is not as it was written."""
    with zipfile.ZipFile(container) as stored:
        for name in stored.namelist():
            yield stored.read(name)
