"""upkeep/teaching/learning.py and learnt.py: training on decisions, cross-validation, and which model is in force."""

import io
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanpipe import config, learnt
from scanpipe.config import Settings
from scanpipe.core.describing.classification import Verdict, classify, threshold_for
from scanpipe.core.describing.extraction import extract
from scanpipe.core.describing.learning import Decision, Model
from scanpipe.core.model import UNCLASSIFIED, Page
from scanpipe.core.retention import Category, Schedule
from scanpipe.errors import Damaged, NotFound
from scanpipe.upkeep.teaching.explain import explain
from scanpipe.upkeep.teaching.learning import _outcome, samples, train

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORDS = {
    "A": ["除雪", "融雪", "凍結", "積雪", "雪捨場"],
    "B": ["遊具", "芝生", "花壇", "砂場", "樹木"],
    "C": ["蔵書", "返却", "貸出", "閲覧", "司書"],
}  # none stands in a title


def schedule(*codes: str) -> Schedule:
    names = {"A": "冬期対策", "B": "公園", "C": "図書館"}
    return Schedule.of(
        Category(code=code, name=names.get(code, code), name_en="", period=5, start="fy_next_apr1", disposition="dispose") for code in codes or names
    )


def decision(code: str, number: int, department: str = "01") -> Decision:
    chance = random.Random(f"{code}{number}")
    first, second, third = chance.sample(WORDS[code], 3)
    return Decision(
        title=f"{first}の状況について{number}", head=f"{first}の状況について\n{second}を確認した。", body_excerpt=f"{third}の記録。",
        department=department, kind="報告", category=code, number=f"2025-{number:06}",
    )  # fmt: skip


def decided(count: int) -> list[Decision]:
    return [decision("ABC"[n % 3], n) for n in range(count)]


def verdict(text: str, model: Model | None, known: Schedule, department: str = "01") -> Verdict:
    pages = [Page(number=1, width=1654, height=2339, dpi=200, text=text)]
    return classify(pages, extract(pages), known, department=department, model=model)


def test_a_category_is_learnt_from_decisions_whose_words_the_schedule_does_not_have() -> None:
    text = "融雪と凍結について\n令和7年12月1日\n積雪の記録。"
    assert verdict(text, None, schedule()).suggestions == ()
    learnt_now = verdict(text, train(decided(90), schedule()), schedule())
    assert learnt_now.suggestions[0].category == "A"


def test_the_evidence_names_n_grams_and_similar_records() -> None:
    said = verdict("除雪の状況について\n令和7年12月1日\n融雪を確認した。\n凍結の記録。", train(decided(90), schedule()), schedule())
    rules = [one.rule.partition(":")[0] for one in said.evidence]
    assert {"ngram", "similar"} <= set(rules)
    assert all(one.rule.removeprefix("similar:").startswith("2025-") for one in said.evidence if one.rule.startswith("similar:"))
    ngram = next(one for one in said.evidence if one.rule.startswith("ngram:"))
    assert ngram.quote and ngram.page == 1 and (ngram.weight or 0) > 0


def test_similar_records_are_named_with_their_titles_to_their_own_section_alone() -> None:
    known = [replace(decision("A", n, "snow"), restricted=n == 0) for n in range(3)] + [decision("B", n, "park") for n in range(10, 40)]
    model = train(known, schedule())

    def similar(section: str) -> list[tuple[str, str]]:
        said = verdict(f"{known[1].head}\n{known[1].body_excerpt}", model, schedule(), section).evidence
        return [(one.rule, one.quote.partition("→ A ")[0].strip()) for one in said if one.rule.startswith("similar:")]

    assert similar("snow")[0] == ("similar:2025-000001", known[1].title)
    assert similar("park")[0] == ("similar:2025-000001", "")
    assert known[0].number not in model.past.numbers and known[0].title not in model.past.titles


def test_what_a_section_decided_is_told_however_little_it_weighs() -> None:
    known = [decision("A", n, "snow") for n in range(3)]
    said = verdict(f"{known[0].head}\n{known[0].body_excerpt}", train(known, schedule()), schedule(), "snow").evidence
    assert ("section:snow", "3/3") in {(one.rule, one.quote) for one in said}


def test_a_single_decision_is_told_without_a_share_of_right_ones(site: Settings) -> None:
    settings = replace(site, schedule=schedule())
    outcome = _outcome(train(decided(1), schedule(), at=NOW), None, decided(1), settings)
    assert "%" not in outcome.in_words() and "1" in outcome.in_words()


def test_a_decision_taken_back_is_forgotten_even_where_nothing_can_be_cross_validated(site: Settings) -> None:
    settings = replace(site, schedule=schedule())
    two = train(decided(2), schedule(), at=NOW)
    first = _outcome(replace(two, past=replace(two.past, right=(True, True))), None, decided(2), settings)
    second = _outcome(train(decided(1), schedule(), version=2, at=NOW), first.model, decided(1), settings)
    assert (second.replaced, second.model.past.numbers) == (True, ("2025-000000",))


def test_a_dry_run_shows_what_would_be_learnt_and_leaves_the_model_in_force(site: Settings) -> None:
    settings = replace(site, schedule=schedule())
    outcome = _outcome(train(decided(90), schedule(), at=NOW), None, decided(90), settings, dry_run=True)
    assert (outcome.replaced, outcome.dry_run, outcome.model.digest, learnt.current(site.layout.store)) == (True, True, "", None)


def test_a_section_s_habit_decides_between_equals_and_is_told() -> None:
    known = [decision("A", n, "snow") for n in range(30)] + [decision("B", n + 100, "park") for n in range(30)]
    model = train(known, schedule())
    text = "状況について\n令和7年12月1日\n確認した。"
    assert [verdict(text, model, schedule(), section).suggestions[0].category for section in ("snow", "park")] == ["A", "B"]
    assert "section:snow" in {one.rule for one in verdict(text, model, schedule(), "snow").evidence}


def test_training_twice_on_the_same_gives_the_same_answers() -> None:
    first, second = (train(decided(60), schedule()) for _ in range(2))
    text = "花壇と砂場について\n令和7年12月1日"
    assert verdict(text, first, schedule()) == verdict(text, second, schedule())


def test_nothing_decided_and_no_category_are_models_too() -> None:
    assert train([], Schedule.of([])).figures["decisions"] == 0
    assert verdict("請求書", train([], Schedule.of([])), Schedule.of([])) == Verdict(category=UNCLASSIFIED, confidence=0.0)
    assert train(decided(30), schedule("A")).past.categories == ("A",) * 10  # decisions for categories that are gone say nothing


def test_few_decisions_leave_the_threshold_as_it_was_measured_and_many_wrong_ones_raise_it() -> None:
    chance = random.Random(1)
    confused = [replace(decision(chance.choice("ABC"), n), category=chance.choice("ABC")) for n in range(330)]
    assert train(decided(60), schedule()).thresholds == ()
    assert threshold_for(0.02, None) < threshold_for(0.02, train(confused, schedule()))


def test_the_figures_are_those_of_decisions_that_were_not_trained_on() -> None:
    chance = random.Random(2)
    noise = [replace(one, category=chance.choice("ABC")) for one in decided(150)]
    assert train(decided(150), schedule()).figures["right"] > 0.9
    assert train(noise, schedule()).figures["right"] < 0.6


def test_a_new_model_takes_the_place_of_the_old_one_only_if_it_is_no_worse(site: Settings) -> None:
    settings = replace(site, schedule=schedule())
    good = train(decided(90), schedule(), at=NOW)
    first = _outcome(good, None, decided(90), settings)
    assert (first.replaced, first.old) == (True, None)
    worse = replace(good, past=replace(good.past, right=(False,) * 90), version=2)
    second = _outcome(worse, first.model, decided(90), settings)
    assert (second.replaced, second.model.digest, second.new["right"]) == (False, first.model.digest, 0.0)
    assert second.old == {"right": round(sum(good.past.right) / 90, 4)}
    third = _outcome(replace(good, version=2), first.model, decided(90), settings)
    assert (third.replaced, third.model.version) == (True, 2)
    in_force = learnt.current(site.layout.store)
    assert in_force is not None
    assert (in_force.version, in_force.figures["replaced"]) == (2, dict(second.old))


def test_a_model_read_back_says_the_same(tmp_path: Path) -> None:
    model = train(decided(90), schedule(), at=NOW)
    saved = learnt.save(model, tmp_path)
    back = learnt.load(learnt.model_file(tmp_path))
    text = "芝生と遊具について\n令和7年12月1日"
    assert verdict(text, back, schedule()) == verdict(text, model, schedule())
    assert (back.digest, back.figures, back.thresholds) == (saved.digest, dict(model.figures), model.thresholds)


def test_a_damaged_model_is_told_and_does_not_stop_anything(tmp_path: Path) -> None:
    learnt.save(train(decided(30), schedule()), tmp_path)
    path = learnt.model_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(Damaged):
        learnt.load(path)
    assert learnt.current(tmp_path) is None


def test_a_model_of_an_older_schedule_speaks_for_the_categories_it_knows() -> None:
    model = train(decided(90), schedule())
    grown = Schedule.of([*schedule().categories.values(), *schedule("墓地管理").categories.values()])
    found = [verdict(text, model, grown).suggestions[0].category for text in ("除雪について\n令和7年12月1日\n融雪", "墓地管理\n令和7年12月1日")]
    assert found == ["A", "墓地管理"]
    assert verdict("花壇について\n令和7年12月1日", model, schedule("A", "C")).category == UNCLASSIFIED


def test_sample_texts_lie_in_a_folder_for_each_category(site: Settings) -> None:
    settings = replace(site, describe=site.describe.model_copy(update={"samples": "samples"}))
    with pytest.raises(NotFound):
        list(samples(settings))
    folder = site.file.parent / "samples" / "TAX"
    folder.mkdir(parents=True)
    (folder / "one.txt").write_text("差押調書\n滞納者の預金", "utf-8")
    assert list(samples(settings)) == [
        Decision(title="差押調書", head="差押調書\n滞納者の預金", body_excerpt="", department="", kind="", category="TAX"),
    ]


def test_the_verb_says_what_was_learnt_as_json(site: Settings, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    from scanpipe import cli
    from scanpipe.catalogue.transitions import Catalogue

    site.layout.journal.mkdir(parents=True, exist_ok=True)
    site.layout.catalogue_db.parent.mkdir(parents=True, exist_ok=True)
    Catalogue(site.layout.catalogue_db, site.layout.journal, lambda: NOW, lambda: iter(())).close()
    assert cli.main(["--config", str(site.file), "learn", "--json"]) == 0
    assert b'"replaced": true' in capsysbinary.readouterr().out
    assert cli.main(["--config", str(site.file), "learn", "--json"]) == 0  # nothing new: the same model stays
    assert b'"replaced": false' in capsysbinary.readouterr().out


def test_a_body_without_any_category_leaves_everything_unclassified(site: Settings, tmp_path: Path) -> None:
    site.file.with_name("retention.toml").write_text("# nothing yet\n", "utf-8")
    letter = tmp_path / "letter.txt"
    letter.write_text("請求書\n令和7年4月30日\n請求金額 88,000円", "utf-8")
    body = explain(str(letter), config.load(site.file), "", io.BytesIO())
    assert (body["category"], body["suggestions"], body["confidence"], body["title"]) == (UNCLASSIFIED, [], 0.0, "請求書")


@pytest.mark.slow
def test_three_thousand_categories_are_learnt() -> None:
    many = Schedule.of(
        Category(code=f"C{n:04}", name=f"{chr(0x4E00 + n)}{chr(0x5E00 + n % 997)}関係綴", name_en="", period=5, start="fy_next_apr1", disposition="dispose")
        for n in range(3000)
    )
    known = [replace(decision("A", n), category=f"C{n:04}", title=many.categories[f"C{n:04}"].name) for n in range(300)]
    model = train(known, many)
    assert verdict(many.categories["C0123"].name + "\n令和7年12月1日", model, many).suggestions[0].category == "C0123"
