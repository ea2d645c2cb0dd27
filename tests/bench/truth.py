"""The pages whose text is known, and how near a reading comes to it.

Pages come from sample_scans/ with truth in tests/sample_truth/<file>.txt, and from SCANPIPE_CORPUS/scans; pages are parted by form feeds, lines by newlines,
cells of a row by tabs. Texts are compared after NFKC, without white space, leaders and seals; dashes and waves folded.
"""

import functools
import os
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("SCANPIPE_CORPUS", ROOT.parent / "shared" / "corpus"))
SAMPLES = ROOT / "sample_scans"

# What stands out on a page: the beginning of a file's name, and ":page" where its pages differ. A page may count in several rows.
KINDS = {
    "plain": (
        "20250612091502", "20250902163010", "20250924151207", "20251202083355", "SKM_C25825080817251", "government-report", "ministry-notice-letter",
        "ministry-notice-correction:1", "SKM_C25825040112345:2", "SKM_C25825040112345:3", "SKM_C25826021013050:2", "20250618160044:2",
    ),
    "small print": ("SKM_C25825041510220", "prefecture-table-00d1db2f", "metropolitan-press-release", "municipal-magazine-mixed-vertical-06d05bf0:1"),
    "table": (
        "SKM_C25825052109301:2", "SKM_C25825052109301:3", "SKM_C25825102815440", "doc20251002093011:2", "doc20251002093011:3", "prefecture-table",
        "prefecture-press-release", "metropolitan-press-release", "municipal-magazine-mixed-vertical-06d05bf0:1",
    ),
    "form": (
        "20250401085912", "20250703094410", "20250710140233", "20250905101520:1", "20251120101233", "ministry-application", "KM4850_0082", "CKMBT",
        "doc20251002093011:1", "SKM_C25825040112345:1", "SKM_C25825052109301:1", "SKM_C25826021013050:1",
    ),
    "seal": (
        "20250618160044:1", "SKM_C25825040112345:1", "SKM_C25825041510220:1", "SKM_C25825041510220:3", "SKM_C25825052109301:1", "img-425123456", "KM4850_0082:1",
        "20250401085912", "20250905101520:1", "20251120101233", "20251202083355", "CKMBT", "SKM_C25826021013050:1", "doc20251002093011:1", "doc20250401123456",
    ),
    "columns": (
        "SKM_C25826021013050:3", "ministry-notice-correction:2", "municipal-magazine-mixed-vertical-06d05bf0:2", "municipal-magazine-mixed-vertical-06d05bf0:3",
        "municipal-magazine-mixed-vertical-1", "municipal-magazine-mixed-vertical-2",
    ),
    "vertical": ("doc20250401123456", "昭和62年", "municipal-magazine-mixed-vertical-1", "municipal-magazine-mixed-vertical-2"),
    "fax": ("FAX", "name0001"),
    "drawing": ("doc20251002093011:4", "20250905101520:2"),
}  # fmt: skip
# Pages whose truth does not stand in reading order, or that have none: those of the corpus where it is the document's text layer as it came (headings behind
# the table, cells of a row apart), and drawings.
WITHOUT_ORDER = (
    "metropolitan-press-release",
    "ministry-application-form-00",
    "ministry-application-form-1ebc",
    "ministry-notice-correction:2",
    "municipal-magazine",
    "prefecture-table-00",
    *KINDS["drawing"],
)
SCRAMBLED = ("municipal-magazine",)  # and in whose truth the parts of a line stand last one first, cut at punctuation, figures and blanks
# Truths at fault: text that lies in the document twice, or under a picture.
FAULTY = ("municipal-magazine-mixed-vertical-12af2aac:1",)

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−ーｰ─－"), "-") | dict.fromkeys(map(ord, "〜∼～"), "~")
_LEADERS = re.compile(r"[.・…]{2,}")  # from a heading to its page number: nothing to read
_WORDS = re.compile(r"[^\W\d_a-zA-Z]{4,}")  # Japanese without punctuation, figures and Latin


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPage:
    """number: from 1. ordered: the truth stands in reading order, so that an edit distance says something. seals: what may be read beside it.
    faulty: the truth is not what is printed; it counts in g4_strict alone."""

    scan: Path
    number: int
    truth: str
    kinds: tuple[str, ...]
    ordered: bool
    seals: frozenset[str]
    faulty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Shares, 0-1. cer: edits over the truth's length, may exceed 1; None where the truth is not in reading order. any_order: the same if order were free.
    g4: of the truth's 4-sign strings within a line or cell, those found; where it is not in order, within what blanks part; where it is scrambled, within
    Japanese words between punctuation, figures and blanks. g4_strict: within lines and cells whatever the truth is worth. recall: of its signs, those found. Lines that hold nothing but a seal are not counted against the reader."""

    cer: float | None
    any_order: float
    g4: float
    g4_strict: float
    recall: float


def known_pages(most: int | None = None) -> list[KnownPage]:
    """All pages of scans with text on them; `most` of them, spread over all kinds of files, if that is given."""
    pages = list(_known_pages())
    if most is None or most >= len(pages):
        return pages
    return [pages[n * len(pages) // most] for n in range(most)]


def _known_pages() -> Iterator[KnownPage]:
    manifest = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["scan"]
    samples = [SAMPLES / entry["file"] for entry in manifest if entry["outcome"] == "filed" and not entry.get("born_digital")]
    for scan in samples:
        yield from _pages_of(scan, ROOT / "tests" / "sample_truth" / f"{scan.name}.txt")
    for truth in sorted((CORPUS / "scans").glob("*.txt")):
        yield from _pages_of(next(path for path in truth.parent.glob(f"{truth.stem}.*") if path != truth), truth)


def _pages_of(scan: Path, truth: Path) -> Iterator[KnownPage]:
    real = ("real",) if scan.parent != SAMPLES else ()
    for number, text in enumerate(truth.read_text("utf-8").split("\f"), start=1):
        if folded(text):
            kinds = tuple(kind for kind, names in KINDS.items() if _named(scan, number, names))
            seals = frozenset(map(folded, _seals().get(f"{scan.name}:{number}", [])))
            yield KnownPage(
                scan=scan,
                number=number,
                truth=text,
                kinds=kinds + real,
                ordered=not _named(scan, number, WITHOUT_ORDER),
                seals=seals,
                faulty=_named(scan, number, FAULTY),
            )


def _named(scan: Path, number: int, names: Sequence[str]) -> bool:
    return any(scan.name.startswith(name) and page in ("", str(number)) for name, _, page in (entry.partition(":") for entry in names))


@functools.cache
def _seals() -> dict[str, list[str]]:
    return tomllib.loads(Path(__file__).with_name("seals.toml").read_text("utf-8"))


def folded(text: str) -> str:
    return _LEADERS.sub("", "".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split()))


def score(page: KnownPage, text: str) -> Score:
    read = "\n".join(line for line in text.splitlines() if not _of_a_seal(page, folded(line)))
    truth, found = Counter(folded(page.truth)), Counter(folded(read))
    common, length = (truth & found).total(), truth.total()
    return Score(
        cer=cer(page.truth, read) if page.ordered else None,
        any_order=(max(length, found.total()) - common) / length,
        g4=g4(parts(page), text),
        g4_strict=g4(cells(page), text),
        recall=common / length,
    )


def _of_a_seal(page: KnownPage, line: str) -> bool:
    """Its words, or its signs in another order: seals are read in rows as well as in columns."""
    return line in page.seals or bool(page.seals and set(line) <= set("".join(page.seals)) and line not in folded(page.truth))


def cer(truth: str, read: str) -> float:
    """Edit distance by signs, over the truth's length."""
    signs = np.frombuffer(folded(truth).encode("utf-32-le"), np.uint32)
    row, place = np.arange(len(signs) + 1), np.arange(len(signs) + 1)
    for sign in np.frombuffer(folded(read).encode("utf-32-le"), np.uint32):
        fresh = np.append(row[0] + 1, np.minimum(row[:-1] + (signs != sign), row[1:] + 1))
        row = np.minimum.accumulate(fresh - place) + place
    return float(row[-1] / max(1, len(signs)))


def cells(page: KnownPage) -> list[str]:
    """Lines, parted at tabs."""
    return [folded(cell) for line in page.truth.splitlines() for cell in line.split("\t")]


def parts(page: KnownPage) -> list[str]:
    """What stays together however the truth is ordered."""
    if page.ordered:
        return cells(page)
    found = map(folded, page.truth.split())
    return [word for part in found for word in _WORDS.findall(part)] if _named(page.scan, page.number, SCRAMBLED) else list(found)


def g4(parts: Sequence[str], read: str) -> float:
    """Share of the 4-sign strings of these folded parts that occur in what was read; 1.0 if there are none."""
    found = folded(read)
    grams = [part[at : at + 4] for part in parts for at in range(len(part) - 3)]
    return sum(gram in found for gram in grams) / len(grams) if grams else 1.0
