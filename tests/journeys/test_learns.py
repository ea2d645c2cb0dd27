"""A person's decision is learnt: read back from the catalogue, and taken back with its correction."""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from custody import TAX, deliver, pdf, sha256, two_sections
from cut_short import Runs

from scanpipe import learnt
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings
from scanpipe.core.describing.classification import is_past
from scanpipe.core.describing.learning import Decision
from scanpipe.upkeep.teaching.explain import explain
from scanpipe.upkeep.teaching.learning import decisions, learn
from scanpipe.upkeep.teaching.learning_apart import learn_apart

TEXT = "請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事"
NUMBER = "2026-000001"


def asked(settings: Settings, runs: Runs, **wants: object) -> None:
    requests = Requests(settings.layout.requests_db)
    requests.ask("correct", "佐藤", datetime.now(UTC), numbers=[NUMBER], **wants)
    requests.close()
    assert runs(settings.file)["error"] is None


def known(settings: Settings) -> list[Decision]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return list(decisions(reader))
    finally:
        reader.close()


def test_a_decision_is_learnt_until_it_is_taken_back(quick_place: Path, runs: Runs) -> None:
    settings = two_sections(quick_place / "learns", language="en")
    (settings.file.parent / "prepared.json").write_text(json.dumps({sha256(pdf(TEXT)): [TEXT]}), "utf-8")
    deliver(settings, {(TAX, "bill.pdf"): pdf(TEXT)})
    assert runs(settings.file)["error"] is None
    assert known(settings) == []

    asked(settings, runs, changes={"category": "CONTRACT"})
    (decision,) = known(settings)
    assert (decision.number, decision.category, decision.department, decision.title) == (NUMBER, "CONTRACT", TAX, "請求書")
    assert "請求金額" in decision.head

    outcome = learn(settings, datetime.now(UTC))
    assert (outcome.replaced, outcome.decisions, outcome.model.version) == (True, 1, 1)
    in_force = learnt.current(settings.layout.store)
    assert in_force is not None
    assert (in_force.digest, in_force.past.numbers, in_force.habits) == (outcome.model.digest, (NUMBER,), {TAX: {"CONTRACT": 1}})

    body = explain("-", settings, TAX, BytesIO(TEXT.encode()))
    past = {one["rule"]: one["quote"] for one in body["evidence"] if is_past(one["rule"])}
    assert past == {f"elsewhere:{NUMBER}": "請求書 → CONTRACT (100%)"}  # the words of the schedule still say ACCOUNT
    contract = explain("-", settings, TAX, BytesIO(TEXT.replace("請求書", "業務委託契約書").encode()))
    past = {one["rule"]: one["quote"] for one in contract["evidence"] if is_past(one["rule"])}
    assert past.keys() == {f"similar:{NUMBER}", f"section:{TAX}"} and past[f"section:{TAX}"] == "1/1"
    assert past[f"similar:{NUMBER}"].startswith("請求書 → CONTRACT (")

    asked(settings, runs, undo=True)
    assert known(settings) == []
    assert learn_apart(settings) == "Nobody has decided on a record yet. The model knows what the retention schedule says."
    again = learnt.current(settings.layout.store)
    assert again is not None
    assert (again.version, again.past.numbers) == (2, ())
