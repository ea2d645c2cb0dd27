"""Whoever asks the API whatever odd question: no fault, answers as described, and not a word of a record that this person may not see (reliability §6, test 23)."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from peopled import BY_NAME, WORDS, Peopled, enter, opened, peopled_site
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance
from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

EXAMPLES = 80 if os.environ.get("SCANPIPE_FULL") else 2  # of each operation, in each mode: 50,000 questions with SCANPIPE_FULL=1
NOT_ASKED = [positive_data_acceptance, negative_data_rejection, ignored_auth]  # what is taken and what refused: test_api.py, test_rights_of_routes.py
ASKING = (
    "anonymous", "clerk of A", "clerk of B", "granted clerk of A", "manager", "statistics", "administrator",
    "reading token of a clerk of A", "reading token of a manager", "token for the statistics",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Peopled:
    return peopled_site(tmp_path_factory.mktemp("everybody") / "site")


@pytest.fixture(scope="module")
def client(site: Peopled) -> Iterator[TestClient]:
    with opened(site) as made:
        yield made


@pytest.fixture(scope="module")
def described(site: Peopled, client: TestClient) -> dict[str, object]:
    enter(client, site, BY_NAME["manager of all"])
    found: dict[str, object] = client.get("/api/openapi.json").json()
    return found


@pytest.mark.parametrize("who", ASKING)
def test_odd_questions_break_nothing_and_tell_nobody_what_is_not_theirs(site: Peopled, client: TestClient, described: dict[str, object], who: str) -> None:
    enter(client, site, BY_NAME[who])
    headers = {name: client.headers[name] for name in ("authorization",) if name in client.headers}
    if client.cookies:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    schema = schemathesis.openapi.from_dict(described)
    schema.app = client.app
    hidden = {word for kind, word in WORDS.items() if kind not in BY_NAME[who].sees}
    asked: Counter[int] = Counter()

    def tells_only_what_it_may(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers)
        asked[answer.status_code] += 1
        assert not [word for word in hidden if word in answer.text]
        case.validate_response(answer, headers=headers, excluded_checks=NOT_ASKED)

    for result in schema.get_all_operations():
        for mode in GenerationMode.POSITIVE, GenerationMode.NEGATIVE:
            cases = result.ok().as_strategy(generation_mode=mode)
            bounded = settings(max_examples=EXAMPLES, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
            with suppress(Unsatisfiable):  # nothing can be wrong about an operation that takes nothing
                bounded(given(case=cases)(tells_only_what_it_may))()
    print(who, dict(asked))
    assert max(asked) < 500 and sum(asked.values()) > 50
