"""Where the certificates of disposal lists lie (certificates.py writes them): all that most who speak of one need, without the library that draws its sheet."""

from pathlib import Path

from scanpipe.config import Layout

SHEET, LIST, FACTS = "certificate.pdf", "list.csv", "certificate.json"


def folder_of(number: str, layout: Layout) -> Path:
    """Where what belongs to a list lies."""
    return layout.archive / "disposals" / number


def interim_name(issue: int) -> str:
    """Of the folder of an interim certificate, beside the certificate to come. issue: from 1."""
    return f"interim-{issue}"
