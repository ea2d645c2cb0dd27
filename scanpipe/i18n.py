"""Words for people in Japanese and English: gettext catalogues, chosen per context.

The command line speaks the user's locale; what clerks read on the share, and the daemon's log, speak `[site] language`. Source strings are
English and are the message ids; `locale/ja/LC_MESSAGES/scanpipe.po` has the Japanese. When messages have changed:

    pybabel extract -F pyproject.toml -k N_ -k _n:2 -o scanpipe.pot --add-location=file --sort-by-file --no-wrap .
    pybabel update -i scanpipe.pot -d scanpipe/locale -D scanpipe -l ja -N --no-wrap --ignore-obsolete --ignore-pot-creation-date
    pybabel compile -d scanpipe/locale -D scanpipe      (pip install . does this, too)
"""

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

_DOMAIN = "scanpipe"
_LOCALE_DIR = Path(__file__).parent / "locale"
_NOT_COMPILED = (  # in both languages: the words that are missing are those it would be said in
    "日本語の文言ファイル {path} がありません。もう一度インストールしてください: pip install .\n"
    "The Japanese messages {path} are missing. Install scanpipe again: pip install ."
)
_language: ContextVar[str | None] = ContextVar("language", default=None)
_of_process = "en"  # where nobody chose: in the threads of a daemon, which write its log


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Never fails: where the words are missing, `words_missing` has said so, and the English ones are better than none."""
    return gettext.translation(_DOMAIN, _LOCALE_DIR, languages=[language], fallback=True)


def _(message: str) -> str:
    """The message in the language of this context."""
    return _catalogue(current_language()).gettext(message) if message else ""


class _Count(int):
    """A number that is written with commas between its thousands where the message does not say how."""

    def __format__(self, wanted: str) -> str:
        return int.__format__(self, wanted or ",")


def _n(one: str, many: str, n: int | str, **facts: object) -> str:
    """What is said of so many, with {n} and the other facts put in. n: a whole number, also as text.

    Only English tells one from many, and its words are the message ids: the Japanese of both stands under `many`.
    """
    message = one if int(n) == 1 and current_language() == "en" else _(many)
    return message.format(n=_Count(n), **facts)


def N_(message: str) -> str:
    """Marks a message for extraction; it is translated where it is shown."""
    return message


def current_language() -> str:
    """ "ja" or "en"."""
    return _language.get() or _of_process


def speak(language: str) -> None:
    """From now on messages are in this language ("ja" or "en"), in all threads that were told no other. For a process that serves one site."""
    global _of_process
    _of_process = language
    _language.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Messages made inside are in this language ("ja" or "en")."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def words_missing(language: str) -> str | None:
    """What to do if the language's words were not compiled; None if all is well.

    For the start of a process, which refuses then (ConfigError): later on, nothing fails for want of words.
    """
    path = _LOCALE_DIR / language / "LC_MESSAGES" / f"{_DOMAIN}.mo"
    return None if language == "en" or path.is_file() else _NOT_COMPILED.format(path=path)


def lend_words_to_libraries() -> None:
    """What argparse says by itself is looked up among our messages, too, in the language of the user's locale."""
    gettext.bindtextdomain(_DOMAIN, str(_LOCALE_DIR))
    gettext.textdomain(_DOMAIN)


def language_of_locale() -> str:
    """ "ja" where the user's locale asks for Japanese, else "en". LANGUAGE, LC_ALL, LC_MESSAGES, LANG in gettext's order."""
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"
