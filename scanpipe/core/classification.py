"""Which category of the retention schedule a record belongs to, how sure that is, and why (domain §6.1, design §7)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanpipe.core.extraction import Extraction
from scanpipe.core.model import UNCLASSIFIED, Evidence, Page, Suggestion
from scanpipe.core.retention import Category, Schedule
from scanpipe.core.scoring import Score, score

THRESHOLD = 0.6
MOST_SUGGESTIONS, MOST_EVIDENCE = 5, 12
YIELDS_TO = 3.0  # points in another category that make 照会 or 通知 a mere form (domain §6.1)
_FULL_BODY = 12.0
_HALF_POINTS = 10.0  # points at which a lone category is as likely right as not
_LEAST_SUGGESTED = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """category: a code of the schedule, or "unclassified". confidence: 0-1, of the best suggestion. suggestions: best first, also when unclassified.

    evidence: what spoke for and against the best suggestion, the heaviest first.
    """

    category: str
    confidence: float
    suggestions: tuple[Suggestion, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def classify(pages: Sequence[Page], extraction: Extraction, schedule: Schedule, *, department: str, threshold: float = THRESHOLD) -> Verdict:
    """The category by the schedule's rules; "unclassified" below `threshold` and where the schedule wants a person (auto_file = false).

    department: code of the section; the rules do not weigh it, a learnt model may.
    """
    scores = score(pages, extraction, schedule)
    titles = {code: one.title for code, one in scores.items()}
    return decide(confidences(points_of(scores, schedule), schedule, titles), scores, schedule, threshold=threshold)


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


def confidences(points: Mapping[str, float], schedule: Schedule, titles: Mapping[str, float] | None = None) -> dict[str, float]:
    """Points as confidence 0-1, best first: high only with many points, a clear lead and a title that does not speak for another.

    titles: the part of the points that came from the title. Equal points: the longer period first (domain §6.1).
    """
    ordered = sorted(points, key=lambda code: (-points[code], -_length(schedule.categories[code]), code))
    weights = {code: points[code] ** 1.7 for code in ordered}
    total, spoken = sum(weights.values()), {code: (titles or {}).get(code, 0.0) for code in ordered}
    loudest = max(spoken.values(), default=0.0)
    result: dict[str, float] = {}
    for code in ordered:
        enough = 1 / (1 + math.exp(-(points[code] - _HALF_POINTS) / 3.5))
        contradicted = loudest >= 4.5 and spoken[code] < 0.5 * loudest
        result[code] = round(enough * weights[code] / total * (0.6 if contradicted else 1.0), 4)
    return dict(sorted(result.items(), key=lambda one: -one[1]))


def _length(category: Category) -> int:
    """The period for comparison: 永年 and 常用 are longer than any year count."""
    return category.period if isinstance(category.period, int) else 10_000


def decide(sure: Mapping[str, float], scores: Mapping[str, Score], schedule: Schedule, *, threshold: float) -> Verdict:
    """The verdict from confidences by code, best first, wherever they came from."""
    suggestions = tuple(Suggestion(category=code, confidence=one) for code, one in sure.items() if one >= _LEAST_SUGGESTED)[:MOST_SUGGESTIONS]
    if not suggestions:
        return Verdict(category=UNCLASSIFIED, confidence=0.0)
    best = suggestions[0]
    certain = best.confidence >= threshold and schedule.categories[best.category].auto_file
    evidence = tuple(scores[best.category].evidence[:MOST_EVIDENCE]) if best.category in scores else ()
    return Verdict(category=best.category if certain else UNCLASSIFIED, confidence=best.confidence, suggestions=suggestions, evidence=evidence)
