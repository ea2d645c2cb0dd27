"""Which category of the retention schedule a record belongs to, how sure that is, and why (domain §6.1, design §7).

The rules' points, the model's scores and the section's habits are added up to one number a category; the lead of the best over all others, together,
becomes a confidence. The factors were measured on invented documents of other words than the schedule's: see WEIGHTS.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanpipe.core.describing.extraction import Extraction
from scanpipe.core.describing.layout import Row, rows_of
from scanpipe.core.describing.learning import Alike, Habit, Linear, Model, Vector, folded, linear_of, zones_of
from scanpipe.core.describing.scoring import Score, score
from scanpipe.core.model import UNCLASSIFIED, Evidence, Page, Suggestion, is_past
from scanpipe.core.retention import Category, Schedule

WRONG_WITHOUT_REVIEW = 0.02
MOST_SUGGESTIONS, MOST_EVIDENCE = 5, 12
YIELDS_TO = 3.0  # points in another category that make 照会 or 通知 a mere form (domain §6.1)
_FULL_BODY = 12.0
_LEAST_SUGGESTED = 0.02
_MOST_LEAD = 12.0  # e^12 to one is as sure as anything gets
_VERY_MUCH_ALIKE = 0.5  # cosine from which a record that people put elsewhere is told
_TOLD_BY_MODEL, _TOLD_BY_PAST, _TOLD_BY_HABIT = 4, 2, 0.2  # n-grams and similar records shown; a habit that adds less is not worth showing


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What a ln(1 + point) of a category with content, one of a mere form (yields), a score of the model and a habit add; and how a lead becomes sure."""

    content: float
    form: float
    model: float
    habit: float
    slope: float
    offset: float


# By maximum likelihood on invented documents (tests/bench/fit_classification.py), up to a common factor, with seven tenths of the schedule's words, patterns
# and titles taken away at random, and every other time with names and titles alone: a body's documents speak in other words than its schedule. `form` is a
# little below what was likeliest; `habit` was not measured, and is half of what the likelihood of a section's habits would be.
WEIGHTS = Weights(content=2.48, form=1.5, model=12.4, habit=0.5, slope=0.69, offset=0.1)
# The same documents: from which confidence on at most so large a share of what is filed without review was wrong.
THRESHOLDS = ((0.005, 0.997), (0.01, 0.988), (0.02, 0.916), (0.05, 0.748), (0.1, 0.527), (0.2, 0.127))
_SAYS_SOMETHING = re.compile("[^ぁ-ん0]")
_COMPETITORS = 19  # of many categories the strongest others count, as many as there were when the weights were measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """category: a code of the schedule, or "unclassified". confidence: 0-1, of the best suggestion. suggestions: best first, also when unclassified.

    evidence: what spoke for and against the best suggestion, the heaviest first.
    """

    category: str
    confidence: float
    suggestions: tuple[Suggestion, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """All that speaks for a category: points of the rules, score of the model, habit of the section (ln, may be below 0)."""

    points: float = 0.0
    score: float = 0.0
    habit: float = 0.0

    def sum(self, category: Category) -> float:
        of_points = WEIGHTS.form if category.yields else WEIGHTS.content
        return of_points * math.log1p(self.points) + WEIGHTS.model * max(self.score, 0.0) + WEIGHTS.habit * self.habit


def classify(
    pages: Sequence[Page],
    extraction: Extraction,
    schedule: Schedule,
    *,
    department: str,
    model: Model | None = None,
    threshold: float | None = None,
    wrong_without_review: float = WRONG_WITHOUT_REVIEW,
) -> Verdict:
    """The category by rules, model and habits; "unclassified" where it is not sure enough and where the schedule wants a person (auto_file = false).

    model: None = only what the schedule itself says. threshold: confidence below which a person decides; None = set so that at most the share
    `wrong_without_review` (0-1) of what is filed without review is wrong.
    """
    if not schedule.categories:
        return Verdict(category=UNCLASSIFIED, confidence=0.0)
    scores = score(pages, extraction, schedule)
    voices = Voices(schedule, model, pages, extraction, department)
    heard = voices.heard(points_of(scores, schedule))
    least = threshold_for(wrong_without_review, model) if threshold is None else threshold
    return decide(confidences(heard, schedule), scores, schedule, threshold=least, voices=voices)


def threshold_for(wrong_without_review: float, model: Model | None) -> float:
    """The confidence that keeps to this error rate: by what was measured on invented documents and, where people have decided, by cross-validation."""
    own = _threshold(wrong_without_review, model.thresholds) if model and model.thresholds else 0.0
    return max(own, _threshold(wrong_without_review, THRESHOLDS))


def _threshold(wanted: float, known: Sequence[tuple[float, float]]) -> float:
    """Of the largest rate that is not above the wanted one; more than 1, so nothing, below them all."""
    return next((least for rate, least in reversed(known) if rate <= wanted), 1.01)


class Voices:
    """What the model and the section's habits say of one record."""

    def __init__(self, schedule: Schedule, model: Model | None, pages: Sequence[Page], extraction: Extraction, department: str) -> None:
        """A model of another schedule speaks for the categories that it knows, the schedule itself for the others."""
        self.schedule, self.department, self.model, self._pages = schedule, department, model, pages
        self._habit = Habit(model.habits if model else {}, department)
        zones = zones_of(pages, extraction)
        known = set(model.linear.categories) if model else set()
        linears = [model.linear] if model and known.issuperset(schedule.categories) else [linear_of(schedule), *([model.linear] if model else [])]
        self._asked: list[tuple[Linear, Vector]] = [(linear, linear.vocabulary.vector(zones)) for linear in linears]
        self.scores: dict[str, float] = {}
        for linear, vector in self._asked:
            self.scores |= zip(linear.categories, linear.scores(vector).tolist(), strict=True)

    def heard(self, points: Mapping[str, float]) -> dict[str, Heard]:
        return {code: Heard(points=points.get(code, 0.0), score=self.scores.get(code, 0.0), habit=self._habit.of(code)) for code in self.schedule.categories}

    def evidence(self, code: str) -> Iterator[Evidence]:
        linear, vector = next((one for one in reversed(self._asked) if code in one[0].categories), self._asked[0])
        yield from self._grams(linear.told(vector, code))
        if self.model and linear is self.model.linear:
            yield from self._similar(self.model.past.similar(vector, len(linear.vocabulary.ids)), code)
        told = WEIGHTS.habit * self._habit.of(code)
        if self._habit.own.get(code, 0) or abs(told) >= _TOLD_BY_HABIT:
            counts = f"{self._habit.own.get(code, 0)}/{self._habit.decisions}"
            yield Evidence(about="category", rule=f"section:{self.department}", quote=counts, weight=round(told, 2))

    def _similar(self, found: Sequence[Alike], code: str) -> Iterator[Evidence]:
        """The records that people put into this category, and one that they put into another though it is very much like this one."""
        for one in [one for one in found if one.category == code][:_TOLD_BY_PAST]:
            yield self._one_alike("similar", one)
        for one in [one for one in found if one.category != code and one.likeness >= _VERY_MUCH_ALIKE][:1]:
            yield self._one_alike("elsewhere", one)

    def _one_alike(self, rule: str, one: Alike) -> Evidence:
        """Its title only to the section that keeps it: who reads this record may not see those of others."""
        title = one.title if one.department == self.department else ""
        return Evidence(about="category", rule=f"{rule}:{one.number}", quote=f"{title} → {one.category} ({one.likeness:.0%})".strip())

    def _grams(self, told: Sequence[tuple[str, float]]) -> Iterator[Evidence]:
        """The loudest n-grams, each with the row it stands in; none that is part of one already shown, or hiragana alone, which tells a person nothing."""
        rows = [(row, folded(row.text)) for row in rows_of(self._pages)]
        shown: list[str] = []
        for gram, weight in told:
            if len(shown) == _TOLD_BY_MODEL:
                return
            row = next((row for row, text in rows if gram in text), None)
            if _SAYS_SOMETHING.search(gram) and not any(gram in other or other in gram or _overlap(gram, other) for other in shown):
                shown.append(gram)
                yield _by_model(gram, weight, row)


def _overlap(one: str, other: str) -> bool:
    return one[1:] == other[: len(one) - 1] or other[1:] == one[: len(other) - 1]


def _by_model(gram: str, weight: float, row: Row | None) -> Evidence:
    quote, page = (row.raw[:80], row.page) if row else ("", None)
    return Evidence(about="category", rule=f"ngram:{gram}", quote=quote, weight=round(WEIGHTS.model * weight, 2), page=page)


def points_of(scores: Mapping[str, Score], schedule: Schedule) -> dict[str, float]:
    """Points above zero by category. The body counts ever less, and categories that name only a form make room for one with content."""
    points = {code: one.title + _damped(one.points - one.title) for code, one in scores.items() if one.points > 0}
    points = {code: one for code, one in points.items() if one > 0}
    content = [code for code in points if not schedule.categories[code].yields]
    forms = [code for code in points if schedule.categories[code].yields]
    spoken = max((scores[code].title for code in forms), default=0.0)
    strong = [code for code in content if points[code] >= YIELDS_TO and scores[code].title >= max(YIELDS_TO, 0.4 * spoken)]
    if strong:
        best = max(points[code] for code in strong)
        points |= {code: min(points[code], best * 0.45) for code in forms}
    return points


def _damped(body: float) -> float:
    """Points of the body: in full up to a dozen, a third of what is above, so that a long annex does not outvote the title."""
    return body if body <= _FULL_BODY else _FULL_BODY + (body - _FULL_BODY) / 3


def confidences(heard: Mapping[str, Heard], schedule: Schedule) -> dict[str, float]:
    """Confidence 0-1 by category, best first; {} where nothing speaks. Equal sums: the longer period first (domain §6.1)."""
    sums = {code: one.sum(schedule.categories[code]) for code, one in heard.items()}
    spoken = [code for code, one in heard.items() if one.points > 0 or one.score > 0]
    if not spoken:
        return {}
    ordered = sorted(spoken, key=lambda code: (-round(sums[code], 6), -_length(schedule.categories[code]), code))
    best = ordered[0]
    others = {code: math.exp(min(sums[code] - sums[best], 0.0)) for code in sums if code != best}
    total = sum(sorted(others.values(), reverse=True)[:_COMPETITORS])
    lead = min(-math.log(total) if total else sums[best], _MOST_LEAD)
    sure = 1 / (1 + math.exp(-(WEIGHTS.slope * lead + WEIGHTS.offset)))
    rest = (1 - sure) / total if total else 0.0
    return {best: round(sure, 4)} | {code: round(min(rest * others[code], sure), 4) for code in ordered[1:]}


def _length(category: Category) -> int:
    """The period for comparison: 永年 and 常用 are longer than any year count."""
    return category.period if isinstance(category.period, int) else 10_000


def decide(sure: Mapping[str, float], scores: Mapping[str, Score], schedule: Schedule, *, threshold: float, voices: Voices | None = None) -> Verdict:
    """The verdict from confidences by code, best first, wherever they came from."""
    suggestions = tuple(Suggestion(category=code, confidence=one) for code, one in sure.items() if one >= _LEAST_SUGGESTED)[:MOST_SUGGESTIONS]
    if not suggestions:
        return Verdict(category=UNCLASSIFIED, confidence=0.0)
    best = suggestions[0]
    certain = best.confidence >= threshold and schedule.categories[best.category].auto_file
    evidence = (*(scores[best.category].evidence if best.category in scores else ()), *(voices.evidence(best.category) if voices else ()))
    return Verdict(category=best.category if certain else UNCLASSIFIED, confidence=best.confidence, suggestions=suggestions, evidence=_told(evidence))


def _told(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The heaviest first; then how the section decided, however little that weighed, and similar records, which have no points of their own."""
    past = [one for one in evidence if is_past(one.rule)]
    weighed = sorted((one for one in evidence if not is_past(one.rule)), key=lambda one: -abs(one.weight or 0.0))
    return (*weighed[: MOST_EVIDENCE - len(past)], *past)
