"""catalogue/requests.py: a wish whose answer takes its time stays waiting and holds up no other."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanpipe.catalogue.requests import Answer, NotYet, Refused, Requests, Wish
from scanpipe.errors import UsageError

NOW = datetime(2025, 6, 2, tzinfo=UTC)


@pytest.fixture
def requests(tmp_path: Path) -> Iterator[Requests]:
    opened = Requests(tmp_path / "requests.db")
    yield opened
    opened.close()


def states(requests: Requests) -> list[str]:
    return [row["state"] for row in requests.db.conn.execute("SELECT state FROM request ORDER BY id")]


def test_a_wish_under_way_waits_and_others_are_answered(requests: Requests) -> None:
    ready = False

    def split(wish: Wish) -> Answer:
        if not ready:
            raise NotYet
        return {"parts": 2}

    slow = requests.ask("split", "佐藤", NOW)
    requests.ask("correct", "佐藤", NOW)
    answerers = {"split": split, "correct": lambda wish: {"records": []}}
    requests.answer(answerers, lambda: NOW)
    assert states(requests) == ["waiting", "done"]
    ready = True
    requests.answer(answerers, lambda: NOW)
    assert (states(requests), requests.wait_for(slow, seconds=1)) == (["done", "done"], {"parts": 2})


def test_a_wish_that_turns_out_impossible_is_refused_in_the_end(requests: Requests) -> None:
    turns = iter([NotYet(), UsageError("It cannot be.")])

    def split(wish: Wish) -> Answer:
        raise next(turns)

    requests.ask("split", "佐藤", NOW)
    for expected in ("waiting", "refused"):
        requests.answer({"split": split}, lambda: NOW)
        assert states(requests) == [expected]


def test_a_wish_that_makes_us_fail_ends_alone_and_the_next_is_answered(requests: Requests) -> None:
    """Else it would end every process that answers, at each start again."""
    bad, good = (requests.ask(verb, "佐藤", NOW) for verb in ("fails", "works"))

    def fails(wish: Wish) -> Answer:
        raise ValueError("year 10000 is out of range")

    assert requests.answer({"fails": fails, "works": lambda wish: {"well": True}}, lambda: NOW) == 2
    with pytest.raises(Refused, match=bad.id):
        requests.wait_for(bad, seconds=1)
    assert requests.wait_for(good, seconds=1) == {"well": True}
