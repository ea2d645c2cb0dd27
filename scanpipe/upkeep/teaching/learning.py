"""Learns from people's decisions (`scanpipe learn`, nightly): trains a model, cross-validates it, and puts it in force only if it is no worse.

scikit-learn and scipy are used here alone, in a process of its own (see daemon.py), so that the daemon stays small.
"""

import json
import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GroupKFold

from scanpipe import learnt
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.describing.classification import Heard, confidences, points_of, threshold_for
from scanpipe.core.describing.extraction import Extraction
from scanpipe.core.describing.learning import (
    MOST_KEPT_GRAMS,
    RIDGE,
    Array,
    Decision,
    Habit,
    Linear,
    Model,
    Past,
    Vector,
    Vocabulary,
    Zones,
    decision_key,
    folded,
    schedule_samples,
    targets,
    zones_of_text,
)
from scanpipe.core.describing.scoring import score
from scanpipe.core.model import UNCLASSIFIED, Page, State
from scanpipe.core.retention import Schedule
from scanpipe.errors import Damaged, NotFound
from scanpipe.i18n import N_, _

MOST_DECISIONS = 4000  # the newest; more would teach little and need memory of their square
LEAST_TOLD = 20  # decisions; of fewer a share of right ones would only mislead
LEAST_DECISIONS = 300  # fewer say too little about an error rate of 2 %
FOLDS = 5
RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a training. replaced: whether the new model is in force, or would be. new, old: shares over the same decisions, None where there was no old one.

    dry_run: nothing was written; the model in force is as it was.
    """

    replaced: bool
    model: Model
    decisions: int
    new: Mapping[str, float]
    old: Mapping[str, float] | None
    dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "replaced": self.replaced, "decisions": self.decisions, "version": self.model.version, "digest": self.model.digest,
            "schedule": self.model.schedule, "new": dict(self.new), "old": dict(self.old) if self.old else None, "figures": dict(self.model.figures),
            "dry_run": self.dry_run,
        }  # fmt: skip

    def in_words(self) -> str:
        """What happened, for a person; of the old and the new model over the same decisions."""
        if not self.decisions:
            return _("Nobody has decided on a record yet. The model knows what the retention schedule says.")
        said = {"n": self.decisions, "new": f"{self.new['right']:.1%}", "old": f"{self.old['right']:.1%}" if self.old else ""}
        if self.replaced and self.decisions < LEAST_TOLD:
            return _("Learnt from {n} decisions, covers included: too few yet to say how many of the next ones will be suggested right.").format(**said)
        if self.old is None:
            return _("Learnt from {n} decisions: {new} of them would have been suggested first.").format(**said)
        if not self.replaced and self.new == self.old:
            return _("Nothing was decided since the last time: the model of {n} decisions stays.").format(**said)
        if self.replaced:
            return _("Learnt from {n} decisions: {new} of them would have been suggested first, {old} by the model before. The new one is used.").format(**said)
        return _("Learnt from {n} decisions: {new} of them would have been suggested first, {old} by the model before. The old one stays.").format(**said)


def learn(settings: Settings, at: datetime, *, dry_run: bool = False) -> Outcome:
    """Trains on all that people decided and on the sample texts, and puts the model in force if it is no worse than the one there is; not in a dry run.

    Raises NoCatalogue, NotFound for a folder of samples that is not there, PlaceError.
    """
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        known = [*samples(settings), *decisions(reader, settings.schedule.restricted)]
    finally:
        reader.close()
    old = _old_model(settings.layout.store)
    if old and _knows_all(old, known, settings.schedule):
        return Outcome(replaced=False, model=old, decisions=len(old.past.keys), new=_right(old), old=_right(old), dry_run=dry_run)
    new = train(known, settings.schedule, settings.describe.wrong_without_review, version=old.version + 1 if old else 1, at=at)
    return _outcome(new, old, known, settings, dry_run=dry_run)


def _old_model(store: Path) -> Model | None:
    try:
        return learnt.load(learnt.model_file(store))
    except (FileNotFoundError, Damaged):  # one that cannot be read is replaced
        return None


def _knows_all(model: Model, known: Sequence[Decision], schedule: Schedule) -> bool:
    """Whether a training would only repeat what this model is."""
    return model.schedule == schedule.digest and model.past.keys == tuple(decision_key(one) for one in _usable(known, schedule))


def _right(model: Model) -> dict[str, float]:
    return {"right": round(float(np.mean(model.past.right)), 4) if model.past.right else 0.0}


def _outcome(new: Model, old: Model | None, known: Sequence[Decision], settings: Settings, *, dry_run: bool = False) -> Outcome:
    """Both models on the same decisions: what a model had learnt counts as it did when it had not yet seen it."""
    judged = _usable(known, settings.schedule)
    before = _share(old, judged, settings.schedule) if old else None
    now = _right(new)
    judged_apart = "right" in new.figures  # of a single title nothing can be cross-validated: then what stands is learnt
    worse = judged_apart and before is not None and old is not None and old.schedule == new.schedule and now["right"] < before["right"]
    figures = {**new.figures, "replaced": dict(before) if before else None}
    better = replace(new, figures=figures)
    model = old if worse and old else better if dry_run else learnt.save(better, settings.layout.store)
    return Outcome(replaced=not worse, model=model, decisions=len(judged), new=now, old=before, dry_run=dry_run)


def _share(model: Model, judged: Sequence[Decision], schedule: Schedule) -> dict[str, float]:
    seen = dict(zip(model.past.keys, model.past.right, strict=True))
    right = [seen[key] if (key := decision_key(one)) in seen else _best(model, one, schedule) == one.category for one in judged]
    return {"right": round(float(np.mean(right)), 4) if right else 0.0}


def _best(model: Model, decision: Decision, schedule: Schedule) -> str | None:
    scores = model.linear.scores(model.linear.vocabulary.vector(_zones(decision)))
    spoken = dict(zip(model.linear.categories, scores.tolist(), strict=True))
    heard = _heard(_points(decision, schedule), spoken, Habit(model.habits, decision.department), schedule)
    return next(iter(confidences(heard, schedule)), None)


# --- what is known ---


def decisions(reader: CatalogueReader, closed: Collection[str] = ()) -> Iterator[Decision]:
    """What people decided on records: corrections and confirmations that stand, and categories on cover sheets; the oldest first.

    closed: codes of the schedule's restricted categories. A record that was disposed of teaches nothing any more.
    """
    rows = reader.db.conn.execute(
        """SELECT a.id, a.number, a.serial, a.department, d.title, d.kind, d.category, d.restricted,
                  (SELECT max(c.at) FROM correction c WHERE c.accession_id = a.id) AS decided
             FROM accession a JOIN description d ON d.accession_id = a.id
            WHERE a.state <> ? AND (EXISTS (SELECT 1 FROM correction c WHERE c.accession_id = a.id) OR json_extract(a.declared, '$.category') = d.category)
            ORDER BY decided, a.serial""",
        [State.DISPOSED],
    ).fetchall()
    for row in rows:
        if row["category"] != UNCLASSIFIED and (row["decided"] is None or _stands(reader, row["id"])):
            zones = zones_of_text(row["title"], _text(reader, row["serial"]))
            yield Decision(
                title=zones.title,
                head=zones.head,
                body_excerpt=zones.body,
                department=row["department"],
                kind=row["kind"] or "",
                category=row["category"],
                number=row["number"],
                restricted=bool(row["restricted"]) or row["category"] in closed,
            )


def _stands(reader: CatalogueReader, id: str) -> bool:
    """Whether a correction of the category, or a confirmation of the whole, was not taken back."""
    rows = reader.db.conn.execute("SELECT number, changes, undoes FROM correction WHERE accession_id = ? ORDER BY number", [id]).fetchall()
    gone = {row["undoes"] for row in rows}
    changes = [json.loads(row["changes"]) for row in rows if row["undoes"] is None and row["number"] not in gone]
    return any(not one or "category" in one for one in changes)


def _text(reader: CatalogueReader, serial: int) -> str:
    rows = reader.db.conn.execute("SELECT text FROM page WHERE serial = ? ORDER BY number LIMIT 5", [serial]).fetchall()
    return "\n".join(row["text"] for row in rows)


def samples(settings: Settings) -> Iterator[Decision]:
    """Sample texts: <folder of [describe] samples>/<CODE>/*.txt, UTF-8; the first line of each is its title. Raises NotFound for a folder that is not there."""
    if not settings.describe.samples:
        return
    folder = settings.file.parent / settings.describe.samples
    if not folder.is_dir():
        raise NotFound(N_("There is no folder {path} with sample texts. Make it, or remove [describe] samples from scanpipe.toml."), path=str(folder))
    for path in sorted(folder.glob("*/*.txt")):
        text = path.read_text("utf-8-sig", errors="replace")
        zones = zones_of_text(next((line.strip() for line in text.splitlines() if line.strip()), ""), text)
        yield Decision(title=zones.title, head=zones.head, body_excerpt=zones.body, department="", kind="", category=path.parent.name)


def _usable(known: Sequence[Decision], schedule: Schedule) -> list[Decision]:
    """The newest decisions for categories that the schedule still has; of one record the newest."""
    newest = {one.number or decision_key(one): one for one in known if one.category in schedule.categories}
    return list(newest.values())[-MOST_DECISIONS:]


def _zones(decision: Decision) -> Zones:
    return Zones(decision.title, decision.head, decision.body_excerpt)


# --- training ---


def train(known: Sequence[Decision], schedule: Schedule, wanted: float = 0.02, *, version: int = 1, at: datetime | None = None) -> Model:
    """A model of the schedule's own words and of these decisions, with what cross-validation says of it. Works without any decision or category.

    wanted: the error rate that the figures are given for.
    """
    judged = _usable(known, schedule)
    own = schedule_samples(schedule)
    codes, owners = tuple(schedule.categories), [code for code, _ in own] + [one.category for one in judged]
    zones = [each for _, each in own] + [_zones(one) for one in judged]
    vocabulary = Vocabulary.of(zones)
    vectors = [vocabulary.vector(each) for each in zones]
    matrix, wants = _likeness(vectors, len(vocabulary.ids)), targets(codes, owners)
    linear = Linear.of(codes, vocabulary, vectors, _dual(matrix, wants))
    trial = _cross_validated(judged, matrix, wants, len(own), schedule)
    habits = _habits(judged)
    past = _past(judged, vectors[len(own) :], tuple(bool(one.right) for one in trial))
    figures = _figures(trial, wanted, len(judged), at)
    return Model(linear=linear, past=past, habits=habits, thresholds=_thresholds(trial), schedule=schedule.digest, version=version, figures=figures)


def _likeness(vectors: Sequence[Vector], width: int) -> Array:
    ends = np.cumsum([0, *(len(vector.places) for vector in vectors)])
    places = np.concatenate([vector.places for vector in vectors]) if vectors else np.zeros(0, np.int64)
    values = np.concatenate([vector.values for vector in vectors]) if vectors else np.zeros(0, np.float32)
    sparse = csr_matrix((values, places, ends), shape=(len(vectors), width), dtype=np.float32)
    dense: Array = (sparse @ sparse.T).toarray()
    return dense


def _dual(matrix: Array, wants: Array) -> Array:
    """Ridge regression on all samples at once: what each adds for each category."""
    if not len(matrix) or not wants.shape[1]:
        return wants
    fitted = KernelRidge(alpha=RIDGE, kernel="precomputed").fit(matrix, wants)
    dual: Array = np.asarray(fitted.dual_coef_, dtype=np.float32).reshape(wants.shape)
    return dual


@dataclass(frozen=True, slots=True)
class _Trial:
    """One decision judged by a model that had not seen it, nor any of the same title."""

    category: str
    suggested: str | None
    confidence: float

    @property
    def right(self) -> bool:
        return self.suggested == self.category


def _cross_validated(judged: Sequence[Decision], matrix: Array, wants: Array, own: int, schedule: Schedule) -> list[_Trial]:
    groups = [folded(one.title) or str(n) for n, one in enumerate(judged)]
    if len(set(groups)) < 2:
        return []
    trials: dict[int, _Trial] = {}
    points = [_points(one, schedule) for one in judged]
    for kept, left in GroupKFold(n_splits=min(FOLDS, len(set(groups)))).split(judged, groups=groups):
        rows = np.concatenate((np.arange(own), own + kept))
        scores = matrix[np.ix_(own + left, rows)] @ _dual(matrix[np.ix_(rows, rows)], wants[rows])
        counts = _habits([judged[n] for n in kept])
        habits = {department: Habit(counts, department) for department in {judged[n].department for n in left}}
        for n, row in zip(left.tolist(), scores.tolist(), strict=True):
            spoken = dict(zip(schedule.categories, row, strict=True))
            sure = confidences(_heard(points[n], spoken, habits[judged[n].department], schedule), schedule)
            best = next(iter(sure.items()), (None, 0.0))
            trials[n] = _Trial(judged[n].category, *best)
    return [trials[n] for n in range(len(judged))]


def _points(decision: Decision, schedule: Schedule) -> dict[str, float]:
    """Of the rules; the stored text has no boxes, so the title is taken as it was found then."""
    page = Page(number=1, width=1, height=1, dpi=1.0, source="digital", text=f"{decision.head}\n{decision.body_excerpt}")
    return points_of(score([page], Extraction(title=decision.title or None, kind=decision.kind or None), schedule), schedule)


def _heard(points: Mapping[str, float], spoken: Mapping[str, float], habit: Habit, schedule: Schedule) -> dict[str, Heard]:
    return {code: Heard(points=points.get(code, 0.0), score=spoken.get(code, 0.0), habit=habit.of(code)) for code in schedule.categories}


def _habits(judged: Sequence[Decision]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for one in judged:
        if one.department:
            found.setdefault(one.department, Counter())[one.category] += 1
    return {department: dict(counts) for department, counts in found.items()}


def _past(judged: Sequence[Decision], vectors: Sequence[Vector], right: tuple[bool, ...]) -> Past:
    starts, places, values = [0], [], []
    for vector in vectors:
        loudest = np.argsort(-vector.values, kind="stable")[:MOST_KEPT_GRAMS]
        kept = vector.values[loudest]
        places.append(vector.places[loudest].astype(np.int32))
        values.append((kept / (float(np.sqrt(np.sum(kept * kept))) or 1.0)).astype(np.float32))
        starts.append(starts[-1] + len(loudest))
    if not judged:
        return Past()
    return Past(
        keys=tuple(decision_key(one) for one in judged),
        numbers=tuple("" if one.restricted else one.number for one in judged),
        titles=tuple("" if one.restricted else one.title for one in judged),
        departments=tuple(one.department for one in judged),
        categories=tuple(one.category for one in judged),
        right=right or (False,) * len(judged),
        starts=np.array(starts, dtype=np.int64),
        places=np.concatenate(places),
        values=np.concatenate(values),
    )


# --- figures ---


def _thresholds(trial: Sequence[_Trial]) -> tuple[tuple[float, float], ...]:
    """For each error rate the confidence from which on at most that share, and one more for safety, was wrong; none for few decisions."""
    if len(trial) < LEAST_DECISIONS:
        return ()
    return tuple((rate, _least(trial, rate)) for rate in RATES)


def _least(trial: Sequence[_Trial], rate: float) -> float:
    wrong, least = 0, 1.01
    for filed, one in enumerate(sorted(trial, key=lambda one: (-one.confidence, one.right)), 1):
        wrong += not one.right
        if (wrong + 1) / (filed + 1) <= rate:
            least = one.confidence
    return round(math.floor(least * 1e4) / 1e4, 4)


def _figures(trial: Sequence[_Trial], wanted: float, decided: int, at: datetime | None) -> dict[str, Any]:
    """Shares of all decisions: suggested right, filed wrongly without review, sent to review; by category how many and how many right."""
    facts: dict[str, Any] = {"decisions": decided, "at": at.isoformat() if at else None, "wanted": wanted}
    if not trial:
        return facts
    least = threshold_for(wanted, Model(linear=_NO_LINEAR, thresholds=_thresholds(trial)))
    by_category = {code: {"decisions": 0, "right": 0} for code in sorted({one.category for one in trial})}
    for one in trial:
        by_category[one.category]["decisions"] += 1
        by_category[one.category]["right"] += one.right
    shares = {
        "right": float(np.mean([one.right for one in trial])),
        "wrong_without_review": float(np.mean([one.confidence >= least and not one.right for one in trial])),
        "to_review": float(np.mean([one.confidence < least for one in trial])),
    }
    return facts | {name: round(share, 4) for name, share in shares.items()} | {"threshold": least, "categories": by_category}


_NO_LINEAR = Linear((), Vocabulary(np.zeros(0, np.uint32), np.zeros(0, np.float32), 1.0), np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
