"""Words for people in Japanese and English: gettext catalogues, chosen per context.

The command line speaks the user's locale; what clerks read on the share speaks `[site] language`. Source strings are
English and are the message ids; `locale/ja/LC_MESSAGES/scanpipe.po` has the Japanese.
"""

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

_LOCALE_DIR = Path(__file__).parent / "locale"
_language: ContextVar[str] = ContextVar("language", default="en")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("scanpipe", _LOCALE_DIR, languages=[language], fallback=language == "en")


def _(message: str) -> str:
    """The message in the language of this context."""
    return _catalogue(_language.get()).gettext(message) if message else ""


def N_(message: str) -> str:
    """Marks a message for extraction; it is translated where it is shown."""
    return message


def current_language() -> str:
    """ "ja" or "en"."""
    return _language.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Messages made inside are in this language ("ja" or "en")."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def language_of_locale() -> str:
    """ "ja" where the user's locale asks for Japanese, else "en". LANGUAGE, LC_ALL, LC_MESSAGES, LANG in gettext's order."""
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"
