"""core/describing/classification.py with the default schedule, measured on tests/core/documents.toml."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanpipe.config_retention import schedule_of
from scanpipe.core.describing.classification import Verdict, classify
from scanpipe.core.describing.extraction import Extraction, extract
from scanpipe.core.model import UNCLASSIFIED, Page
from scanpipe.core.retention import Category, Schedule

ROOT = Path(__file__).parents[2]
DOCUMENTS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "documents.toml").read_text("utf-8"))["document"]


@cache
def default_schedule() -> Schedule:
    schedule, faults = schedule_of(tomllib.loads((ROOT / "config" / "retention.toml").read_text("utf-8")), "retention.toml")
    assert faults == []
    return schedule


def described(text: str, schedule: Schedule) -> tuple[Extraction, Verdict]:
    pages = [Page(number=n, width=2480, height=3508, dpi=300, text=part) for n, part in enumerate(text.split("\f"), 1)]
    extraction = extract(pages)
    return extraction, classify(pages, extraction, schedule, department="1105")


def named(code: str, *titles: str, **said: Any) -> Category:
    return Category(code=code, name=titles[0], name_en="", period=said.pop("period", 5), start="fy_next_apr1", disposition="dispose", titles=titles, **said)


def test_the_default_schedule_has_every_category_of_the_domain() -> None:
    assert " ".join(default_schedule().categories) == (
        "REG COUNCIL PLAN COMMITTEE BUDGET ACCOUNT CONTRACT WORKS PROPERTY SUBSIDY PERMIT LEGAL HR SERVICE DISCLOSE TAX WELFARE RESIDENT CORRESP TEMP"
    )
    assert {code for code, category in default_schedule().categories.items() if category.restricted} == {"HR", "WELFARE", "RESIDENT"}


@pytest.mark.parametrize("known", DOCUMENTS, ids=lambda known: f"{known['category']}-{known['title'][:12]}")
def test_an_office_document_is_described_as_a_records_manager_would(known: dict[str, Any]) -> None:
    extraction, verdict = described(known["text"], default_schedule())
    said = {"title": extraction.title, "kind": extraction.kind, "number": extraction.document_number, "date": extraction.date}
    assert {key: str(value or "") for key, value in said.items()} == {key: known[key] for key in said}
    assert known["category"] in [one.category for one in verdict.suggestions[:2]]


def test_few_documents_need_a_person_and_none_is_filed_wrongly() -> None:
    verdicts = [(known["category"], described(known["text"], default_schedule())[1]) for known in DOCUMENTS]
    filed = [(wanted, verdict.category) for wanted, verdict in verdicts if verdict.category != UNCLASSIFIED]
    assert all(wanted == got for wanted, got in filed)
    assert len(filed) >= 0.9 * len(DOCUMENTS)
    assert sum(verdict.suggestions[0].category == wanted for wanted, verdict in verdicts) >= 0.98 * len(DOCUMENTS)


def test_a_category_that_a_person_must_confirm_is_never_filed_alone() -> None:
    _, verdict = described("FAX送付状\n港町公民館 御中\n送信枚数 3枚", default_schedule())
    assert (verdict.category, verdict.suggestions[0].category) == (UNCLASSIFIED, "TEMP")


def test_the_kind_of_a_letter_yields_to_what_it_is_about() -> None:
    _, grant = described("浜協第4号\n令和7年5月30日\n自治会長　様\n補助金の交付決定について（通知）", default_schedule())
    _, training = described("監第90号\n令和7年6月2日\n各課長 様\n契約事務研修会の開催について（通知）\n内容 随意契約、入札、契約書の作成", default_schedule())
    assert grant.category == "SUBSIDY"
    assert training.category == UNCLASSIFIED  # a mere letter with so much about contracts: a person looks, and finds both suggested
    assert {one.category for one in training.suggestions[:2]} == {"CORRESP", "CONTRACT"}


def test_the_wanted_error_rate_sets_what_is_filed_and_a_threshold_of_ones_own_takes_its_place() -> None:
    pages = [Page(number=1, width=2480, height=3508, dpi=300, text="監第90号\n令和7年6月2日\n各課長 様\n契約事務研修会の開催について（通知）\n随意契約")]
    extraction = extract(pages)

    def category(**how: Any) -> str:
        return classify(pages, extraction, default_schedule(), department="1105", **how).category

    assert [category(wrong_without_review=rate) for rate in (0.0, 0.005, 0.5)] == [UNCLASSIFIED, UNCLASSIFIED, "CORRESP"]
    assert [category(threshold=least) for least in (0.1, 0.999)] == ["CORRESP", UNCLASSIFIED]


FORM = "\n令和7年6月5日\n滝上市長　様\n氏名 田中 太郎\n住所 滝上市1番地\n次のとおり申請します。"


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("個人番号カード交付申請書", "RESIDENT"),
        ("個人番号力一ド交付申請書", "RESIDENT"),
        ("マイナンバーカード再交付申請書", "RESIDENT"),
        ("身分証明書交付申請書", "RESIDENT"),
        ("高齢者バス乗車券交付申請書", UNCLASSIFIED),
        ("ごみ処理券交付申請書", UNCLASSIFIED),
        ("原動機付自転車標識交付申請書", UNCLASSIFIED),
        ("商店街補助金交付申請書", "SUBSIDY"),
        ("住宅耐震改修助成金交付申請書", "SUBSIDY"),
        ("地域づくり交付金交付申請書", "SUBSIDY"),
    ],
)
def test_only_an_application_for_money_is_a_subsidy(title: str, category: str) -> None:
    assert described(title + FORM, default_schedule())[1].category == category


def test_a_schedule_of_names_alone_finds_titles_that_are_only_alike() -> None:
    schedule = Schedule.of([named("SNOW", "道路除雪業務関係"), named("PARK", "公園遊具点検関係"), named("BOOK", "図書館運営協議会関係")])
    found = [described(f"{title}\n令和7年4月1日", schedule)[1].suggestions[0].category for title in ("除雪した道路の一覧", "遊具の点検結果", "協議会の運営")]
    assert found == ["SNOW", "PARK", "BOOK"]


def test_a_schedule_of_names_alone_knows_what_offices_call_the_matter() -> None:
    schedule = Schedule.of([named("ARREARS", "滞納処分"), named("DOGS", "狂犬病予防"), named("CARE", "介護保険"), named("ROADS", "道路占用")])
    papers = {
        "ARREARS": "預金を差し押さえたことについて\n令和7年4月1日\n公売、延滞金",
        "DOGS": "鑑札の交付\n令和7年4月1日\n飼い主、犬の名",
        "CARE": "主治医の意見\n令和7年4月1日\n要支援、認定、サービス",
        "ROADS": "足場を置く願い\n令和7年4月1日\n路線、期間、原状回復",
    }
    found = {code: described(text, schedule)[1] for code, text in papers.items()}
    assert {code: verdict.suggestions[0].category for code, verdict in found.items()} == {code: code for code in papers}
    assert any(one.rule.startswith("matter:") for one in found["ARREARS"].evidence)


def test_a_name_that_says_nothing_takes_no_record() -> None:
    schedule = Schedule.of([named("OTHER", "その他"), named("ODD", "雑"), named("REST", "他"), named("TAX", "税"), named("AUDIT", "監査")])
    assert described("その他の雑件について\n令和7年4月1日\n他課、税", schedule)[1].suggestions == ()
    assert described("監査の結果\n令和7年4月1日", schedule)[1].suggestions[0].category == "AUDIT"


def test_what_kind_of_paper_it_is_says_less_than_what_it_is_about() -> None:
    schedule = Schedule.of([named("BILL", "請求書"), named("COPY", "住民票")])
    assert described("住民票の写しの請求書\n令和7年4月1日", schedule)[1].suggestions[0].category == "COPY"
    assert described("請求書\n令和7年4月1日", schedule)[1].suggestions[0].category == "BILL"


def test_kana_between_words_hide_no_typical_title() -> None:
    schedule = Schedule.of([named("A", "土地売買契約書"), named("B", "業務日誌")])
    _, verdict = described("土地の売買の契約書\n令和7年4月1日", schedule)
    assert verdict.suggestions[0].category == "A" and any(one.rule == "title:土地売買契約書" for one in verdict.evidence)


def test_a_verdict_shows_its_reasons_word_by_word() -> None:
    _, verdict = described("請求書\n令和7年4月30日\n北浜市長 様\n請求金額 88,000円", default_schedule())
    best = verdict.evidence[0]
    assert (best.about, best.page) == ("category", 1)
    assert {"word:請求書", "title:請求書"} <= {evidence.rule for evidence in verdict.evidence}


def test_words_that_say_nothing_give_no_category() -> None:
    for text in ("", "いろはにほへと\nちりぬるを"):
        _, verdict = described(text, default_schedule())
        assert (verdict.category, verdict.confidence) == (UNCLASSIFIED, 0.0)


def test_an_empty_schedule_leaves_everything_unclassified() -> None:
    assert described("請求書", Schedule.of([]))[1] == Verdict(category=UNCLASSIFIED, confidence=0.0)


def test_the_longest_phrase_speaks_for_its_words() -> None:
    schedule = Schedule.of([named("A", "請求書"), named("B", "開示請求書")])
    assert [one.category for one in described("開示請求書", schedule)[1].suggestions] == ["B"]


def test_equal_points_go_to_the_longer_period() -> None:
    schedule = Schedule.of([named("A", "台帳", period=5), named("B", "台帳", period="永年"), named("C", "台帳", period=10)])
    assert [one.category for one in described("台帳", schedule)[1].suggestions] == ["B", "C", "A"]


def test_a_schedule_of_thousands_of_titles_finds_the_right_one() -> None:
    schedule = Schedule.of([named(f"C{n:04}", f"{n}号施設点検記録簿", f"第{n}業務報告書") for n in range(4000)])
    assert described("1234号施設点検記録簿\n令和7年4月1日", schedule)[1].category == "C1234"


@settings(max_examples=40)
@given(st.text(max_size=400))
def test_any_text_has_a_verdict_between_zero_and_one(text: str) -> None:
    _, verdict = described(text, default_schedule())
    assert 0 <= verdict.confidence <= 1
    assert list(verdict.suggestions) == sorted(verdict.suggestions, key=lambda one: -one.confidence)
