"""Records that are split or merged after they were filed, or replaced by a rescan: which pages go where, what becomes of the old record, what the new one takes over.

Pages lie in one standing record at a time. A record whose pages are in others only proves what was delivered, as a batch does (Description.is_batch): it is
found under its number alone. What a person did is kept as a correction (core/corrections.py) of each record that was there before; its `changes` name the others.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from scanpipe.core import corrections, review
from scanpipe.core.corrections import BadCorrection, Correction
from scanpipe.core.model import UNCLASSIFIED, Description, Retention
from scanpipe.core.retention import Schedule
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

SPLIT_INTO, MERGED_INTO = "split_into", "merged_into"  # where the pages are now: in several records, in one; numbers parted by commas
REPLACES = "replaces"  # told of the new one, a rescan of the same paper; the old one is withdrawn by a list
RELATIONS = (SPLIT_INTO, MERGED_INTO, REPLACES)
BATCH, PART, MERGED, BY, DECIDED, CLOSED, FRONTS = "batch", "part", "merged", "by", "decided.", "restricted", "fronts"  # keys of Accession.declared
_TAKEN_OVER = ("category", "department", *corrections.TEXTS, *corrections.DAYS)
_NOT_SURE = {"category": (review.CATEGORY_UNCLEAR, review.CATEGORY_GONE), "title": (review.NO_TITLE, review.NO_TEXT)}
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー〜~", "-") | dict.fromkeys("、，;；", ","))
_RANGE = re.compile(r"(\d{1,6})?(-)?(\d{1,6})?")


class BadParting(UsageError):
    """Pages or records that cannot be parted, merged or replaced so; the template says why and what to write."""


NO_RANGE = N_("{value} does not name pages; write them like 1-5 or 1-4,7")
NO_SUCH_PAGE = N_("There is no page {page}; the record has {pages} pages.")
BACKWARDS = N_("{value}: write the pages of a part in their order, each once.")
ONE_PART = N_("Name the pages of two parts at least: --pages 1-5 --pages 6-12")
LEFT_OUT = N_("In no part: page {pages}. Each page belongs to exactly one part.")
TWICE = N_("In more than one part: page {pages}. Each page belongs to exactly one part.")
TOO_MANY_TITLES = N_("There are more titles than parts.")


# --- pages ---


def pages_of(text: str, last: int) -> tuple[int, ...]:
    """Page numbers from "1-5,7", "6-" (to the last) or the same in full width; ascending. last: how many pages there are, > 0. Raises BadParting."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).translate(_DASHES))
    found: list[int] = []
    for piece in plain.split(","):
        found += _range(piece, text, last)
    if any(after <= before for before, after in pairwise(found)):
        raise BadParting(BACKWARDS, value=text)
    return tuple(found)


def _range(piece: str, text: str, last: int) -> range:
    match = _RANGE.fullmatch(piece)
    if match is None or not (match[1] or match[3]):
        raise BadParting(NO_RANGE, value=text)
    first = int(match[1] or 1)
    end = int(match[3] or last) if match[2] else first
    for page in (first, end):
        if not 1 <= page <= last:
            raise BadParting(NO_SUCH_PAGE, page=page, pages=last)
    if end < first:
        raise BadParting(BACKWARDS, value=text)
    return range(first, end + 1)


def ranges(pages: Iterable[int]) -> str:
    """The pages as `pages_of` reads them: "1-5,7"; "" for none. pages: ascending."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ",".join(str(first) if first == end else f"{first}-{end}" for first, end in runs)


def parts_of(texts: Sequence[str], titles: Sequence[str], last: int) -> tuple[tuple[int, ...], ...]:
    """The pages of each part; together they are all pages, each once. titles: of the first parts, "" = as it is read. Raises BadParting."""
    parts = tuple(pages_of(text, last) for text in texts)
    if len(parts) < 2:
        raise BadParting(ONE_PART)
    if len(titles) > len(parts):
        raise BadParting(TOO_MANY_TITLES)
    named = [page for part in parts for page in part]
    missing = sorted(set(range(1, last + 1)) - set(named))
    if missing:
        raise BadParting(LEFT_OUT, pages=ranges(missing))
    twice = sorted({page for page in named if named.count(page) > 1})
    if twice:
        raise BadParting(TWICE, pages=ranges(twice))
    return parts


# --- what is told ---


def standing_relations(known: Sequence[Correction]) -> dict[str, tuple[str, ...]]:
    """Numbers of other records by relation, as the corrections that stand tell it; the newest counts."""
    return relations_in([one.changes for one in corrections.standing(known)])


def relations_in(changes: Iterable[Mapping[str, str | None]]) -> dict[str, tuple[str, ...]]:
    """As `standing_relations`, of the changes of the corrections that stand, the first first."""
    found: dict[str, tuple[str, ...]] = {}
    for one in changes:
        found |= {name: numbers(value) for name, value in one.items() if name in RELATIONS}
    return {name: value for name, value in found.items() if value}


def relation_of(correction: Correction) -> str | None:
    """Which relation this correction tells of; None if it is an ordinary one."""
    return next((name for name in RELATIONS if correction.changes.get(name)), None)


def numbers(text: str | None) -> tuple[str, ...]:
    """Record numbers as a relation and `declared` hold them."""
    return tuple(text.split(",")) if text else ()


# --- what becomes of the old record ---


def proof_only(description: Description) -> Description:
    """The record whose pages are in others now: no paper, no category, no period of its own; the title stays, so that people know what it was."""
    return replace(
        description,
        category=UNCLASSIFIED,
        category_name=None,
        confidence=0.0,
        suggestions=(),
        retention=Retention(period=None, start_rule=None, starts=None, expires=None, disposition=None),
        event=None,
        extended=None,
        pages=0,
        blank_pages=0,
        sides=0,
        sheets=0,
        a4_sheets=0.0,
        sizes={},
        flags=(review.BATCH,),
    )


# --- what the new record takes over ---


def decided(description: Description, department: str, known: Sequence[Correction], declared: Mapping[str, str]) -> dict[str, str | None]:
    """What persons decided about the record, by name, as it is now: corrections that stand, its cover sheet, and what it inherited. Without the section."""
    values = corrections.values_of(description, department)
    stand = corrections.standing(known)
    names = {name for one in stand for name in (one.changes or values)}  # a confirmation without changes speaks of all
    names |= {name.removeprefix(DECIDED) for name in declared if name.startswith(DECIDED)}
    names |= {name for name in ("category", "title") if declared.get(name) and declared[name] == values[name]}
    return {name: values[name] for name in corrections.NAMES if name in names and name != "department"}


def inherited(values: Mapping[str, str | None], *, by: str, restricted: bool | None, fronts: Sequence[int] | None) -> dict[str, str]:
    """For `declared` of the new record. values: by name, as `decided` has them. fronts: its pages that begin a sheet; None = as its duplex tells."""
    told = {BY: by} | {f"{DECIDED}{name}": value or "" for name, value in values.items()}
    return told | ({CLOSED: "yes"} if restricted else {}) | ({} if fronts is None else {FRONTS: ranges(fronts)})


def fronts_in(declared: Mapping[str, str]) -> tuple[int, ...] | None:
    """The pages that begin a sheet, as the new record inherited them; None = as its duplex tells."""
    text = declared.get(FRONTS)
    return None if text is None else tuple(page for piece in text.split(",") if piece for page in _range(piece, text, 999_999))


def as_decided(description: Description, declared: Mapping[str, str], schedule: Schedule, departments: frozenset[str]) -> Description:
    """The description of a record made by a person's decision, with what it inherited. Never raises: what the schedule no longer has is left out."""
    by = declared.get(BY)
    if by is None:
        return description
    for name in corrections.NAMES:
        if f"{DECIDED}{name}" in declared:
            description = _with(description, name, declared[f"{DECIDED}{name}"] or None, schedule, departments, by)
    return replace(description, restricted=True) if declared.get(CLOSED) else description


def _with(description: Description, name: str, value: str | None, schedule: Schedule, departments: frozenset[str], by: str) -> Description:
    try:
        checked = corrections.checked({name: value}, schedule, departments)
        return corrections.corrected(description, checked, schedule, by=by, reason="")
    except BadCorrection:
        return description


def taken_over(
    old: Mapping[str, str | None],
    new: Mapping[str, str | None],
    decided_old: Mapping[str, str | None],
    decided_new: Mapping[str, str | None],
    doubts: Sequence[str],
) -> dict[str, str | None]:
    """What a rescan takes over of the record that it replaces: what persons decided there, and what its own reading lacks or doubts; never against a person.

    old, new: values by name (corrections.values_of). doubts: flags of the new record.
    """
    changes: dict[str, str | None] = {}
    for name in _TAKEN_OVER:
        unsure = new[name] in (None, UNCLASSIFIED) or any(flag in doubts for flag in _NOT_SURE.get(name, ()))
        wanted = name in decided_old or (unsure and old[name] not in (None, UNCLASSIFIED))
        if wanted and name not in decided_new and old[name] != new[name]:
            changes[name] = old[name]
    return changes
