"""Reading TOML and turning whatever is wrong with it into sentences: file, key path, what is wrong, what to write instead.

Nothing here raises for a fault of the administrator's: faults are collected, so that one look shows all of them.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from scanpipe.i18n import N_, _

Model = TypeVar("Model", bound=BaseModel)

_SHOWN_SIGNS = 60  # of a wrong value: enough to find it, short enough for a line
_FULL_WIDTH = re.compile("[＝＂“”＇‘’［］｛｝，．：　０-９Ａ-Ｚａ-ｚ]")


@dataclass(frozen=True, slots=True)
class Kind:
    """What the value of a key must be: a marker in its annotation, read when the value is wrong.

    says: message id of the whole sentence, with {value} and perhaps {default}. example: the TOML to write when a required key is missing.
    each: the sentence about one member, where the value is a list or table.
    choices: the words allowed; a near miss gets a suggestion. also: words of the same meaning that people write, and the one to write instead.
    """

    says: str
    example: str = ""
    each: str = ""
    choices: tuple[str, ...] = ()
    also: Mapping[str, str] = field(default_factory=dict, hash=False)  # annotations are hashed


class Said(ValueError):
    """Raised by a validator that knows better than the key's Kind what is wrong; its text is already the sentence."""


def one_of(*choices: str, **also: str) -> Kind:
    """The value is one of these words."""
    return Kind(N_("{value} is not a word for this key; write one of {choices}"), choices=choices, also=also)


def fault(file: str, place: str, says: str) -> str:
    """One line of a ConfigError."""
    return f"{file}: {place}: {says}" if place else f"{file}: {says}"


def shown(value: object) -> str:
    """A value as it stands in TOML, shortened."""
    match value:
        case str() | bool() | int() | float():
            text = json.dumps(value, ensure_ascii=False)
        case date() | datetime() | time():
            text = value.isoformat()
        case list() | tuple():
            text = "[" + ", ".join(shown(each) for each in value) + "]"
        case Mapping():
            text = "{" + ", ".join(f"{key} = {shown(each)}" for key, each in value.items()) + "}"
        case _:
            text = str(value)
    return _short(text)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_SIGNS else text[: _SHOWN_SIGNS - 1] + "…"


def near(word: object, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; None if nothing is near."""
    lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(str(word).lower(), lower, n=1, cutoff=0.6)
    return lower[found[0]] if found else None


def quoted(words: Iterable[str]) -> str:
    """The words as a list to choose from."""
    return ", ".join(shown(word) for word in words)


def not_a_choice(value: object, choices: Iterable[str], also: Mapping[str, str] | None = None) -> str:
    """The sentence for a word that is none of the choices."""
    known = tuple(choices)
    meant = (also or {}).get(str(value)) or near(value, known)
    if meant:
        return _("{value} is not a word for this key; did you mean {near}? Write one of {choices}").format(
            value=shown(value), near=shown(meant), choices=quoted(known)
        )
    return _("{value} is not a word for this key; write one of {choices}").format(value=shown(value), choices=quoted(known))


def unknown_key(key: str, known: Iterable[str]) -> str:
    """The sentence for a key that does not exist."""
    names = tuple(known)
    meant = near(key, names)
    if meant:
        return _('this key is not known; did you mean "{near}"?').format(near=meant)
    return _("this key is not known; remove it, or write one of these: {known}").format(known=", ".join(names))


def unknown_name(name: str, known: Iterable[str]) -> str:
    """The sentence for a name inside a value that does not exist."""
    names = tuple(known)
    meant = near(name, names)
    if meant:
        return _("{value} is not known here; did you mean {near}?").format(value=shown(name), near=shown(meant))
    return _("{value} is not known here; write one of {known}").format(value=shown(name), known=quoted(names))


# Files


def read(path: Path, remedy: str) -> tuple[dict[str, Any], list[str]]:
    """The tables of a TOML file and its faults. A file that cannot be read at all has no tables and one fault.

    remedy: what to do when the file is missing.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")  # Notepad writes a byte order mark
    except FileNotFoundError:
        return {}, [fault(path.name, "", _("{path} is missing; {remedy}").format(path=path, remedy=remedy))]
    except UnicodeDecodeError as error:
        line = _("line {line}").format(line=raw.count(b"\n", 0, error.start) + 1)
        return {}, [fault(path.name, line, _("this is not UTF-8; save the file again with the character code UTF-8 (not Shift_JIS)"))]
    except OSError as error:
        return {}, [fault(path.name, "", _("{path} cannot be read ({reason}); correct its permissions").format(path=path, reason=error.strerror))]
    return parse(text, path.name)


def parse(text: str, file: str) -> tuple[dict[str, Any], list[str]]:
    """The tables of a TOML text; a syntax error is one fault with its line and the remedy."""
    try:
        return tomllib.loads(text), []
    except tomllib.TOMLDecodeError as error:
        return {}, [_syntax(text, file, str(error))]


def _syntax(text: str, file: str, message: str) -> str:
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", message, re.DOTALL)
    reason, number = (found[1], found[2]) if found else (message, None)
    lines = text.splitlines() or [""]
    at = int(number) if number else len(lines)
    line = "".join(sign if sign.isprintable() else "?" for sign in lines[min(at, len(lines)) - 1].strip())
    return fault(file, _("line {line}").format(line=at), _(_syntax_says(reason, line)).format(value=_short(line), reason=reason))


def _syntax_says(reason: str, line: str) -> str:
    if "Cannot overwrite" in reason or "twice" in reason or "Cannot mutate" in reason:
        return N_("{value} is there twice; keep one of the two")
    if reason.startswith("Unescaped '\\'"):
        return N_("{value} has a backslash in double quotes; write the text in single quotes ('…')")
    bare = re.sub(r"\"[^\"]*\"|'[^']*'|#.*", "", line)
    if _FULL_WIDTH.search(bare):
        return N_("{value} has full-width signs outside quotes; write =, quotes, commas, digits and blanks half-width")
    if not bare.isascii():
        return N_('{value} has a Japanese word without quotes; write it in double quotes, also before "="')
    return N_("{value} is not TOML ({reason}); write key = value, text in double quotes, lists in [ ], tables as [name]")


# Values


def validated(model: type[Model], data: Mapping[str, Any], file: str, prefix: str) -> tuple[Model | None, list[str]]:
    """The table as its model, or None and a fault for each wrong key. prefix: what stands before the key ("intake.", "department 1105: ")."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        lines = [_line(model, data, file, prefix, each["type"], each["loc"], each.get("ctx", {})) for each in error.errors(include_url=False)]
        return None, list(dict.fromkeys(lines))  # a union of two types complains twice


def _line(model: type[BaseModel], data: Mapping[str, Any], file: str, prefix: str, kind: str, loc: tuple[int | str, ...], context: Mapping[str, Any]) -> str:
    key = str(loc[0]) if loc else ""
    fields = {info.alias or name: info for name, info in model.model_fields.items()}
    if kind == "extra_forbidden":
        return fault(file, prefix + key, unknown_key(key, fields))
    info = fields[key]
    if kind == "missing":
        return fault(file, prefix + key, _("this key is missing; write for example {example}").format(example=_kind(info).example))
    path, value = _descend(data.get(key, info.get_default(call_default_factory=True)), key, loc[1:])
    said = context.get("error")
    return fault(file, prefix + path, str(said) if isinstance(said, Said) else _sentence(info, value, inside=path != key))


def _descend(value: Any, path: str, rest: tuple[int | str, ...]) -> tuple[str, Any]:
    """Follows the location as far as the data goes; what pydantic adds for the arms of a union is not in the data."""
    for part in rest:
        if isinstance(value, Mapping) and part in value:
            path, value = f"{path}.{part}", value[part]
        elif isinstance(value, list) and isinstance(part, int):
            path, value = _("{key} no. {number}").format(key=path, number=part + 1), value[part]
    return path, value


def _sentence(info: FieldInfo, value: object, *, inside: bool) -> str:
    kind = _kind(info)
    if kind.choices:
        return not_a_choice(value, kind.choices, kind.also)
    return _(kind.each if inside and kind.each else kind.says).format(value=shown(value), default=shown(info.get_default()))


def _kind(info: FieldInfo) -> Kind:
    return [*_kinds(info.annotation), *(each for each in info.metadata if isinstance(each, Kind))][-1]  # the outermost says it best


def _kinds(annotation: object) -> Iterator[Kind]:
    """Also those inside `… | None`, where pydantic leaves the markers in the annotation."""
    for part in get_args(annotation):
        if isinstance(part, Kind):
            yield part
        else:
            yield from _kinds(part)
