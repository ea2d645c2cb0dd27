"""What stays known of a record that was disposed of: enough to tell what it was, and nothing of what stood on its pages."""

from collections.abc import Mapping
from typing import Any

from scanpipe.core.model import UNCLASSIFIED, Description
from scanpipe.core.review import BATCH
from scanpipe.core.serial import as_json, from_json

_STAYS = (
    "category", "category_name", "title", "kind", "document_number", "date", "completed", "fiscal_year", "retention",
    "pages", "blank_pages", "sides", "sheets", "a4_sheets", "sizes", "restricted",
)  # fmt: skip


def what_stays(description: Description) -> dict[str, Any]:
    """JSON of what a tombstone tells: no names of persons, no amounts, nothing quoted. The title is withheld where the record was restricted."""
    facts = as_json(description)
    withheld = description.restricted or any(one.name == "my_number" for one in description.fields)
    return {name: facts[name] for name in _STAYS} | {"title": None if withheld else description.title, "is_batch": description.is_batch}


def as_description(accession_id: str, stays: Mapping[str, Any]) -> Description:
    """The reduced fact of table `description`: what the tombstone tells and nothing more. Tombstones of an earlier version tell no sizes of paper."""
    facts = {name: stays[name] for name in _STAYS if name in stays}
    flags = [BATCH] if stays["is_batch"] else []
    known = facts["category"] != UNCLASSIFIED
    nothing: dict[str, Any] = {"suggestions": [], "amount": None, "sender": None, "addressee": None, "evidence": [], "schedule": "", "name": ""}
    return from_json(Description, nothing | facts | {"accession_id": accession_id, "confidence": 1.0 if known else 0.0, "flags": flags})
