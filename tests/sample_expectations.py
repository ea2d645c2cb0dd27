"""What the sample scans must become, and whether they did: read from sample_scans/MANIFEST.toml, used by `make demo` and by the tests."""

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search import SearchReader
from scanpipe.config import Settings
from scanpipe.core.model import UNCLASSIFIED

SAMPLES = Path(__file__).resolve().parent.parent / "sample_scans"
FIELDS = (
    "category",
    "title",
    "kind",
    "document_number",
    "date",
    "pages",
    "blank_pages",
    "sheets",
    "a4_sheets",
)  # one that the manifest leaves out is unknown: null


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One table of the manifest.

    deliver: "in-place" or "rename". outcome: "filed", "original-only", "rejected" or "duplicate". facts: FIELDS, dates as YYYY-MM-DD; empty if not filed.
    words: each must find the record. later: fields (or "words") that only later work can meet. duplicate_of: name of the original, "" if none.
    """

    file: str
    department: str
    deliver: str
    outcome: str
    facts: Mapping[str, object]
    words: tuple[str, ...]
    later: frozenset[str]
    duplicate_of: str

    @property
    def path(self) -> Path:
        return SAMPLES / self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A fact that is not as the manifest says. later: it is known that only later work can meet it."""

    file: str
    field: str
    expected: object
    found: object
    later: bool

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: expected {self.expected!r}, found {self.found!r}"


def samples() -> list[Sample]:
    """All of the manifest, in its order."""
    return [_sample(table) for table in tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["scan"]]


def _sample(table: Mapping[str, Any]) -> Sample:
    filed = table["outcome"] == "filed"
    facts = {name: str(table[name]) if name == "date" and name in table else table.get(name) for name in FIELDS} if filed else {}
    texts = {name: table[name] for name in ("file", "department", "deliver", "outcome")}
    return Sample(
        **texts, facts=facts, words=tuple(table["words"]), later=frozenset(table["later"]), duplicate_of=table.get("duplicate_of", "")
    )  # fmt: skip


def differences(settings: Settings) -> list[Difference]:
    """All that differs between the site and the manifest, later ones included. The site must have taken each sample once, under its own name."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    search = SearchReader(settings.layout.search_db, reader.text_of)
    try:
        found = {(row["department"], unicodedata.normalize("NFC", row["name"])): row for row in reader.outcomes()}
        known = {sample.file: sample for sample in samples()}
        return [difference for sample in known.values() for difference in _differences(sample, found, reader, search)]
    finally:
        search.close()
        reader.close()


def _differences(sample: Sample, found: Mapping[tuple[str, str], Mapping[str, Any]], reader: CatalogueReader, search: SearchReader) -> Iterator[Difference]:
    row = found.get((sample.department, unicodedata.normalize("NFC", sample.file)))
    outcome = _outcome(row, reader)
    if outcome != sample.outcome:
        yield _difference(sample, "outcome", sample.outcome, outcome)
    elif sample.outcome == "duplicate":
        original = found[(sample.department, sample.duplicate_of)]
        if row is not None and row["duplicate_of"] != original["id"]:
            yield _difference(sample, "duplicate_of", original["id"], row["duplicate_of"])
    elif sample.outcome == "filed" and row is not None:
        yield from _wrong_facts(sample, reader.record(row["number"]))
        yield from _wrong_words(sample, row["number"], search)


def _outcome(row: Mapping[str, Any] | None, reader: CatalogueReader) -> str:
    """In the manifest's words; what is neither of them as the catalogue calls it."""
    if row is None:
        return "missing"
    if row["outcome"] != "accession":
        return str(row["outcome"])
    if row["state"] != "accounted":
        return f"still {row['state']}"
    record = reader.record(row["number"])
    return "original-only" if record["engine"] == "none" and record["needs_review"] else "filed"


def _wrong_facts(sample: Sample, record: Mapping[str, Any]) -> Iterator[Difference]:
    for name, expected in sample.facts.items():
        found = _category(record) if name == "category" else record[name]
        if closed_up(found) != closed_up(expected):
            yield _difference(sample, name, expected, found)


def _category(record: Mapping[str, Any]) -> object:
    """What it was filed under; where a person decides, what is suggested first: only a wrong one that nobody looks at is a fault."""
    suggested = record["suggestions"][0]["category"] if record["suggestions"] else record["category"]
    return suggested if record["category"] == UNCLASSIFIED and record["needs_review"] else record["category"]


def _wrong_words(sample: Sample, number: str, search: SearchReader) -> Iterator[Difference]:
    """Not by the order of hits: the record is among those that its word finds in its section."""
    for word in sample.words:
        hits = search.search(f'"{word}"', department=sample.department, limit=1000).hits
        if number not in {hit.number for hit in hits}:
            yield _difference(sample, "words", word, None)


def _difference(sample: Sample, field: str, expected: object, found: object) -> Difference:
    return Difference(file=sample.file, field=field, expected=expected, found=found, later=field in sample.later)


def closed_up(value: object) -> object:
    """Text after NFKC without blanks, as the manifest is to be compared; anything else as it is."""
    return "".join(unicodedata.normalize("NFKC", value).split()) if isinstance(value, str) else value
