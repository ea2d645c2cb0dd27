"""How often the category of an office document that nobody has seen before is right, wrong without review, or left to a person.

200 invented documents (20 categories x 10 kinds), printed, scanned badly and recognised; with 0, 100 and 1,000 decisions of people learnt, which are on
other documents in other words. The documents' texts were written before the schedule's words were read. Field accuracy and CPU of the whole description
come from the same pages. Beside them 71 papers of another city, under its own schedule, of which only names and examples of titles are known, and under ours.
"""

import dataclasses
import functools
import time
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import another_city
from figures import Row, Target
from office_documents import OfficeDocument, decided
from recognised_documents import read as recognise
from recognised_documents import recognised

from scanpipe.config_retention import schedule_of
from scanpipe.core.describing.classification import Verdict, classify
from scanpipe.core.describing.extraction import Extraction, extract
from scanpipe.core.describing.learning import Decision, Model, zones_of_text
from scanpipe.core.model import UNCLASSIFIED, Page
from scanpipe.core.retention import Schedule
from scanpipe.upkeep.teaching.learning import train

ROOT = Path(__file__).parents[2]
LEARNT = (0, 100, 1000)
RIGHT, WRONG = Target(least=0.9), Target(most=0.02)
TITLES, FIELDS, CPU = Target(least=0.85), Target(least=0.95), Target(most=30)
Read = tuple[OfficeDocument, list[Page], Extraction]


@functools.cache
def _schedule() -> Schedule:
    return schedule_of(tomllib.loads((ROOT / "config" / "retention.toml").read_text("utf-8")), "retention.toml")[0]


def rows(most: int | None = None) -> Iterator[Row]:
    """most: so many of the documents, spread over the categories; None = all."""
    read = [(document, [page], extract([page])) for document, page in recognised(most)]
    models = {count: train(_decisions(count), _schedule()) for count in LEARNT}
    for count, model in models.items():
        yield from _judged(f"{count:,} decisions learnt", read, functools.partial(_verdict, model=model))
    yield from _fields(read, "")
    yield _cost(read, models[LEARNT[-1]])
    yield from _another_city(most)


def _another_city(most: int | None) -> Iterator[Row]:
    """Papers in other words than either schedule's, with a schedule of names and titles alone, and with the one we ship."""
    known = another_city.papers()
    step = max(1, len(known) // most) if most else 1
    scans = [(row, *recognise(document, place)) for place, (row, document) in list(enumerate(known))[::step]]
    read = [(document, [page], extract([page])) for _, document, page in scans]
    schedule = another_city.schedule()
    theirs = [(dataclasses.replace(document, category=row), pages, said) for (row, _, _), (document, pages, said) in zip(scans, read, strict=True)]
    yield from _judged("another city's papers and schedule of names alone", theirs, functools.partial(_verdict, schedule=schedule))
    yield from _judged("another city's papers under our schedule", [one for one in read if one[0].category], _verdict)
    yield from _fields(read, "another city's papers: ")


def _decisions(count: int) -> list[Decision]:
    return [_decision(number, document) for number, document in enumerate(decided(count, seed=5), 1)]


def _decision(number: int, document: OfficeDocument) -> Decision:
    zones = zones_of_text(document.title, document.text)
    return Decision(
        title=zones.title, head=zones.head, body_excerpt=zones.body, department="", kind="", category=document.category, number=f"2025-{number:06}"
    )  # fmt: skip


def _verdict(pages: Sequence[Page], extraction: Extraction, *, model: Model | None = None, schedule: Schedule | None = None) -> Verdict:
    """schedule: None = ours."""
    return classify(pages, extraction, schedule or _schedule(), department="", model=model)


def _judged(after: str, read: Sequence[Read], judge: Callable[[Sequence[Page], Extraction], Verdict]) -> Iterator[Row]:
    verdicts = [(document.category, judge(pages, extraction)) for document, pages, extraction in read]
    right = [bool(verdict.suggestions) and verdict.suggestions[0].category == category for category, verdict in verdicts]
    wrong = [verdict.category not in (UNCLASSIFIED, category) for category, verdict in verdicts]
    review = [verdict.category == UNCLASSIFIED for _, verdict in verdicts]
    by_category = {
        category: {"documents": n, **{what: sum(x for (c, _), x in zip(verdicts, flags, strict=True) if c == category) for what, flags in _named(right, wrong, review)}}
        for category, n in Counter(category for category, _ in verdicts).items()
    }  # fmt: skip
    weak = ", ".join(f"{category} {counts['right']}/{counts['documents']}" for category, counts in by_category.items() if counts["right"] < counts["documents"])
    yield Row(what=f"category suggested first is right, {after}", figure=_share(right), unit="%", target=RIGHT, note=weak, details={"by_category": by_category})
    yield Row(what=f"filed wrongly without review, {after}", figure=_share(wrong), unit="%", target=WRONG)
    yield Row(what=f"sent to review, {after}", figure=_share(review), unit="%")


def _named(right: list[bool], wrong: list[bool], review: list[bool]) -> list[tuple[str, list[bool]]]:
    return [("right", right), ("wrong_without_review", wrong), ("to_review", review)]


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / max(len(flags), 1)


def _fields(read: Sequence[Read], whose: str) -> Iterator[Row]:
    """Of the documents that have the field: is it exactly as printed?"""
    wanted = {"title": TITLES, "date": FIELDS, "number": FIELDS, "amount": None}
    for name, target in wanted.items():
        asked = [pair for document, _, extraction in read if (pair := _pair(name, document, extraction))[0]]
        wrong = [f"{want} / {got}" for want, got in asked if want != got]
        figure = 1 - len(wrong) / max(len(asked), 1)
        yield Row(what=f"{whose}{name} exactly right", figure=figure, unit="%", target=target, note=f"{len(asked)} documents", details={"wrong": wrong})


def _pair(name: str, document: OfficeDocument, extraction: Extraction) -> tuple[str, str]:
    pairs: dict[str, tuple[object, object]] = {
        "title": (document.title, extraction.title),
        "date": (document.day, extraction.date),
        "number": (document.number, extraction.document_number),
        "amount": (document.amount, extraction.amount),
    }
    want, got = pairs[name]
    return _closed_up(want), _closed_up(got)


def _closed_up(value: object) -> str:
    return "" if value is None else "".join(unicodedata.normalize("NFKC", str(value)).split())


def _cost(read: Sequence[Read], model: Model) -> Row:
    """Extraction and classification of one document, on one core."""
    began = time.process_time()
    for _, pages, _ in read:
        _verdict(pages, extract(pages), model=model)
    return Row(what="CPU for describing a document", figure=1000 * (time.process_time() - began) / max(len(read), 1), unit="ms", target=CPU)
