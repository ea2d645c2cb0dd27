"""Wishes made on a page: what was typed, checked against what the person may see; and a refusal, told where the form is."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final

from fastapi.responses import RedirectResponse, Response

from scanpipe.catalogue import glances
from scanpipe.catalogue.reader import NoRecord
from scanpipe.catalogue.requests import Refused
from scanpipe.core.record_numbers import record_numbers
from scanpipe.errors import NotFound, ScanpipeError, UsageError
from scanpipe.i18n import N_, _
from scanpipe.web.visit import Visit

NO_DAY = N_("{value} is not a day. Choose one in the calendar, or write it like 2025-04-01.")
NO_NUMBERS = N_("Choose at least one record.")
_COMMAND: Final = re.compile(r"\s*[:：(（]?\s*`?(?:scanpipe [a-z]|--[a-z])[^。\n]*")
_ASIDE: Final = re.compile(r"; see `scanpipe [^`\n]*`")  # the sentence says more than that
_SENTENCE: Final = re.compile(r"(?<=[。!?\n])|(?<=\. )")
_NUMBER: Final = re.compile(r"(?<![\w-])\d{4}-\d{6,}(?![\w-])")


def tried(visit: Visit, again: Callable[[str], Response], to: str, verb: str, /, **wants: Any) -> Response:
    """The wish; then the page that follows, or the page of the form once more with the reason of the refusal."""
    try:
        visit.ask(verb, **wants)
    except Refused as refusal:
        return again(told(visit, refusal))
    return RedirectResponse(to, 303)


def told(visit: Visit, refusal: ScanpipeError) -> str:
    """A refusal as people at a page understand it: without commands, and without numbers of records that this person may not see."""
    return _NUMBER.sub(lambda found: found[0] if _seen(visit, found[0]) else _("(a record that you may not see)"), without_commands(str(refusal)))


def without_commands(text: str) -> str:
    """Sentences that only tell which command to type are left away; where nothing else is said, only the command is."""
    parts = [one for one in _SENTENCE.split(_ASIDE.sub("", text)) if one]
    plain = "".join(one if not _COMMAND.search(one) else "\n" if one.endswith("\n") else "" for one in parts).strip()
    return plain or _COMMAND.sub("", text).strip()


def _seen(visit: Visit, number: str) -> bool:
    try:
        glances.glance(visit.reader, number)
    except NotFound:
        return False
    return True


def numbers(visit: Visit, typed: str | Iterable[str]) -> list[str]:
    """The numbers that were typed or ticked. Raises UsageError where there is none, NoRecord for one that may not be seen."""
    found = record_numbers(typed if isinstance(typed, str) else " ".join(typed))
    if not found:
        raise UsageError(NO_NUMBERS)
    for number in found:
        if not _seen(visit, number):
            raise NoRecord(number=number)
    return found


def day(typed: str) -> str | None:
    """ISO, None for an empty field. Raises UsageError."""
    if not typed.strip():
        return None
    try:
        return date.fromisoformat(typed.strip()).isoformat()
    except ValueError as error:
        raise UsageError(NO_DAY, value=typed.strip()[:40]) from error
