"""What the journal keeps of a correction: all that applies it again, and no words of the pages, for a line stays when the record is disposed of.

Words that the record had before (quotes, what its fields say, persons and amounts) are named by their place in earlier facts of the same record, its `base`.
Those lie in the catalogue and in the record folder, and go with it. The whole correction is meta/000N.json there; the line has its digest.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from scanpipe.core.corrections import Correction
from scanpipe.core.model import Description
from scanpipe.core.serial import as_json, from_json, readable

SCHEMA = 1  # of meta/000N.json
_LISTS = ("evidence", "fields")
_WORDS = ("sender", "addressee", "amount")  # a tombstone does not tell them either


def told(correction: Correction, base: Description | None) -> dict[str, Any]:
    """The correction as its line has it. base: earlier facts of the record, None if there are none any more: what they said is then left out."""
    before = as_json(base) if base else {}
    fact: dict[str, Any] = as_json(correction)
    fact["changes"] = dict(sorted(fact["changes"].items()))  # as they come back from the journal: the file has them in this order
    after = fact["description"]
    for name in _LISTS:
        known = before.get(name, [])
        after[name] = [known.index(one) if one in known else one for one in after[name] if one in known or _is_said_by_a_person(one)]
    for name in _WORDS:
        if (base and after[name] == before[name]) or (not base and name not in correction.changes):
            del after[name]
    return fact


def _is_said_by_a_person(one: Mapping[str, Any]) -> bool:
    """Evidence that quotes why a person decided so, not a page."""
    return str(one.get("rule", "")).startswith("person:")


def restored(line: Mapping[str, Any], base: Description | None) -> Correction:
    """The correction that `told` made this of, by the same base; without it, what was named by its place is missing. Raises Damaged if it is none."""
    before = as_json(base) if base else {}
    after = dict(line["description"])
    for name in _LISTS:
        known = before.get(name, [])
        after[name] = [known[one] if isinstance(one, int) else one for one in after[name] if not isinstance(one, int) or one < len(known)]
    for name in _WORDS:
        after.setdefault(name, before.get(name))
    return from_json(Correction, {**line, "description": after})


def is_same_decision(one: Correction, other: Correction) -> bool:
    """Whether both tell the same but for words of the pages."""
    return _gist(one) == _gist(other)


def _gist(correction: Correction) -> dict[str, Any]:
    fact: dict[str, Any] = as_json(correction)
    fact["description"] = {name: value for name, value in fact["description"].items() if name not in (*_LISTS, *_WORDS)}
    return fact


def meta_json(correction: Correction) -> bytes:
    """The whole correction as its file in the record folder has it."""
    return readable({"schema": SCHEMA, **as_json(correction)})


def meta_digest(correction: Correction) -> str:
    """sha256 of the correction's file."""
    return hashlib.sha256(meta_json(correction)).hexdigest()
