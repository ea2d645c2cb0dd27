"""What is said to happen next with a record."""

from datetime import date
from typing import Any

import pytest

from scanpipe.i18n import speaking
from scanpipe.upkeep.disposal.outlook import outlook

TODAY = date(2026, 5, 1)
HOLD = {
    "kind": "audit", "reason": "会計検査", "from": "2026-04-01", "until": None, "until_event": None, "ended": None, "voided": None, "ends": None,
    "reference": "1", "by": "佐藤", "id": "x",
}  # fmt: skip


def _said(
    state: str = "accounted", listed: dict[str, Any] | None = None, needs_review: bool = False, holds: tuple[dict[str, Any], ...] = (), **kept: Any
) -> str:
    retention = {"period": 5, "start": "fy_next", "starts": "2021-04-01", "expires": "2026-03-31", "disposition": "dispose"} | kept | {"holds": list(holds)}
    record = {"disposal": None, "state": state, "needs_review": needs_review, "retention": retention}
    with speaking("en"):
        return outlook(record, listed, TODAY, lambda day: day)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"state": "accessioned"}, "being read"),
        ({"state": "filed"}, "in a moment"),
        ({"needs_review": True}, "A person has to look"),
        ({"period": None}, "not decided yet"),
        ({"period": "永年", "expires": None}, "for ever"),
        ({"period": "常用", "expires": None}, "in use"),
        ({"expires": None, "starts": None}, "begins when"),
        ({"expires": "2030-03-31"}, "until 2030-03-31 and may be destroyed"),
        ({"expires": "2030-03-31", "disposition": "transfer"}, "goes to the archives after"),
        ({"expires": "2026-05-01"}, "until 2026-05-01 and may be destroyed"),
        ({}, "ended on 2026-03-31: it comes onto the next list of records to destroy"),
        ({"disposition": "review"}, "that is to be decided"),
        ({"listed": {"number": "D2026-001"}}, "is on list D2026-001"),
        ({"holds": (HOLD,)}, "It is held"),
        ({"holds": (HOLD | {"voided": "2026-04-05"},)}, "comes onto the next list"),
        ({"holds": (HOLD | {"ends": "2026-04-30"},)}, "comes onto the next list"),
        ({"holds": (HOLD | {"from": "2026-06-01"},)}, "comes onto the next list"),
        ({"holds": (HOLD | {"ends": "2027-01-01"}, HOLD)}, "until further notice"),
    ],
)
def test_what_happens_next_is_one_sentence(facts: dict[str, Any], says: str) -> None:
    assert says in _said(**facts)
