"""How often one person may search, and how often a look at a restricted record is noted."""

import pytest

from scanpipe.web.limits import Limit, TooOften, Views


def test_the_sixty_first_search_in_a_minute_waits_and_those_of_others_do_not() -> None:
    limit = Limit(60, 60.0)
    for second in range(60):
        limit.take("tanaka", float(second))
    with pytest.raises(TooOften) as caught:
        limit.take("tanaka", 59.5)
    assert caught.value.params == {"most": 60, "seconds": 1}
    limit.take("sato", 59.5)
    limit.take("tanaka", 60.0)  # the first of them is a minute old


def test_what_was_refused_does_not_count() -> None:
    limit = Limit(1, 60.0)
    limit.take("tanaka", 0.0)
    for second in range(1, 60, 10):
        with pytest.raises(TooOften):
            limit.take("tanaka", float(second))
    limit.take("tanaka", 60.0)


def test_who_has_gone_is_forgotten() -> None:
    limit = Limit(2, 60.0)
    for name in range(100):
        limit.take(f"p{name}", 0.0)
    limit.take("last", 61.0)
    assert list(limit._taken) == ["last"]


def test_a_view_holds_for_one_person_and_record_and_ten_minutes() -> None:
    views = Views()
    views.note("tanaka", "2026-000001", 0.0)
    assert views.noted("tanaka", "2026-000001", 599.0)
    assert not views.noted("tanaka", "2026-000001", 600.0)
    assert not views.noted("sato", "2026-000001", 1.0)
    assert not views.noted("tanaka", "2026-000002", 1.0)
