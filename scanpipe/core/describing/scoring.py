"""Points of the retention schedule's words, patterns and titles on the pages of a record (domain §6.1)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from scanpipe.core.describing.extraction import Extraction
from scanpipe.core.describing.layout import Row, rows_of
from scanpipe.core.describing.learning import names_of, stems_of, tells
from scanpipe.core.describing.matters import related
from scanpipe.core.model import Evidence, Page
from scanpipe.core.retention import Category, Schedule
from scanpipe.core.text import fold, normalise

PATTERN_POINTS, TITLE_POINTS = 4.0, 3.0
MATTER_POINTS, MATTER_POINTS_BESIDE_WORDS = 2.0, 0.5  # of a word that papers of the same matter use (matters.py); measured as classification.WEIGHTS
IN_TITLE, IN_HEAD, IN_BODY = 3.0, 1.5, 1.0  # a hit counts so many times by where it stands
WHOLE_TITLE = 0.7  # a typical title that is so much of the record's title counts twice
OF_ANOTHER = 0.5  # of a form's name in a title that says what it is a form of
SHORTEST_STEM = 3  # signs of a phrase without its kana, which any other kana may stand between
HEAD_ROWS, MOST_HITS, MOST_ROWS = 12, 2, 400


_FORM = re.compile(
    r"(?:請求|領収|納品|見積|仕様|契約|申請|申込|届出?|通知|報告|申告|計画|証明|許可|決定|承諾|同意|依頼|回答|照会)(?:書|票|証書?)?|調書|名簿|台帳|会議録|議事録|次第|資料|願|届"
)


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
    """A schedule made ready: phrases by their first two signs, once more without their kana, patterns compiled; built once per schedule."""

    phrases: dict[str, tuple[Phrase, ...]]
    stems: dict[str, tuple[Phrase, ...]]
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
    phrases: list[Phrase] = []
    patterns: list[tuple[re.Pattern[str], str, str]] = []
    for code, category in schedule.categories.items():
        phrases += [phrase for phrase in _phrases(category) if phrase.folded]
        for pattern in category.patterns:
            try:
                patterns.append((re.compile(pattern), pattern, code))
            except re.error:
                continue
    phrases += _of_matters(schedule)
    stems = [phrase._replace(folded=stem) for phrase in phrases if phrase.points > 0 and len(stem := stems_of(phrase.folded)) >= SHORTEST_STEM]
    return Rules(_by_start(phrases), _by_start(stems), tuple(patterns))


def _by_start(phrases: Iterable[Phrase]) -> dict[str, tuple[Phrase, ...]]:
    found: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        found.setdefault(phrase.folded[:2], []).append(phrase)
    return {start: tuple(sorted(some, key=lambda one: -len(one.folded))) for start, some in found.items()}


def _phrases(category: Category) -> Iterator[Phrase]:
    for word, points in category.words.items():
        yield Phrase(_folded(word), word, points, category.code, "word")
    for word, points in category.against.items():
        yield Phrase(_folded(word), word, -abs(points), category.code, "against")
    only_named = () if category.words else (category.name,)  # a table that was imported has no words
    for title in filter(tells, dict.fromkeys((*category.titles, *only_named))):
        yield Phrase(_folded(title), title, TITLE_POINTS, category.code, "title")


def _of_matters(schedule: Schedule) -> Iterator[Phrase]:
    """Words of the matters that a category is about; those of many categories say little, and beside words of the body's own they say less."""
    found = dict.fromkeys((code, word) for code, words in related({code: names_of(one) for code, one in schedule.categories.items()}) for word in words)
    counts = Counter(word for _, word in found)
    for code, word in found:
        own = schedule.categories[code].words
        if word not in own:
            yield Phrase(_folded(word), word, (MATTER_POINTS_BESIDE_WORDS if own else MATTER_POINTS) / counts[word], code, "matter")


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
    found = _found(folded, rules.phrases)
    yield from _hits_of(found, folded, factor, text, page)
    stems = stems_of(folded) if factor == IN_TITLE else folded
    if stems != folded:
        said = {(phrase.code, stems_of(phrase.folded)) for _, _, phrase in found}
        yield from _hits_of([one for one in _found(stems, rules.stems) if not _is_said(one[2], said)], stems, factor, text, page)


def _is_said(stem: Phrase, said: Iterable[tuple[str, str]]) -> bool:
    """The category has been heard for these words already: 一部を改正 and 一部改正 are one."""
    return any(code == stem.code and stem.folded in words for code, words in said)


_Place = tuple[int, int, Phrase]


def _found(folded: str, phrases: Mapping[str, tuple[Phrase, ...]]) -> list[_Place]:
    found: list[_Place] = []
    for at in range(len(folded)):
        for start in {folded[at : at + 2], folded[at]}:
            found += [(at, at + len(phrase.folded), phrase) for phrase in phrases.get(start, ()) if folded.startswith(phrase.folded, at)]
    return found


def _hits_of(found: Sequence[_Place], folded: str, factor: float, text: str, page: int | None) -> Iterator[Hit]:
    for left, right, phrase in found:
        rule = f"{phrase.rule}:{phrase.written}"
        if phrase.points < 0:
            if factor >= IN_HEAD:
                yield Hit(phrase.code, rule, phrase.points, 1.0, text, page)
        elif not any(a <= left and right <= b and b - a > right - left and _may_outdo(other, phrase) for a, b, other in found):
            whole = factor == IN_TITLE and phrase.rule == "title" and right - left >= WHOLE_TITLE * len(folded)
            share = 2 if whole else OF_ANOTHER if factor == IN_TITLE and _names_a_form_of(folded[:left], text, phrase) else 1
            yield Hit(phrase.code, rule, phrase.points * share, factor, text, page)


def _may_outdo(longer: Phrase, phrase: Phrase) -> bool:
    """Whether a phrase says nothing inside this longer one: what a body says itself is not outdone by words of ours."""
    return longer.points > 0 and longer.code != phrase.code and (longer.rule != "matter" or phrase.rule == "matter")


def _names_a_form_of(before: str, text: str, phrase: Phrase) -> bool:
    """請求書 after other words of the title says what kind of paper it is, not what it is about: 写しの請求書. The kind in brackets is left alone."""
    return bool(_FORM.fullmatch(phrase.folded)) and before.strip("御ご") != "" and f"({phrase.written}" not in text


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
