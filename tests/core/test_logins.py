"""core/logins.py: names, passwords, waiting after too many tries, ends of sessions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.logins import (
    BadAccount,
    BadPassword,
    account_name,
    address_key,
    check_password,
    check_roles,
    plain_text,
    seconds_left,
    session_lives,
    spelled,
    waits_until,
)
from scanpipe.core.rights import Role

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


def after(*seconds: float) -> list[datetime]:
    return [NOON + timedelta(seconds=each) for each in seconds]


@pytest.mark.parametrize(
    ("typed", "name"),
    [("sato", "sato"), (" Ｓａｔｏ ", "sato"), ("佐藤　花子", "佐藤 花子"), ("佐藤   花子", "佐藤 花子"), ("ﾀﾅｶ", "タナカ"), ("x" * 64, "x" * 64)],
)
def test_a_name_is_the_same_however_it_is_typed(typed: str, name: str) -> None:
    assert account_name(typed) == name


@pytest.mark.parametrize("typed", ["", "  ", "x" * 65, "sa\u200bto", "sa\nto", "\u202esato", "sato\x00", "sa\u2028to", "sa\u1680to", "\ud800"])
def test_a_name_that_cannot_be_seen_or_said_is_refused(typed: str) -> None:
    with pytest.raises(BadAccount):
        account_name(typed)


@given(st.text(max_size=70))
def test_a_name_stays_what_it_is(typed: str) -> None:
    try:
        name = account_name(typed)
    except BadAccount:
        return
    assert account_name(name) == name
    assert 1 <= len(name) <= 64 and name.isprintable()


@pytest.mark.parametrize("password", ["correct horse battery", "あさひがのぼるまえに走る", "ｘ１!ｙ２?ｚ３-ｗ４＿", "k7$k8%k9&k0(" * 20])
def test_a_long_password_that_nobody_guesses_is_taken(password: str) -> None:
    check_password(password, "sato")


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "fewer than 12"),
        ("", "fewer than 12"),
        ("x7$" * 86, "more than 256"),
        ("sato.hanako.sato.hanako", "name of the account"),
        ("Sato.Hanako12", "name of the account"),
        ("passwordpassword", "first that are tried"),
        ("Password-12345", "first that are tried"),
        ("ＱＷＥＲＴＹＵＩＯＰ１２３", "first that are tried"),
        ("aaaabbbbaaaabbbb", "first that are tried"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused_with_the_reason(password: str, says: str) -> None:
    with pytest.raises(BadPassword, match=says):
        check_password(password, "sato.hanako")


def test_a_password_is_the_same_in_full_and_half_width() -> None:
    assert spelled("ｐａｓｓガ") == spelled("passｶﾞ")


def test_a_text_for_people_has_no_signs_that_steer_the_display() -> None:
    assert plain_text("  佐藤 花子\u3000") == "佐藤 花子"
    for text in ("", "a\u202eb", "a\nb", "x" * 101):
        with pytest.raises(BadAccount):
            plain_text(text)


def test_a_clerk_needs_a_section_and_everybody_a_role() -> None:
    check_roles([Role.ADMINISTRATOR], [])
    check_roles([Role.CLERK, Role.ADMINISTRATOR], ["0101"])
    for roles in ([], [Role.CLERK], [Role.LEADER, Role.ADMINISTRATOR]):
        with pytest.raises(BadAccount):
            check_roles(roles, [])


# --- tries ---


@pytest.mark.parametrize(
    ("tries", "until"),
    [
        ([], None),
        (after(0, 1, 2, 3), None),
        (after(0, 1, 2, 3, 4), 4 + 60),
        (after(0, 20, 40, 60, 80), None),  # never five within a minute
        (after(0, 20, 40, 41, 59.9), 59.9 + 60),
        (after(0, 20, 40, 41, 60), None),
        (after(0, 1, 2, 3, 4, 64, 65, 66, 67, 68), 68 + 120),
        (after(0, 1, 2, 3, 4, 64, 65, 66, 67), 4 + 60),  # long over
        (after(*(block * 1000 + each for block in range(3) for each in range(5))), 2004 + 240),
        (after(*(block * 1000 + each for block in range(9) for each in range(5))), 8004 + 900),
    ],
)
def test_five_tries_in_a_minute_make_one_wait_and_each_time_twice_as_long(tries: list[datetime], until: float | None) -> None:
    assert waits_until(tries, 5) == (None if until is None else NOON + timedelta(seconds=until))


@given(st.lists(st.floats(min_value=0.01, max_value=120), max_size=120), st.integers(min_value=1, max_value=20))
def test_never_are_more_tries_let_through_in_a_minute(pauses: list[float], most: int) -> None:
    let_through: list[datetime] = []
    now = NOON
    for pause in pauses:
        now += timedelta(seconds=pause)
        until = waits_until(let_through, most)
        if until is None or now >= until:
            let_through.append(now)
    assert all(b - a >= timedelta(minutes=1) for a, b in zip(let_through, let_through[most:], strict=False))


def test_seconds_that_are_left_are_rounded_up() -> None:
    assert [seconds_left(NOON + timedelta(seconds=left), NOON) for left in (-5, 0, 0.1, 1, 59.2)] == [0, 0, 1, 1, 60]


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_addresses_that_one_machine_may_use_count_together(address: str, key: str) -> None:
    assert address_key(address) == key


@given(st.text(max_size=300))
def test_no_address_is_too_odd_to_be_counted(address: str) -> None:
    assert len(address_key(address)) <= 64


# --- sessions ---


@pytest.mark.parametrize(("age", "idle", "lives"), [(0, 0, True), (29, 29, True), (30, 30, False), (599, 1, True), (600, 0, False), (700, 5, False)])
def test_a_session_ends_after_half_an_hour_idle_or_ten_hours(age: int, idle: int, lives: bool) -> None:
    assert session_lives(NOON - timedelta(minutes=age), NOON - timedelta(minutes=idle), NOON) == lives
