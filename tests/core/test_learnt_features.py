"""core/learning.py: what of a record a model sees, and what a schedule alone teaches."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from scanpipe.core.learning import Habit, Vocabulary, Zones, grams_of, linear_of, schedule_samples, targets, zones_of_text
from scanpipe.core.retention import Category, Schedule


def category(code: str, name: str, *titles: str) -> Category:
    return Category(code=code, name=name, name_en="", period=5, start="fy_next_apr1", disposition="dispose", titles=titles)


def test_n_grams_cross_neither_punctuation_nor_a_line_s_end_and_all_digits_are_one() -> None:
    assert dict(grams_of("税、務\n7年")) == {"0年": 1}
    assert dict(grams_of("納税額")) == {"納税": 1, "税額": 1, "納税額": 1}


def test_the_title_the_first_rows_and_the_rest_are_apart() -> None:
    text = "\n".join(f"行{n}" for n in range(14))
    assert zones_of_text("件名", text) == Zones("件名", "\n".join(f"行{n}" for n in range(12)), "行12\n行13")


def test_a_name_teaches_what_is_like_it() -> None:
    linear = linear_of(Schedule.of([category("A", "道路除雪"), category("B", "公園遊具")]))
    scores = linear.scores(linear.vocabulary.vector(Zones("除雪の記録", "", "")))
    assert scores[0] > 0.05 > abs(scores[1])


def test_a_schedule_of_very_many_titles_is_one_sample_a_category() -> None:
    few = Schedule.of([category("A", "道路", "除雪", "舗装")])
    many = Schedule.of([category(f"C{n}", f"道路{n}", f"除雪{n}", f"舗装{n}") for n in range(1500)])
    assert (len(schedule_samples(few)), len(schedule_samples(many))) == (3, 1500)


def test_a_section_that_decides_otherwise_than_the_rest_has_a_habit() -> None:
    habits = {"tax": {"TAX": 40}, "parks": {"PARK": 40}}
    assert Habit(habits, "tax").of("TAX") > 0 > Habit(habits, "tax").of("PARK")
    assert Habit(habits, "new section").of("TAX") == 0.0
    assert Habit({}, "tax").of("TAX") == 0.0


def test_targets_name_the_category_of_each_sample() -> None:
    assert targets(("A", "B"), ["B", "A", "B"]).tolist() == [[0, 1], [1, 0], [0, 1]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=3, max_size=3))
def test_any_text_is_a_vector_no_longer_than_one(texts: list[str]) -> None:
    zones = Zones(*texts)
    for vocabulary in (Vocabulary.of([zones]), Vocabulary.of([])):
        values = vocabulary.vector(zones).values
        assert math.sqrt(float((values * values).sum())) <= 1.0001
