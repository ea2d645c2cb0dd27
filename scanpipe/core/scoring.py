"""Points of the retention schedule's words, patterns and titles on the pages of a record (domain §6.1)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from scanpipe.core.extraction import Extraction
from scanpipe.core.layout import Row, rows_of
from scanpipe.core.model import Evidence, Page
from scanpipe.core.retention import Category, Schedule
from scanpipe.core.text import fold, normalise

PATTERN_POINTS, TITLE_POINTS = 4.0, 3.0
IN_TITLE, IN_HEAD, IN_BODY = 3.0, 1.5, 1.0  # a hit counts so many times by where it stands
WHOLE_TITLE = 0.7  # a typical title that is so much of the record's title counts twice
HEAD_ROWS, MOST_HITS, MOST_ROWS = 12, 2, 400


class Phrase(NamedTuple):
    """A word of the schedule: folded text, as written, points, the category's code and the rule's name."""

    folded: str
    written: str
    points: float
    code: str
    rule: str


class Hit(NamedTuple):
    """One find: the zone's factor, points before it, and the words on the page."""

    code: str
    rule: str
    points: float
    factor: float
    quote: str
    page: int | None


@dataclass(slots=True)
class Score:
    """points: of one category, summed. title: the part that came from the title. evidence: every counted hit, best first."""

    points: float = 0.0
    title: float = 0.0
    evidence: list[Evidence] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rules:
    """A schedule made ready: phrases by their first two signs, patterns compiled; built once per schedule."""

    phrases: dict[str, tuple[Phrase, ...]]
    patterns: tuple[tuple[re.Pattern[str], str, str], ...]


_compiled: dict[str, Rules] = {}


def rules_of(schedule: Schedule) -> Rules:
    """The compiled rules of this schedule, from memory when its digest is known. A pattern that is no regular expression is left out."""
    if schedule.digest not in _compiled:
        if len(_compiled) > 8:
            _compiled.clear()
        _compiled[schedule.digest] = _compile(schedule)
    return _compiled[schedule.digest]


def _compile(schedule: Schedule) -> Rules:
    phrases: dict[str, list[Phrase]] = {}
    patterns: list[tuple[re.Pattern[str], str, str]] = []
    for code, category in schedule.categories.items():
        for phrase in _phrases(category):
            if phrase.folded:
                phrases.setdefault(phrase.folded[:2], []).append(phrase)
        for pattern in category.patterns:
            try:
                patterns.append((re.compile(pattern), pattern, code))
            except re.error:
                continue
    return Rules({start: tuple(sorted(found, key=lambda one: -len(one.folded))) for start, found in phrases.items()}, tuple(patterns))


def _phrases(category: Category) -> Iterator[Phrase]:
    for word, points in category.words.items():
        yield Phrase(_folded(word), word, points, category.code, "word")
    for word, points in category.against.items():
        yield Phrase(_folded(word), word, -abs(points), category.code, "against")
    for title in category.titles if category.words else {*category.titles, category.name}:  # a schedule imported from a table has only names
        yield Phrase(_folded(title), title, TITLE_POINTS, category.code, "title")


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    return fold(text)


def score(pages: Sequence[Page], extraction: Extraction, schedule: Schedule) -> dict[str, Score]:
    """Points by category code; categories without a hit are absent. The title counts three times, the first rows one and a half times."""
    rules = rules_of(schedule)
    hits: dict[tuple[str, str], list[Hit]] = {}
    for text, factor, page in _zones(pages, extraction):
        for hit in (*_phrase_hits(text, factor, page, rules), *_pattern_hits(text, factor, page, rules)):
            hits.setdefault((hit.code, hit.rule), []).append(hit)
    return _summed(hits)


def _zones(pages: Sequence[Page], extraction: Extraction) -> Iterator[tuple[str, float, int | None]]:
    """Each row with its factor; the rows of the title once, joined."""
    title = normalise(extraction.title or "")
    quote = next((evidence for evidence in extraction.evidence if evidence.about == "title"), None)
    if title:
        yield title + (f"({extraction.kind})" if extraction.kind else ""), IN_TITLE, quote.page if quote else None
    rows = rows_of(pages)[:MOST_ROWS]
    for place, row in enumerate(rows):
        if not (title and place < 45 and _is_of_title(row, title)):
            yield row.text, IN_HEAD if place < HEAD_ROWS else IN_BODY, row.page


def _is_of_title(row: Row, title: str) -> bool:
    text = row.text.replace(" ", "")
    return len(text) > 3 and (text in title.replace(" ", "") or title in row.text)


def _phrase_hits(text: str, factor: float, page: int | None, rules: Rules) -> Iterator[Hit]:
    """Phrases in one row. Of phrases inside each other the longest speaks: 請求書 says nothing in 開示請求書 to another category."""
    folded = fold(text)
    found: list[tuple[int, int, Phrase]] = []
    for at in range(len(folded)):
        for start in {folded[at : at + 2], folded[at]}:
            found += [(at, at + len(phrase.folded), phrase) for phrase in rules.phrases.get(start, ()) if folded.startswith(phrase.folded, at)]
    for left, right, phrase in found:
        rule = f"{phrase.rule}:{phrase.written}"
        if phrase.points < 0:
            if factor >= IN_HEAD:
                yield Hit(phrase.code, rule, phrase.points, 1.0, text, page)
        elif not any(a <= left and right <= b and b - a > right - left and other.points > 0 and other.code != phrase.code for a, b, other in found):
            whole = factor == IN_TITLE and phrase.rule == "title" and right - left >= WHOLE_TITLE * len(folded)
            yield Hit(phrase.code, rule, phrase.points * (2 if whole else 1), factor, text, page)


def _pattern_hits(text: str, factor: float, page: int | None, rules: Rules) -> Iterator[Hit]:
    for pattern, written, code in rules.patterns:
        match = pattern.search(text)
        if match:
            yield Hit(code, f"pattern:{written}", PATTERN_POINTS, factor, match.group(), page)


def _summed(hits: dict[tuple[str, str], list[Hit]]) -> dict[str, Score]:
    scores: dict[str, Score] = {}
    for (code, rule), found in hits.items():
        best = sorted(found, key=lambda hit: -hit.factor)[:MOST_HITS] if found[0].points > 0 else found[:1]
        points = sum(hit.points * hit.factor for hit in best)
        total = scores.setdefault(code, Score())
        total.points += points
        total.title += sum(hit.points * hit.factor for hit in best if hit.factor == IN_TITLE)
        total.evidence.append(Evidence(about="category", rule=rule, quote=best[0].quote[:80], weight=round(points, 2), page=best[0].page))
    for total in scores.values():
        total.evidence.sort(key=lambda one: -abs(one.weight or 0))
    return scores
