"""core/schedules/schedule_changes.py: a changed schedule shortens no record's period by itself; it lists what would change."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.retention import START_RULES, Category, Override, Schedule, expiry, retention_of
from scanpipe.core.schedules.schedule_changes import Effect, Held, answer, changes, counted


def category(code: str = "X", **said: object) -> Category:
    return Category(**({"code": code, "name": "例", "name_en": "", "period": 5, "start": "fy_next_apr1", "disposition": "dispose"} | said))  # type: ignore[arg-type]


def record(kept_by: Category, number: str = "2025-000001", title: str | None = None, **said: object) -> Held:
    completed = date(2025, 5, 20)
    retention = retention_of(kept_by, completed, title=title, **{key: said[key] for key in said if key in ("event", "accounting_year")})  # type: ignore[arg-type]
    return Held(number=number, category=kept_by.code, title=title, completed=completed, retention=retention, **said)  # type: ignore[arg-type]


def effects(held: list[Held], *categories: Category) -> list[tuple[str, Effect]]:
    return [(change.number, change.effect) for change in changes(held, Schedule.of(categories))]


def test_an_unchanged_schedule_changes_nothing() -> None:
    assert effects([record(category()), record(category(period="永年"))], category()) == [("2025-000001", Effect.SHORTER)]
    assert effects([record(category())], category()) == []


def test_each_effect_is_told_and_nothing_is_applied() -> None:
    held = [record(category(), "1"), record(category("L", period=3), "2"), record(category("G"), "3"), record(category("D"), "4")]
    before = list(held)
    schedule = (category(period=3), category("L", period=10), category("D", disposition="transfer"))
    assert effects(held, *schedule) == [("1", Effect.SHORTER), ("2", Effect.LONGER), ("3", Effect.GONE), ("4", Effect.OTHER)]
    assert held == before
    assert counted(changes(held, Schedule.of(schedule))) == {"X": {"shorter": 1}, "L": {"longer": 1}, "G": {"gone": 1}, "D": {"other": 1}}


def test_an_end_where_there_was_none_is_shorter() -> None:
    assert effects([record(category(period="永年", start="none"))], category(period=30)) == [("2025-000001", Effect.SHORTER)]
    assert effects([record(category(start="event_fy_next_apr1", period=10))], category(period=10)) == [("2025-000001", Effect.SHORTER)]


def test_a_known_event_and_accounting_year_are_not_forgotten() -> None:
    contract = category(start="event_fy_next_apr1", event="契約終了")
    assert effects([record(contract, event=date(2028, 9, 30))], contract) == []
    kept_only_as_a_start = Held(
        number="1", category="X", title=None, completed=date(2025, 5, 20), retention=retention_of(contract, date(2025, 5, 20), event=date(2028, 9, 30))
    )
    assert effects([kept_only_as_a_start], contract) == []
    voucher = category(start="account_fy_apr1")
    paid_in_may = Held(
        number="1", category="X", title=None, completed=date(2025, 5, 20), retention=retention_of(voucher, date(2025, 5, 20), accounting_year=2024)
    )
    assert effects([paid_in_may], voucher) == []


def test_what_a_person_has_extended_ends_no_earlier() -> None:
    until = date(2034, 3, 31)
    found = {years: answer(record(category(), extended=until), Schedule.of([category(period=years)])) for years in (6, 8, 9)}
    assert [one and (one.period, one.expires) for one in found.values()] == [("6", until), ("8", until), ("9", date(2035, 3, 31))]


def test_a_new_sub_rule_is_found_by_the_title() -> None:
    shorter = category(overrides=(Override(title="写し", period=1),))
    assert effects([record(category(), "1", "契約書の写し"), record(category(), "2", "契約書")], shorter) == [("1", Effect.SHORTER)]


@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from([rule for rule in START_RULES if not rule.startswith("event")]))
def test_shorter_means_an_earlier_end_and_longer_a_later_one(before: int, after: int, rule: str) -> None:
    old, new = category(period=before or 1, start=rule if rule != "none" else "fy_next_apr1"), category(period=after or 1)
    held = record(old)
    (change,) = [*changes([held], Schedule.of([new]))] or [None]
    ends = expiry("fy_next_apr1", after or 1, date(2026, 4, 1))
    assert ends is not None and held.retention.expires is not None
    if change is None or change.effect is Effect.OTHER:
        assert ends == held.retention.expires
    else:
        assert (change.effect is Effect.SHORTER) == (ends < held.retention.expires)
