"""What a person typed into the search box, as a tree. Our own grammar: user text never reaches the index's query language (search.md §7).

    query   := either;  either := all (OR all)*;  all := one ([AND] one)*
    one     := (NOT | -) one | "(" either ")" | FIELD ":" value | word | "phrase" | 「phrase」

OR is also または, or ＯＲ. Full-width signs and blanks are accepted everywhere. A dash inside a word (2025-000123) is part of the word.
Fields: 課 / department, 分類 / category, 年度 / fiscal_year, 番号 / number, 件名 / title, 日付 / date.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Literal
from unicodedata import normalize

from scanpipe.core.dates import era_period, find_accounting_year, parse_date
from scanpipe.core.text import fold
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

MOST_WORDS: Final = 8  # keeps one query's posting lists few: the index cannot be interrupted inside a walk (search.md §3)
LONGEST_WORD: Final = 32
MOST_FILTERS: Final = 16
LONGEST_QUERY: Final = 1000
DEEPEST: Final = 16


class QueryError(UsageError):
    """The query cannot be understood: what is wrong, at which sign (counted from 1), and what to type instead."""


Scope = Literal["anywhere", "title", "names"]
FieldName = Literal["department", "category", "fiscal_year"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase to be found as it stands, once both sides are folded. scope: names = number, document number, sender and the like."""

    text: str
    scope: Scope = "anywhere"

    @property
    def forms(self) -> tuple[str, ...]:
        """The folded forms, level 4 first; a record that has either has the word (design §8). Runs are separated by one blank.

        A number is also looked for with and without the commas between its thousands: 792000 finds 792,000 and the other way round.
        """
        return _forms(self.text)


@lru_cache(maxsize=1024)  # asked for on every text that is verified
def _forms(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold(one, level) for one in (text, *_other_commas(text)) for level in (4, 3)))


_WITH_COMMAS: Final = re.compile(r"(?<![0-9,.])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9,])")
_WITHOUT_COMMAS: Final = re.compile(r"(?<![0-9,.])(?!(?:19|20)[0-9]{2}(?![0-9]))[1-9][0-9]{3,14}(?![0-9,])")  # four digits from 19.. or 20.. are a year


def _other_commas(text: str) -> Iterator[str]:
    """The same amounts written the other way; nothing where the text has none."""
    plain = normalize("NFKC", text)
    yield from (
        other
        for other in (_WITH_COMMAS.sub(lambda found: found[0].replace(",", ""), plain), _WITHOUT_COMMAS.sub(lambda found: f"{int(found[0]):,}", plain))
        if other != plain
    )


@dataclass(frozen=True, slots=True)
class Field:
    """A fact that must be exactly this. value: as typed, NFKC, not empty; a Western year in digits for fiscal_year."""

    name: FieldName
    value: str


@dataclass(frozen=True, slots=True)
class DateRange:
    """The record's own date lies between the two, both included. None = open; never both None."""

    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Not:
    one: "Node"


@dataclass(frozen=True, slots=True)
class And:
    all: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    any: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """Every record: a search by filters alone."""


Node = Word | Field | DateRange | Not | And | Or | Everything


def parse(query: str) -> Node:
    """The tree of a query. Raises QueryError for everything that cannot be understood, and nothing else."""
    if len(query) > LONGEST_QUERY:
        raise QueryError(N_("The query has {found} characters; at most {most} are read. Keep the words that tell most."), found=len(query), most=LONGEST_QUERY)
    tree = _Parser(list(_tokens(query))).whole()
    leaves = list(_leaves(tree))
    words = [leaf for leaf in leaves if isinstance(leaf, Word)]
    if len(words) > MOST_WORDS:
        raise QueryError(N_("The query has {found} words; at most {most} are looked for at once. Leave out the commonest."), found=len(words), most=MOST_WORDS)
    if len(leaves) - len(words) > MOST_FILTERS:
        raise QueryError(
            N_("The query has {found} conditions such as 課: or 年度:; at most {most} are read."), found=len(leaves) - len(words), most=MOST_FILTERS
        )
    return tree


def positive_words(tree: Node) -> tuple[Word, ...]:
    """The distinct words that a hit may contain (those under NOT left out), in the order typed: what to mark in it."""
    return tuple(dict.fromkeys(leaf for leaf in _leaves(tree, negated=False) if isinstance(leaf, Word)))


def facts_named(tree: Node) -> tuple[Field, ...]:
    """The facts that a hit may have (those under NOT left out), in the order typed."""
    return tuple(dict.fromkeys(leaf for leaf in _leaves(tree, negated=False) if isinstance(leaf, Field)))


def _leaves(tree: Node, *, negated: bool = True) -> Iterator[Node]:
    match tree:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part, negated=negated)
        case Not(one):
            if negated:
                yield from _leaves(one)
        case _:
            yield tree


# Signs to tokens ------------------------------------------------------------------------------------------------------

_FIELDS: Final = {
    **dict.fromkeys(("課", "部署", "所属", "department", "dept", "section"), "department"),
    **dict.fromkeys(("分類", "category"), "category"),
    **dict.fromkeys(("年度", "fiscal_year", "fy"), "fiscal_year"),
    **dict.fromkeys(("番号", "number", "no"), "number"),
    **dict.fromkeys(("件名", "title"), "title"),
    **dict.fromkeys(("日付", "date"), "date"),
}
_EXAMPLES: Final = {
    "department": "課:1105",
    "category": "分類:CONTRACT",
    "fiscal_year": "年度:2025",
    "number": "番号:2025-000123",
    "title": "件名:道路占用",
    "date": "日付:2025-04-01..2025-06-30",
}
_QUOTES: Final = {**dict.fromkeys('"＂“”„', '"＂“”„'), "「": "」", "『": "』"}
_OPEN, _CLOSE, _DASHES = "(（", ")）", "-－−‐"
_ENDS_WORD: Final = _OPEN + _CLOSE + "".join(_QUOTES)
_WORD: Final = re.compile(rf"[^\s{re.escape(_ENDS_WORD)}]+")
_FIELD: Final = re.compile(rf"([^\s:：{re.escape(_ENDS_WORD)}]+)[:：]")
_LONE_DASHES: Final = re.compile(rf"[{re.escape(_DASHES)}]+(?=\s|$)")
_OPERATORS: Final = {"OR": "OR", "または": "OR", "AND": "AND", "NOT": "NOT"}

Kind = Literal["(", ")", "OR", "AND", "NOT", "word", "field"]


@dataclass(frozen=True, slots=True)
class _Token:
    """at: the sign it begins with, counted from 1. text: as typed. field: its name where kind is "field"."""

    kind: Kind
    text: str
    at: int
    field: str = ""


def _tokens(query: str) -> Iterator[_Token]:
    at = 0
    while at < len(query):
        sign = query[at]
        if sign.isspace() or sign in "」』":  # a closing corner bracket without its partner is no more than punctuation
            at += 1
        elif sign in _OPEN + _CLOSE:
            yield _Token("(" if sign in _OPEN else ")", sign, at + 1)
            at += 1
        elif sign in _DASHES:
            lone = _LONE_DASHES.match(query, at)
            if not lone:
                yield _Token("NOT", sign, at + 1)
            at = lone.end() if lone else at + 1
        else:
            token, at = _word_or_field(query, at)
            yield token


def _word_or_field(query: str, at: int) -> tuple[_Token, int]:
    named = _FIELD.match(query, at)
    field = _FIELDS.get(normalize("NFKC", named[1]).casefold(), "") if named else ""
    start = named.end() if named and field else at
    value, end = _value(query, start)
    if field and named:
        if not value.strip():
            raise QueryError(
                N_("{field} at character {position} has no value. Write for example {example}."), field=named[0], position=at + 1, example=_EXAMPLES[field]
            )
        return _Token("field", value, at + 1, field), end
    operator = "" if query[at] in _QUOTES else _OPERATORS.get(normalize("NFKC", value), "")
    return _Token(_kind(operator), value, at + 1), end


def _kind(operator: str) -> Kind:
    return operator if operator in ("OR", "AND", "NOT") else "word"  # type: ignore[return-value]


def _value(query: str, at: int) -> tuple[str, int]:
    """The quoted phrase or the bare word that begins here, and where it ends; "" if none does."""
    closing = _QUOTES.get(query[at : at + 1] or " ")
    if closing is None:
        bare = _WORD.match(query, at)
        return (bare[0], bare.end()) if bare else ("", at)
    end = next((i for i in range(at + 1, len(query)) if query[i] in closing), None)
    if end is None:
        raise QueryError(N_("The quotation mark {mark} at character {position} is never closed. Close it, or remove it."), mark=query[at], position=at + 1)
    return query[at + 1 : end], end + 1


# Tokens to a tree -----------------------------------------------------------------------------------------------------


class _Parser:
    """Recursive descent. A method returns None for a part in which there is nothing to look for (punctuation alone)."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        tree = self._either() if self._tokens else None
        if self._at < len(self._tokens):  # only a closing bracket stops `_either` early
            raise QueryError(
                N_('The bracket ) at character {position} closes nothing. Remove it, or put the words in "…".'), position=self._tokens[self._at].at
            )
        if tree is None:
            raise QueryError(N_("There is nothing to look for. Type at least one word, for example 契約 or 税."))
        return tree

    def _next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, kind: Kind) -> _Token | None:
        token = self._next()
        if token is None or token.kind != kind:
            return None
        self._at += 1
        return token

    def _either(self) -> Node | None:
        parts = [self._all()]
        while operator := self._take("OR"):
            self._must_go_on(operator)
            parts.append(self._all())
        return _joined(Or, parts)

    def _all(self) -> Node | None:
        parts = [self._one()]
        while (token := self._next()) and token.kind not in ("OR", ")"):
            if operator := self._take("AND"):
                self._must_go_on(operator)
            parts.append(self._one())
        return _joined(And, parts)

    def _must_go_on(self, operator: _Token) -> None:
        token = self._next()
        if token is None or token.kind in ("OR", "AND", ")"):
            raise _one_sided(operator)

    def _one(self) -> Node | None:
        token = self._next()
        if token is None or token.kind in ("OR", "AND"):
            raise _one_sided(token or self._tokens[-1])
        if token.kind == ")":
            raise QueryError(N_('There is nothing before the bracket ) at character {position}. Remove it, or put the words in "…".'), position=token.at)
        self._at += 1
        if token.kind == "word":
            return _word(token, token.text)
        if token.kind == "field":
            return _field(token)
        return self._nested(token)

    def _nested(self, token: _Token) -> Node | None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise QueryError(N_("The brackets and NOTs at character {position} are nested too deeply. Write the query more simply."), position=token.at)
        tree = self._negation(token) if token.kind == "NOT" else self._bracket(token)
        self._depth -= 1
        return tree

    def _negation(self, token: _Token) -> Node | None:
        following = self._next()
        if following is None or following.kind in ("OR", "AND", ")"):
            raise QueryError(
                N_('{word} at character {position} needs a word after it. To look for {word} itself, write "{word}".'), word=token.text, position=token.at
            )
        one = self._one()
        return None if one is None else Not(one)

    def _bracket(self, token: _Token) -> Node | None:
        inside = None if (closing := self._next()) and closing.kind == ")" else self._inside(token)
        if not self._take(")"):
            raise _never_closed(token)
        return inside

    def _inside(self, token: _Token) -> Node | None:
        if self._next() is None:
            raise _never_closed(token)
        return self._either()


def _one_sided(operator: _Token) -> QueryError:
    return QueryError(
        N_('{word} at character {position} needs a word on each side. To look for {word} itself, write "{word}".'), word=operator.text, position=operator.at
    )


def _never_closed(token: _Token) -> QueryError:
    return QueryError(N_('The bracket ( at character {position} is never closed. Close it, or put the words in "…".'), position=token.at)


def _joined(kind: type[And] | type[Or], parts: list[Node | None]) -> Node | None:
    found = tuple(part for part in parts if part is not None)
    return kind(found) if len(found) > 1 else found[0] if found else None


def _word(token: _Token, text: str, scope: Scope = "anywhere") -> Node | None:
    """None where folding leaves nothing (a comma, a bracket): it stands on every page and says nothing."""
    signs, folded = "".join(text.split()), fold(text)
    length = max(len(signs), len(folded))  # one sign such as ㍿ folds to several
    if length > LONGEST_WORD:
        raise QueryError(
            N_("“{word}…” at character {position} has {found} characters; at most {most} are looked for. Shorten it to the part that tells most."),
            word=signs[:10],
            position=token.at,
            found=length,
            most=LONGEST_WORD,
        )
    return Word(text, scope) if folded else None


def _field(token: _Token) -> Node | None:
    value = normalize("NFKC", token.text).strip()
    match token.field:
        case "title":
            return _word(token, token.text, "title")
        case "number":
            return _word(token, token.text, "names")
        case "date":
            return _dates(token, value)
        case "fiscal_year":
            year = int(value) if re.fullmatch("[0-9]{4}", value) else find_accounting_year(value.removesuffix("年度").removesuffix("年") + "年度")
            if year is None:
                raise QueryError(
                    N_("{value} at character {position} is not a fiscal year. Write for example 年度:2025 or 年度:令和7."), value=value, position=token.at
                )
            return Field("fiscal_year", str(year))
        case "category":
            return Field("category", value)
        case _:
            return Field("department", value)


_UNTIL: Final = re.compile(r"\.{2,3}|[~〜]")
_DAY: Final = re.compile(r"([0-9]{4})(?:[-/.年]([0-9]{1,2})(?:[-/.月]([0-9]{1,2})日?)?)?[年月]?")


def _dates(token: _Token, value: str) -> DateRange:
    """2025-04-01..2025-06-30, 2025-04.., ..2025, 2025-04 (the whole month), 令和7年4月1日, 令和7年4月, 令和7年度."""
    first, until, last = (part.strip() for part in _split(value))
    start, end = _span(first), _span(last) if until else _span(first)
    if (first and start is None) or (last and end is None) or not (start or end):
        raise QueryError(
            N_("{value} at character {position} is not a date or a range of dates. Write for example {example}."),
            value=value,
            position=token.at,
            example=_EXAMPLES["date"],
        )
    if start and end and start[0] > end[1]:
        raise QueryError(N_("{value} at character {position} ends before it begins. Put the earlier date first."), value=value, position=token.at)
    return DateRange(start and start[0], end and end[1])


def _split(value: str) -> tuple[str, str, str]:
    until = _UNTIL.search(value)
    return (value[: until.start()], until[0], value[until.end() :]) if until else (value, "", "")


def _span(text: str) -> tuple[date, date] | None:
    """First and last day of what was written: a day, a month, a year or a fiscal year. None if it is none of them."""
    written = _DAY.fullmatch(text)
    if not written:
        return _in_words(text)
    year, month, day_of_month = (int(part) if part else None for part in written.groups())
    return _between(year, month, day_of_month)


def _in_words(text: str) -> tuple[date, date] | None:
    """As offices write it: 令和7年4月1日, 令和7年4月, R7.4, 令和7年, 令和7年度 (from April to March)."""
    day = parse_date(text)
    if day:
        return day, day
    if text.endswith("年度"):
        year = find_accounting_year(text)
        return (date(year, 4, 1), date(year + 1, 3, 31)) if year else None
    named = era_period(text)
    return _between(*named, None) if named else None


def _between(year: int | None, month: int | None, day_of_month: int | None) -> tuple[date, date] | None:
    """The day, the whole month or the whole year; None where the calendar has none such."""
    try:
        if year and month and day_of_month:
            return date(year, month, day_of_month), date(year, month, day_of_month)
        if year and month:
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        return (date(year, 1, 1), date(year, 12, 31)) if year and month is None else None
    except ValueError:
        return None
