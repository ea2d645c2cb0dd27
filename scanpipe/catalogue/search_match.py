"""A query tree as an FTS5 expression over our own tokens, and as bounds where the index alone cannot decide.

A word of 1-3 signs is one token: the index decides. A longer one, or one with punctuation inside, is the AND of its trigrams: each hit must be verified on
the text. Under NOT that AND would exclude too much, so each tree has an upper bound (nothing wanted is missing) and a lower bound (nothing unwanted is in).
Tokens of filters and of titles and names have more than three signs and begin with their kind, so they never meet an n-gram (search.md §6).
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cached_property
from itertools import islice
from typing import Final
from unicodedata import normalize

from scanpipe.core.finding.query import And, DateRange, Everything, Field, Node, Not, Or, Scope, Word
from scanpipe.core.text import fold, in_context, index_tokens, may_hold, ngrams

EVERY: Final = "everyrecord"
OPEN: Final = "openrecord"  # not restricted
_PREFIX: Final[dict[Scope, str]] = {"anywhere": "", "title": "titlegram", "names": "namesgram"}


def fact_token(kind: str, value: str) -> str:
    """The one token of a filter value: ASCII letters and digits only, the same for full and half width and either case."""
    return kind.replace("_", "") + normalize("NFKC", value).casefold().encode("utf-8", "surrogatepass").hex()


def day_tokens(day: date) -> list[str]:
    """What a date is found by: its decade, year, month and day."""
    written = day.isoformat().replace("-", "")  # %Y would not pad years before 1000
    return [f"decade{written[:3]}", f"year{written[:4]}", f"month{written[:6]}", f"day{written}"]


def scoped_tokens(text: str, scope: Scope) -> list[str]:
    """The n-grams of a title or of names, so that 件名: and 番号: find them apart."""
    return [_PREFIX[scope] + gram for gram in index_tokens(text)]


def is_exact(tree: Node) -> bool:
    """Whether the index alone decides this tree, without a look at the text."""
    match tree:
        case Word():
            return all(len(form) <= 3 and " " not in form for form in tree.forms)
        case And(parts) | Or(parts):
            return all(map(is_exact, parts))
        case Not(one):
            return is_exact(one)
        case _:
            return True


def upper(tree: Node, days: tuple[date, date]) -> str | None:
    """An expression that every record of the tree fulfils; None = every record may. days: the first and last date in the index."""
    return _bound(tree, days, above=True)


def expression(tree: Node, days: tuple[date, date]) -> str:
    """`upper` as something that can be asked: the records that may be hits, all hits where `is_exact`."""
    return upper(tree, days) or _quoted(EVERY)


def _bound(tree: Node, days: tuple[date, date], *, above: bool) -> str | None:
    """The bound; None stands for everything above and for nothing below."""
    match tree:
        case Word():
            return word_expression(tree) if above or is_exact(tree) else None
        case Field():
            return _quoted(fact_token(tree.name, tree.value))
        case DateRange():
            return _any(_quoted(token) for token in range_tokens(tree, days)) or _quoted("noday")
        case Or(parts):
            bounds = [_bound(part, days, above=above) for part in parts]
            return None if above and None in bounds else _any(bound for bound in bounds if bound) or None
        case And(parts):
            return _all_of(parts, days, above=above)
        case Not():
            return _all_of((tree,), days, above=above)
        case Everything():
            return _quoted(EVERY)


def _all_of(parts: tuple[Node, ...], days: tuple[date, date], *, above: bool) -> str | None:
    wanted = [_bound(part, days, above=above) for part in parts if not isinstance(part, Not)]
    unwanted = [_bound(part.one, days, above=not above) for part in parts if isinstance(part, Not)]
    if not above and (None in wanted or None in unwanted):
        return None
    excluded = _any(bound for bound in unwanted if bound)
    if not excluded:
        return _all(bound for bound in wanted if bound) or None
    return f"({_all(bound for bound in wanted if bound) or _quoted(EVERY)} NOT {excluded})"


def word_expression(word: Word) -> str:
    """The records (or pages) that have all n-grams of one of the word's forms."""
    return _any(_all(_quoted(_PREFIX[word.scope] + gram) for gram in _grams(form)) for form in word.forms)


def _grams(form: str) -> list[str]:
    runs = form.split(" ")
    return list(dict.fromkeys(gram for run in runs for gram in ([run] if len(run) <= 3 else (run[i : i + 3] for i in range(len(run) - 2)))))


def range_tokens(wanted: DateRange, days: tuple[date, date]) -> list[str]:
    """The fewest tokens that cover the range within the dates there are: whole decades, years, months, then days."""
    first, last = max(wanted.start or days[0], days[0]), min(wanted.end or days[1], days[1])
    tokens: list[str] = []
    while first <= last:
        token, end = next((token, end) for token, end in _periods(first) if end <= last)
        tokens.append(token)
        if end == date.max:
            break
        first = end + timedelta(days=1)
    return tokens


def _periods(day: date) -> Iterator[tuple[str, date]]:
    """The periods that begin on this day, the longest first, each with its last day."""
    decade, year, month, exact = day_tokens(day)
    if (day.month, day.day) == (1, 1) and day.year % 10 == 0:
        yield decade, date(day.year + 9, 12, 31)
    if (day.month, day.day) == (1, 1):
        yield year, date(day.year, 12, 31)
    if day.day == 1:
        yield month, (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1) if day.month < 12 else date(day.year, 12, 31)
    yield exact, day


def _quoted(token: str) -> str:
    return '"' + token.replace('"', '""') + '"'


def _all(parts: Iterable[str]) -> str:
    return _chain(" AND ", parts)


def _any(parts: Iterable[str]) -> str:
    return _chain(" OR ", parts)


def _chain(operator: str, parts: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(parts))
    return distinct[0] if len(distinct) == 1 else f"({operator.join(distinct)})" if distinct else ""


class FoldedText:
    """Text folded once, and only where it is needed; asked for many words."""

    def __init__(self, text: str) -> None:
        self._raw = text

    @cached_property
    def plain(self) -> str:
        """At level 3."""
        return fold(self._raw, 3)

    @cached_property
    def folded(self) -> str:
        """At level 4; made only where it is needed, since most words are there at level 3."""
        return in_context(self.plain)

    def has(self, word: Word) -> bool:
        forms = [form for form in word.forms if may_hold(self._raw, form)]  # most texts that have the n-grams only hold them apart
        return any(form in self.plain for form in forms) or any(form in self.folded for form in forms)

    def count(self, word: Word) -> int:
        return max(max(self.plain.count(form), self.folded.count(form)) for form in word.forms)

    def near(self, words: Iterable[Word], within: int = 60) -> bool:
        """Whether the first word has all others within so many signs of one of its places."""
        first, *others = words
        places = (found.start() for form in first.forms for found in re.finditer(re.escape(form), self.folded))
        windows = (self.folded[max(0, at - within) : at + within] for at in islice(places, 50))
        return any(all(any(form in window for form in word.forms) for word in others) for window in windows)

    def tokens(self) -> list[str]:
        """All n-grams that the text is found by: those of level 3, and those that only level 4 gives (design §8)."""
        grams = ngrams(self.plain)
        return grams if self.folded == self.plain else list(dict.fromkeys(grams + ngrams(self.folded)))
