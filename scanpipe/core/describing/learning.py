"""What a learnt model sees of a record and what it says of it (design §7). How that is joined with the rules: classification.py.

The model is linear over n-grams of folded text. upkeep/teaching/learning.py trains it on people's decisions; from the schedule's own words one is made here.
Everything is a function of its arguments: the same text, schedule and model give the same answer.
"""

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scanpipe.core.describing.extraction import Extraction
from scanpipe.core.describing.layout import rows_of
from scanpipe.core.describing.matters import related
from scanpipe.core.describing.specimens import specimens_of
from scanpipe.core.model import Page
from scanpipe.core.retention import Category, Schedule
from scanpipe.core.text import fold, normalise

HEAD_ROWS, MOST_BODY = 12, 4000  # rows; signs of the body that count
SHARES = (1.0, 0.7, 0.7)  # length of the title's, the head's and the body's part of a vector, before the whole is made 1 long
SHORTEST, LONGEST = 2, 3  # signs of an n-gram
RIDGE = 1.0  # added to the diagonal: how much a single sample may say
MOST_SOLVED = 1500  # samples of a schedule up to which words that categories share are told apart exactly; above, only by their rarity
LEAST_WEIGHT = 1e-3  # smaller weights say nothing and are not kept
MOST_KEPT_GRAMS = 48  # of a past decision, for "similar to"
LEAST_SIMILAR = 0.25  # cosine from which a past decision is worth showing; papers of one form have 0.7 and more, of one matter in other words 0.2 to 0.4
_SHRINKS = 10.0  # the whole body's habits weigh as much as so many decisions of the section itself
_SAYS_NOTHING = re.compile(r"(?:その他|上記以外|(?:一般|全般|共通|雑|諸|他)(?:件|事務|事項|関係)?)(?:の.{0,6}|\(.*\))?")
_JOINING = re.compile(r"(?<=[一-龠ァ-ヶー々])[ぁ-ん]{1,4}(?=[一-龠ァ-ヶ])|[ぁ-ん]+$")
_DIGITS = str.maketrans("123456789", "000000000")

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided on one record, and what could be seen of it. All texts as they were read, possibly empty.

    head: its first rows; body_excerpt: what follows. category: a code, of the schedule at that time. number: the record's, "" for a sample text.
    restricted: who may see the record at all is limited, so that no other record's evidence names it.
    """

    title: str
    head: str
    body_excerpt: str
    department: str
    kind: str
    category: str
    number: str = ""
    restricted: bool = False


class Zones(NamedTuple):
    """The text of a record by where it stands."""

    title: str
    head: str
    body: str


def zones_of(pages: Sequence[Page], extraction: Extraction) -> Zones:
    """Title, first rows and the rest of the first and last pages."""
    return _zones(extraction.title, [row.text for row in rows_of(pages)])


def zones_of_text(title: str | None, text: str) -> Zones:
    """The same from a record's stored title and text."""
    return _zones(title, [row for row in text.replace("\f", "\n").split("\n") if row.strip()])


def _zones(title: str | None, rows: Sequence[str]) -> Zones:
    return Zones(title or "", "\n".join(rows[:HEAD_ROWS]), "\n".join(rows[HEAD_ROWS:])[:MOST_BODY])


def grams_of(text: str) -> Counter[str]:
    """How often each run of 2 or 3 signs stands in the text. None crosses punctuation or a line's end; all digits are one.

    Runs of the stems too, without the kana between them, so that 予算の流用, 支払い命令 and 差し押さえ are like 予算流用, 支払命令 and 差押.
    """
    found: Counter[str] = Counter()
    for line in text.split("\n"):
        for run in folded(line).split(" "):
            found.update(_runs(run))
            found.update(_runs(stems) - _runs(run) if (stems := stems_of(run)) != run else ())
    return found


def _runs(run: str) -> Counter[str]:
    return Counter(run[at : at + length] for length in range(SHORTEST, LONGEST + 1) for at in range(len(run) - length + 1))


def stems_of(run: str) -> str:
    """Folded text without the kana that join or end its words: up to four between two other signs, and those at its ends."""
    return _JOINING.sub("", run)


def folded(text: str) -> str:
    """As the n-grams are made from it."""
    return fold(text).translate(_DIGITS)


def gram_id(gram: str) -> int:
    """32 bits that stand for an n-gram: CRC-32 of its UTF-8."""
    return zlib.crc32(gram.encode())


# --- vectors ---


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The n-grams that a model knows. ids: sorted, unsigned 32 bits; rarity: the factor of each; unknown: that of any other."""

    ids: Array
    rarity: Array
    unknown: float

    @classmethod
    def of(cls, samples: Iterable[Zones]) -> "Vocabulary":
        """All n-grams of the samples; rarity: 1 + ln of how seldom they are."""
        holders: Counter[int] = Counter()
        n = 0
        for zones in samples:
            holders.update({gram_id(gram) for text in zones for gram in grams_of(text)})
            n += 1
        ids = np.array(sorted(holders), dtype=np.uint32)
        counts = np.array([holders[int(one)] for one in ids], dtype=np.float64)
        return cls(ids, (1 + np.log((1 + n) / (1 + counts))).astype(np.float32), 1 + math.log(1 + n))

    def vector(self, zones: Zones) -> "Vector":
        """The record as weights of n-grams: 1 long, counting those that are not known, which are left out."""
        weights: dict[str, float] = {}
        for text, share in zip(zones, SHARES, strict=True):
            for gram, weight in self._part(text, share):
                weights[gram] = weights.get(gram, 0.0) + weight
        grams = np.array(list(weights), dtype=object)
        values = np.fromiter(weights.values(), dtype=np.float32, count=len(weights))
        places, known = self._places(list(weights))
        length = float(np.sqrt(np.sum(values * values))) or 1.0
        return Vector(places[known], values[known] / length, grams[known])

    def _part(self, text: str, share: float) -> Iterator[tuple[str, float]]:
        counts = grams_of(text)
        if not counts:
            return
        places, known = self._places(list(counts))
        rarity = np.full(len(counts), self.unknown)
        rarity[known] = self.rarity[places[known]]
        values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float64, count=len(counts)))) * rarity
        yield from zip(counts, (values * (share / np.sqrt(np.sum(values * values)))).tolist(), strict=True)

    def _places(self, grams: Sequence[str]) -> tuple[Array, Array]:
        """Index of each n-gram in `ids`, and whether it is there."""
        wanted = np.fromiter(map(gram_id, grams), dtype=np.uint32, count=len(grams))
        if not len(self.ids):
            return np.zeros(len(grams), dtype=np.int64), np.zeros(len(grams), dtype=bool)
        places = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        return places, self.ids[places] == wanted


class Vector(NamedTuple):
    """places: indices into a vocabulary; values: the weights; grams: the n-grams themselves."""

    places: Array
    values: Array
    grams: Array


# --- the linear model ---


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """Scores of categories, linear in a vector; about 1 for what it was trained to be and 0 for what not.

    The weights of the n-gram at place n are those from starts[n] to starts[n+1]; owners: the category's index in `categories`.
    """

    categories: tuple[str, ...]
    vocabulary: Vocabulary
    starts: Array
    owners: Array
    weights: Array

    @classmethod
    def of(cls, categories: tuple[str, ...], vocabulary: Vocabulary, vectors: Sequence[Vector], dual: Array) -> "Linear":
        """dual: what each sample adds for each category (samples x categories): the model is the sum of its samples."""
        by_gram = _transposed(vectors, len(vocabulary.ids))
        starts, owners, weights = [0], [], []
        for samples, values in by_gram:
            row = values @ dual[samples]
            kept = np.nonzero(np.abs(row) > LEAST_WEIGHT)[0]
            owners.append(kept.astype(np.int32))
            weights.append(row[kept].astype(np.float32))
            starts.append(starts[-1] + len(kept))
        flat = (np.concatenate(owners), np.concatenate(weights)) if owners else (np.zeros(0, np.int32), np.zeros(0, np.float32))
        return cls(categories, vocabulary, np.array(starts, dtype=np.int64), *flat)

    def scores(self, vector: Vector) -> Array:
        """One score for each category."""
        answer = np.zeros(len(self.categories))
        for place, value in zip(vector.places.tolist(), vector.values.tolist(), strict=True):
            start, end = self.starts[place], self.starts[place + 1]
            answer[self.owners[start:end]] += value * self.weights[start:end]
        return answer

    def told(self, vector: Vector, category: str) -> list[tuple[str, float]]:
        """The n-grams that spoke for this category and how much each added, the loudest first."""
        index, found = self.categories.index(category), []
        for place, value, gram in zip(vector.places.tolist(), vector.values.tolist(), vector.grams, strict=True):
            start, end = self.starts[place], self.starts[place + 1]
            mine = self.weights[start:end][self.owners[start:end] == index]
            if len(mine) and mine[0] > 0:
                found.append((str(gram), float(value * mine[0])))
        return sorted(found, key=lambda one: (-one[1], one[0]))


def _transposed(vectors: Sequence[Vector], width: int) -> Iterator[tuple[Array, Array]]:
    """For each n-gram the samples that hold it and their values."""
    places = np.concatenate([vector.places for vector in vectors]) if vectors else np.zeros(0, np.int64)
    values = np.concatenate([vector.values for vector in vectors]) if vectors else np.zeros(0)
    samples = np.repeat(np.arange(len(vectors)), [len(vector.places) for vector in vectors])
    order = np.argsort(places, kind="stable")
    ends = np.searchsorted(places[order], np.arange(1, width + 1))
    start = 0
    for end in ends.tolist():
        yield samples[order[start:end]], values[order[start:end]]
        start = end


def likeness(vectors: Sequence[Vector], width: int) -> Array:
    """Products of all samples with each other."""
    matrix = np.zeros((len(vectors), len(vectors)))
    for samples, values in _transposed(vectors, width):
        matrix[np.ix_(samples, samples)] += np.outer(values, values)
    return matrix


# --- a model of the schedule alone ---


def schedule_samples(schedule: Schedule) -> list[tuple[str, Zones]]:
    """What the schedule itself says of its categories: each name, typical title and sub-rule as a title, its words as a body.

    Of a schedule with very many titles one sample a category, so that the model stays small.
    """
    found = [(code, zones) for code, category in schedule.categories.items() for zones in _samples(category)]
    found += [(code, Zones("", "", "\n".join(words))) for code, words in related({code: names_of(category) for code, category in schedule.categories.items()})]
    if len(found) <= 2 * MOST_SOLVED:
        return found
    return [(code, Zones("\n".join(names_of(category)), "", "\n".join(category.words))) for code, category in schedule.categories.items()]


def names_of(category: Category) -> tuple[str, ...]:
    """Its name, typical titles and sub-rules, each once; without those that say nothing of a record: その他, 雑, one sign alone."""
    names = (category.name, *category.titles, *(special.title for special in category.overrides))
    return tuple(name for name in dict.fromkeys(names) if tells(name))


def tells(name: str) -> bool:
    """Whether a category's name can be told from a record's words."""
    plain = re.sub(r"\s", "", normalise(name))
    return len(plain) > 1 and not _SAYS_NOTHING.fullmatch(plain)


def _samples(category: Category) -> Iterator[Zones]:
    for title, text in specimens_of(category.code, category.name):
        yield Zones(title, "", text)
    for title in names_of(category):
        yield Zones(title, "", "")
    if category.words:
        yield Zones("", "", "\n".join(category.words))


_of_schedules: dict[str, Linear] = {}


def linear_of(schedule: Schedule) -> Linear:
    """The model that the schedule's own names, titles and words make; kept for the last few schedules."""
    if schedule.digest not in _of_schedules:
        if len(_of_schedules) > 2:
            _of_schedules.clear()
        _of_schedules[schedule.digest] = _trained(schedule)
    return _of_schedules[schedule.digest]


def _trained(schedule: Schedule) -> Linear:
    samples = schedule_samples(schedule)
    codes = tuple(schedule.categories)
    vocabulary = Vocabulary.of(zones for _, zones in samples)
    vectors = [vocabulary.vector(zones) for _, zones in samples]
    owners = targets(codes, [code for code, _ in samples])
    if len(samples) > MOST_SOLVED:
        return Linear.of(codes, vocabulary, vectors, owners / (1 + RIDGE))
    matrix = likeness(vectors, len(vocabulary.ids)) + RIDGE * np.eye(len(vectors))
    return Linear.of(codes, vocabulary, vectors, np.linalg.solve(matrix, owners) if len(vectors) else owners)


def targets(codes: Sequence[str], owners: Sequence[str]) -> Array:
    """1 where a sample is of a category, else 0 (samples x categories)."""
    index = {code: n for n, code in enumerate(codes)}
    matrix = np.zeros((len(owners), len(codes)), dtype=np.float32)
    matrix[np.arange(len(owners)), [index[code] for code in owners]] = 1.0
    return matrix


# --- what people decided ---


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Past:
    """The decisions that a model has learnt from: to name similar ones, and to compare models.

    keys: one a decision (`decision_key`); numbers: of the records, "" for sample texts and restricted ones; titles: of the same, possibly "";
    departments: the sections that kept them; categories: as decided. right: whether a model that had not seen it would have suggested it first.
    starts, places, values: the loudest n-grams of each, as in Linear.
    """

    keys: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    right: tuple[bool, ...] = ()
    starts: Array = field(default_factory=lambda: np.zeros(1, np.int64))
    places: Array = field(default_factory=lambda: np.zeros(0, np.int32))
    values: Array = field(default_factory=lambda: np.zeros(0, np.float32))

    def similar(self, vector: Vector, width: int) -> list["Alike"]:
        """Records that people decided on and that look like this one, the most alike first."""
        if not len(self.places):
            return []
        dense = np.zeros(width, dtype=np.float32)
        dense[vector.places] = vector.values
        sums = np.concatenate(([0.0], np.cumsum(dense[self.places] * self.values, dtype=np.float64)))
        alike = sums[self.starts[1:]] - sums[self.starts[:-1]]
        own = dense[np.unique(vector.places)]
        length = float(np.sqrt(np.sum(np.sort(own)[-MOST_KEPT_GRAMS:] ** 2))) or 1.0
        places = [n for n in np.argsort(-alike, kind="stable").tolist() if alike[n] >= LEAST_SIMILAR * length and self.numbers[n]]
        return [Alike(self.numbers[n], self.titles[n], self.departments[n], self.categories[n], min(1.0, float(alike[n]) / length)) for n in places]


class Alike(NamedTuple):
    """A decided record that looks like another. title: "" where it has none. likeness: 0-1."""

    number: str
    title: str
    department: str
    category: str
    likeness: float


def decision_key(decision: Decision) -> str:
    """The same for the same record and decision; 8 hex digits."""
    text = "\x00".join((decision.number, decision.category) if decision.number else (decision.title, decision.head, decision.category))
    return f"{zlib.crc32(text.encode()):08x}"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Model:
    """What was learnt from people's decisions; a file of the store (learnt.py).

    digest: sha256 of the file, "" before it is one. version: how many models came before, from 1. schedule: digest of the schedule it was trained for.
    habits: decisions by section and category. thresholds: pairs (wanted error rate, confidence from which cross-validation stays within it), rising rate.
    figures: what cross-validation said, as `scanpipe learn --json` shows it.
    """

    linear: Linear
    past: Past = field(default_factory=Past)
    habits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    thresholds: tuple[tuple[float, float], ...] = ()
    schedule: str = ""
    version: int = 1
    digest: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


class Habit:
    """How one section decides, against the whole body."""

    def __init__(self, habits: Mapping[str, Mapping[str, int]], department: str) -> None:
        self.own = habits.get(department, {})
        self.decisions = sum(self.own.values())
        self._whole: Counter[str] = Counter()
        for counts in habits.values() if self.own else ():
            self._whole.update(counts)
        self._all = self._whole.total() + len(self._whole) + 1

    def of(self, code: str) -> float:
        """ln of how much oftener than the whole body the section decides for this category; 0 for a section that has not decided yet."""
        if not self.decisions:
            return 0.0
        usual = (self._whole[code] + 1) / self._all
        return math.log((self.own.get(code, 0) + _SHRINKS * usual) / (self.decisions + _SHRINKS) / usual)
