"""The access copy: PDF/A-2b with a text layer, whose images are the original's own bytes.

Three ways, by what the original is. Scans (every page is one image): rebuilt from the page images alone, so that nothing active can survive.
Other PDFs: ocrmypdf with the text already read. What cannot become PDF/A without a change of content stays plain PDF, stripped of what acts.
Signed and locked PDFs are never altered: they get no copy. Whatever is written is read again before it counts (checks.py).
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pikepdf

from scanpipe.core.model import Page
from scanpipe.core.scans.structure import PDF
from scanpipe.errors import PlaceError
from scanpipe.recognition import checks, converted, rebuilt
from scanpipe.recognition.errors import AccessCopyDoubt
from scanpipe.recognition.facts import AccessCopy, Heading


def assemble(original: Path, media_type: str, pages: Sequence[Page], out: Path, heading: Heading) -> AccessCopy:
    """Write the access copy of `original` to `out` (not fsynced) and check it.

    pages: all of them, in order, as read_page gave them.
    Raises AccessCopyDoubt if the copy cannot be made or does not prove equal; `out` is gone then.
    """
    try:
        conforms = _write(original, media_type, pages, out, heading)
        checks.check(original, media_type, pages, out)
        with out.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (AccessCopyDoubt, PlaceError):
        out.unlink(missing_ok=True)
        raise
    except OSError:
        out.unlink(missing_ok=True)
        raise  # the place's fault, said by the caller who knows the place
    except Exception as error:
        out.unlink(missing_ok=True)
        raise AccessCopyDoubt(reason=f"{type(error).__name__}: {str(error)[:200]}") from error
    return AccessCopy(sha256=digest, pages=len(pages), conformance="PDF/A-2b" if conforms else None)


def _write(original: Path, media_type: str, pages: Sequence[Page], out: Path, heading: Heading) -> bool:
    if media_type != PDF:
        return rebuilt.from_image(original, media_type, pages, out, heading)
    with pikepdf.open(original) as pdf:
        if pdf.is_encrypted:
            raise AccessCopyDoubt(reason="encrypted")
        if checks.is_signed(pdf):
            raise AccessCopyDoubt(reason="signed")
        if len(pdf.pages) != len(pages):
            raise AccessCopyDoubt(reason=f"{len(pdf.pages)} pages, {len(pages)} read")
        scans = rebuilt.scans_of(pdf, pages)
        if scans is not None:
            return rebuilt.from_scans(pdf, scans, pages, out, heading)
    return converted.convert(original, pages, out, heading)
