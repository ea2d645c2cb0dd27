"""core/describing/learning.py: what of a record a model sees, and what a schedule alone teaches."""

import math
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanpipe.core.describing.learning import Habit, Vocabulary, Zones, grams_of, linear_of, schedule_samples, stems_of, targets, tells, zones_of_text
from scanpipe.core.describing.specimens import specimens_of
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
    assert scores[0] > 0.03 > abs(scores[1])


def test_kana_between_the_stems_of_words_makes_no_difference() -> None:
    assert {stems_of(words) for words in ("予算の流用について", "予算流用")} == {"予算流用"}
    assert stems_of("差し押さえた") == stems_of("差押え") == "差押"
    assert {"予算", "算流", "流用", "予算流"} <= set(grams_of("予算の流用"))
    assert stems_of("ひらがなだけ") == ""


def test_a_name_teaches_what_papers_of_its_matter_say() -> None:
    linear = linear_of(Schedule.of([category("A", "滞納処分"), category("B", "狂犬病予防"), category("C", "給与")]))
    for told, code in (("預金の差押えと公売", "A"), ("犬の鑑札と注射済票", "B"), ("通勤届と扶養親族", "C")):
        scores = linear.scores(linear.vocabulary.vector(Zones(told, "", "")))
        assert linear.categories[int(scores.argmax())] == code


def test_sample_texts_teach_only_the_categories_of_the_shipped_schedule() -> None:
    ours, theirs = category("HR", "人事"), category("HR", "人事課の書類")
    assert any(zones.body for _, zones in schedule_samples(Schedule.of([ours])) if zones.title)
    assert not any(zones.body for _, zones in schedule_samples(Schedule.of([theirs])) if zones.title)
    assert not list(specimens_of("PERSONNEL", "人事"))


def test_the_shipped_schedule_has_sample_texts_for_every_category() -> None:
    found = tomllib.loads((Path(__file__).parents[2] / "config" / "retention.toml").read_text("utf-8"))["category"]
    assert [one["code"] for one in found if len(list(specimens_of(one["code"], one["name"]))) < 5] == []


@pytest.mark.parametrize("name", ["その他", "雑", "他", "その他の文書", "共通", "一般事務", "税"])
def test_a_name_that_says_nothing_is_no_sign_of_a_category(name: str) -> None:
    assert not tells(name)
    assert schedule_samples(Schedule.of([category("A", name)])) == []


def test_short_names_that_say_something_stay() -> None:
    assert all(tells(name) for name in ("監査", "戸籍", "ごみ", "一般廃棄物", "雑草除去"))


def test_a_schedule_of_very_many_titles_is_one_sample_a_category() -> None:
    few = Schedule.of([category("A", "街角", "窓辺", "石段")])
    many = Schedule.of([category(f"C{n}", f"街角{n}", f"窓辺{n}", f"石段{n}") for n in range(1500)])
    assert (len(schedule_samples(few)), len(schedule_samples(many))) == (3, 1500)


def test_a_section_that_decides_otherwise_than_the_rest_has_a_habit() -> None:
    habits = {"tax": {"TAX": 40}, "parks": {"PARK": 40}}
    assert Habit(habits, "tax").of("TAX") > 0 > Habit(habits, "tax").of("PARK")
    assert Habit(habits, "new section").of("TAX") == 0.0
    assert Habit({}, "tax").of("TAX") == 0.0


def test_targets_name_the_category_of_each_sample() -> None:
    assert targets(("A", "B"), ["B", "A", "B"]).tolist() == [[0, 1], [1, 0], [0, 1]]


@settings(max_examples=60)
@given(st.lists(st.text(max_size=40), min_size=3, max_size=3))
def test_any_text_is_a_vector_no_longer_than_one(texts: list[str]) -> None:
    zones = Zones(*texts)
    for vocabulary in (Vocabulary.of([zones]), Vocabulary.of([])):
        values = vocabulary.vector(zones).values
        assert math.sqrt(float((values * values).sum())) <= 1.0001
