"""Title and dates into the file, PDF/A-2b where the content allows it, written once."""

from pathlib import Path

import pikepdf
from pikepdf import pdfa

from scanpipe.recognition.facts import Heading


def save(pdf: pikepdf.Pdf, out: Path, heading: Heading) -> bool:
    """Write `out`. True: it is PDF/A-2b by the validator's reading of the bytes; False: plain PDF, since the content does not allow it."""
    _describe(pdf, heading)
    try:
        pdfa.save(pdf, out, "2b", deterministic_id=True)
    except pdfa.PdfaError:
        with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
            for key in ("pdfaid:part", "pdfaid:conformance", "pdfaid:amd", "pdfaid:rev"):
                metadata.pop(key, None)
        pdf.save(out, deterministic_id=True)
        return False
    return True


def _describe(pdf: pikepdf.Pdf, heading: Heading) -> None:
    if pikepdf.Name.Info in pdf.trailer:
        del pdf.trailer[pikepdf.Name.Info]
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=True) as metadata:
        metadata["dc:title"] = heading.title or heading.number
        metadata["dc:identifier"] = heading.number
        metadata["dc:source"] = f"urn:sha256:{heading.sha256}"
        if heading.category:
            metadata["dc:subject"] = {heading.category}
        metadata["dc:relation"] = {heading.name}
        metadata["xmp:CreatorTool"] = "scanpipe"
        metadata["xmp:CreateDate"] = heading.created.isoformat(timespec="seconds")
        metadata["xmp:ModifyDate"] = heading.created.isoformat(timespec="seconds")
