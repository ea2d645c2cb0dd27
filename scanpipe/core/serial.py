"""Facts to JSON and back. What comes back is checked against the fact's types: a lane's answer is as hostile as its input."""

import json
from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from scanpipe.errors import Damaged
from scanpipe.i18n import N_

T = TypeVar("T")


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, kind))


def as_json(fact: object) -> Any:
    """The fact as plain JSON values (dates and moments as ISO strings, tuples as lists)."""
    return _adapter(cast(Hashable, type(fact))).dump_python(fact, mode="json")


def from_json(kind: type[T], value: object) -> T:
    """The fact that `as_json` made this of. Raises Damaged if it has other fields or types."""
    return from_text(kind, json.dumps(value))


def from_text(kind: type[T], text: str | bytes) -> T:
    """The fact in this JSON text. Raises Damaged if it is not one."""
    try:
        fact: T = _adapter(cast(Hashable, kind)).validate_json(text)
    except ValidationError as error:
        raise Damaged(N_("This is not a valid {kind}: {reason}"), kind=kind.__name__, reason=error.errors()[0]["msg"]) from error
    return fact


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no blanks, UTF-8: the same value, the same bytes, the same digest."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def readable(value: object) -> bytes:
    """JSON for a file that people open, too: indented, keys in the order given, UTF-8, newline at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
