"""Where WEIGHTS and THRESHOLDS of core/describing/classification.py come from: python tests/bench/fit_classification.py prints them afresh.

Documents: tests/core/documents.toml and those of classification/corrections.txt, never the held-back ones. Most of the schedule's words, patterns and
titles are taken away at random, several times over: the schedule was written for such documents, and a body's own papers will know few of its words.
Every other time it is another body's: names and titles alone, none of them known to scanpipe's own sample texts.
"""

import dataclasses
import math
import random
import tomllib
from pathlib import Path

import numpy as np
from office_documents import decided
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from scanpipe.config_retention import schedule_of
from scanpipe.core.describing.classification import WEIGHTS, points_of
from scanpipe.core.describing.extraction import Extraction, extract
from scanpipe.core.describing.learning import linear_of, zones_of
from scanpipe.core.describing.scoring import score
from scanpipe.core.model import Page
from scanpipe.core.retention import Schedule

ROOT = Path(__file__).parents[2]
KEPT_SHARE, ROUNDS, MOST_LEAD = 0.3, 6, 12.0
RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def main() -> None:
    schedule, _ = schedule_of(tomllib.loads((ROOT / "config/retention.toml").read_text("utf-8")), "retention.toml")
    known = _documents()
    codes = list(schedule.categories)
    forms = np.array([schedule.categories[code].yields for code in codes])
    rounds = [_heard(known, _thinned(schedule, seed)) for seed in range(ROUNDS)]
    heard, right = np.concatenate(rounds), np.tile([codes.index(code) for code, _, _ in known], ROUNDS)
    features = np.stack([np.where(forms, 0, heard[:, :, 0]), np.where(forms, heard[:, :, 0], 0), heard[:, :, 1]], axis=2)
    weights = _likeliest(features, right)
    print(f"likeliest: content={weights[0]:.2f} form={weights[1]:.2f} model={weights[2]:.2f}")
    weights = np.array([WEIGHTS.content, WEIGHTS.form, WEIGHTS.model])
    lead, correct = _leads(features @ weights, right)
    fitted = LogisticRegression(C=1e3).fit(lead[:, None], correct)
    slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    sure = 1 / (1 + np.exp(-(slope * lead + offset)))
    print(f"with WEIGHTS as they are: slope={slope:.2f} offset={offset:.2f}; right {correct.mean():.1%}")
    print("THRESHOLDS:", ", ".join(f"({rate}, {_least(sure, correct, rate):.3f})" for rate in RATES))


def _documents() -> list[tuple[str, list[Page], Extraction]]:
    texts = [(one["category"], one["text"]) for one in tomllib.loads((ROOT / "tests/core/documents.toml").read_text("utf-8"))["document"]]
    texts += [(one.category, one.text) for one in decided(200, seed=99)]
    pages = [(code, [Page(number=1, width=1654, height=2339, dpi=200, text=text)]) for code, text in texts]
    return [(code, page, extract(page)) for code, page in pages]


def _thinned(schedule: Schedule, seed: int) -> Schedule:
    chance = random.Random(seed)
    kept, of_another = (KEPT_SHARE, "") if seed % 2 else (0.0, "等")
    return Schedule.of(
        dataclasses.replace(
            category,
            name=category.name + of_another,
            words={word: points for word, points in category.words.items() if chance.random() < kept},
            against={word: points for word, points in category.against.items() if chance.random() < kept},
            titles=tuple(title for title in category.titles if chance.random() < KEPT_SHARE),
            patterns=tuple(pattern for pattern in category.patterns if chance.random() < kept),
        )
        for category in schedule.categories.values()
    )


def _heard(known: list[tuple[str, list[Page], Extraction]], schedule: Schedule) -> np.ndarray:
    """Documents x categories x (ln of points, score of the schedule's model)."""
    linear, rows = linear_of(schedule), []
    for _, pages, extraction in known:
        points = points_of(score(pages, extraction, schedule), schedule)
        scores = linear.scores(linear.vocabulary.vector(zones_of(pages, extraction)))
        rows.append([(math.log1p(points.get(code, 0.0)), max(0.0, scores[n])) for n, code in enumerate(linear.categories)])
    return np.array(rows)


def _likeliest(features: np.ndarray, right: np.ndarray) -> np.ndarray:
    def loss(weights: np.ndarray) -> float:
        sums = features @ weights
        top = sums.max(axis=1)
        return float((top + np.log(np.exp(sums - top[:, None]).sum(axis=1)) - sums[np.arange(len(right)), right]).mean() + 5e-4 * weights @ weights)

    return minimize(loss, np.ones(3), bounds=[(0, None)] * 3).x


def _leads(sums: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    best, here = sums.argmax(axis=1), np.arange(len(sums))
    others = np.exp(sums - sums.max(axis=1)[:, None])
    others[here, best] = 0
    return np.minimum(-np.log(others.sum(axis=1)), MOST_LEAD), best == right


def _least(sure: np.ndarray, correct: np.ndarray, rate: float) -> float:
    """The confidence from which on at most this share, and one more for safety, was wrong."""
    order = np.argsort(-sure)
    wrong, filed = np.cumsum(~correct[order]), np.arange(1, len(sure) + 1)
    fit = np.nonzero((wrong + 1) / (filed + 1) <= rate)[0]
    return float(sure[order][fit[-1]]) if len(fit) else 1.0


if __name__ == "__main__":
    main()
