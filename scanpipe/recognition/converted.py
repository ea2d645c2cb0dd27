"""PDFs that are more than scans: what acts is taken out, ocrmypdf lays the text already read over the pages, what can be PDF/A becomes PDF/A.

Form fields and notes are drawn into the page as they look, since PDF/A keeps no behaviour. Nothing is rasterised, no image is encoded anew.
"""

import logging
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import ocrmypdf
import pikepdf
from pikepdf import Name
from pikepdf.sanitize import Sanitizer

from scanpipe.core.model import Page
from scanpipe.recognition.errors import AccessCopyDoubt
from scanpipe.recognition.facts import Heading
from scanpipe.recognition.finishing import save
from scanpipe.recognition.ocrmypdf_plugin import handing_over

_PLUGIN = "scanpipe.recognition.ocrmypdf_plugin"
_ACTING_IN_ROOT = (Name.OpenAction, Name.AA, Name.AcroForm, Name.Collection, Name.Threads, Name.URI, Name.Perms, Name.Legal, Name.AF, Name.NeedsRendering)
_ACTING_NAMES = (Name.JavaScript, Name.EmbeddedFiles, Name.AlternatePresentations, Name.Renditions, Name.URLS, Name.IDS)
_KEPT_ANNOTATIONS = (Name.Link, Name.Highlight, Name.Underline, Name.StrikeOut, Name.Squiggly)


def convert(original: Path, pages: Sequence[Page], out: Path, heading: Heading) -> bool:
    """See finishing.save. Raises AccessCopyDoubt where ocrmypdf refuses."""
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".convert-") as folder:
        quiet, layered = Path(folder, "quiet.pdf"), Path(folder, "layered.pdf")
        _quieten(original, pages, quiet)
        _lay_text(quiet, pages, layered)
        with pikepdf.open(layered) as pdf:
            return save(pdf, out, heading)


def _quieten(original: Path, pages: Sequence[Page], quiet: Path) -> None:
    """A copy that only shows: fields and notes flattened, actions and attachments gone, every page turned upright."""
    with pikepdf.open(original) as pdf:
        if Name.AcroForm in pdf.Root:
            pdf.generate_appearance_streams()
            pdf.flatten_annotations("screen")
        Sanitizer().remove_javascript().remove_external_access().remove_attachments().remove_multimedia().remove_collection().remove_private_app_data().apply(
            pdf
        )
        _drop(pdf.Root, _ACTING_IN_ROOT)
        _drop(pdf.Root.get(Name.Names), _ACTING_NAMES)
        for stored, page in zip(pdf.pages, pages, strict=True):
            _quieten_page(stored)
            if page.rotation:
                stored.rotate(page.rotation, relative=True)
        pdf.remove_unreferenced_resources()
        pdf.save(quiet)


def _quieten_page(page: pikepdf.Page) -> None:
    _drop(page.obj, (Name.AA, Name.PieceInfo, Name.Thumb, Name.PresSteps, Name.Trans))
    annotations = page.obj.get(Name.Annots)
    if annotations is None:
        return
    kept = [note for note in annotations if isinstance(note, pikepdf.Dictionary) and note.get(Name.Subtype) in _KEPT_ANNOTATIONS]
    for note in kept:
        _drop(note, (Name.AA, Name.A, Name.PA))
    page.obj[Name.Annots] = pikepdf.Array(kept)


def _drop(thing: pikepdf.Object | None, keys: Iterable[Name]) -> None:
    if isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
        for key in keys:
            if key in thing:
                del thing[key]


def _lay_text(quiet: Path, pages: Sequence[Page], layered: Path) -> None:
    logging.getLogger("ocrmypdf").setLevel(logging.ERROR)
    try:
        with handing_over(pages):
            code = ocrmypdf.ocr(quiet, layered, plugins=[_PLUGIN], **_options(pages))
    except ocrmypdf.exceptions.ExitCodeException as error:
        raise AccessCopyDoubt(reason=f"ocrmypdf: {type(error).__name__}: {str(error)[:200]}") from error
    if code != ocrmypdf.ExitCode.ok:
        raise AccessCopyDoubt(reason=f"ocrmypdf: {code!r}")


def _options(pages: Sequence[Page]) -> dict[str, Any]:
    """redo takes a scanner's own invisible text away; pages that keep theirs need it not. PDF/A is declared afterwards, once (finishing.py)."""
    return {
        "mode": "redo" if any(page.source == "ocr" for page in pages) else "skip",
        "output_type": "pdf",
        "language": ["jpn"],
        "optimize": 0,
        "fast_web_view": 0,
        "jobs": 1,
        "use_threads": True,
        "progress_bar": False,
        "tagged_pdf_mode": "ignore",
        "pdf_renderer": "fpdf2",
    }
