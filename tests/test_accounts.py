"""Accounts, logins, sessions, tokens: over a real accounts.db. Time is told, never waited for."""

import multiprocessing
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scanpipe.accounts import (
    AccountDisabled,
    AccountExists,
    Accounts,
    LoginRefused,
    NoAccount,
    NoToken,
    TokenExists,
    TooManyTries,
    WrongPassword,
)
from scanpipe.accounts.passwords import Passwords, one_time_password
from scanpipe.core.logins import BadAccount, BadPassword, check_password
from scanpipe.core.rights import Right, Role, Scope
from scanpipe.errors import PlaceError

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
PASSWORD, OTHER = "correct horse battery", "staple table gravel"
DESK = "192.0.2.7"
CHEAP = Passwords(passes=1, kib=8)


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def opened(path: Path, passwords: Passwords = CHEAP) -> Accounts:
    return Accounts(path, passwords)


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    made = opened(tmp_path / "accounts.db")
    yield made
    made.close()


@pytest.fixture
def sato(accounts: Accounts) -> Accounts:
    """With one clerk in it."""
    accounts.add("Sato", "佐藤", {Role.CLERK}, {"0101"}, {"WELFARE"}, PASSWORD, "root", NOW)
    return accounts


def wrong(accounts: Accounts, at: datetime, name: str = "sato", address: str = DESK) -> None:
    with pytest.raises(WrongPassword):
        accounts.authenticate(name, "not the password", address, at)


def seconds_to_wait(accounts: Accounts, at: datetime, name: str = "sato", address: str = DESK, password: str = PASSWORD) -> int:
    with pytest.raises(TooManyTries) as refused:
        accounts.authenticate(name, password, address, at)
    return refused.value.seconds


# --- accounts ---


def test_a_new_site_has_no_account(accounts: Accounts) -> None:
    assert accounts.none_yet() and accounts.list() == ()
    accounts.add("root", "", {Role.ADMINISTRATOR}, (), (), PASSWORD, "root", NOW)
    assert not accounts.none_yet()


def test_an_account_is_what_was_entered(sato: Accounts) -> None:
    (found,) = sato.list()
    assert (found.name, found.shown, found.roles, found.departments, found.grants) == ("sato", "佐藤", (Role.CLERK,), ("0101",), ("WELFARE",))
    assert (found.has_password, found.must_change, found.disabled, found.created, found.last_login) == (True, False, None, NOW, None)
    assert sato.account("ＳＡＴＯ ") == found


def test_two_accounts_never_share_a_name_however_it_is_typed(sato: Accounts) -> None:
    with pytest.raises(AccountExists):
        sato.add("ＳＡＴＯ", "", {Role.STATISTICS}, (), (), OTHER, "root", NOW)


def test_an_account_that_cannot_be_is_not_added(accounts: Accounts) -> None:
    for name, roles, password, error in (
        ("a\nb", {Role.STATISTICS}, PASSWORD, BadAccount),
        ("sato", set(), PASSWORD, BadAccount),
        ("sato", {"emperor"}, PASSWORD, BadAccount),
        ("sato", {Role.CLERK}, PASSWORD, BadAccount),  # without a section
        ("sato", {Role.STATISTICS}, "short", BadPassword),
    ):
        with pytest.raises(error):
            accounts.add(name, "佐藤", roles, (), (), password, "root", NOW)  # type: ignore[arg-type]
    assert accounts.none_yet()


def test_a_change_puts_the_new_in_place_of_the_old_and_leaves_the_rest(sato: Accounts) -> None:
    changed = sato.change("sato", "root", NOW, roles={Role.LEADER}, departments={"0103", "0101"})
    assert (changed.roles, changed.departments, changed.grants, changed.shown) == ((Role.LEADER,), ("0101", "0103"), ("WELFARE",), "佐藤")
    with pytest.raises(BadAccount):
        sato.change("sato", "root", NOW, departments=())
    with pytest.raises(NoAccount):
        sato.change("suzuki", "root", NOW, departments={"0101"})
    assert sato.account("sato") == changed


def test_rights_that_change_hold_for_sessions_and_tokens_at_once(sato: Accounts) -> None:
    id, _csrf = sato.open_session(sato.authenticate("sato", PASSWORD, DESK, NOW), NOW)
    token = sato.add_token("t", "sato", {Scope.READ}, "root", NOW)
    sato.change("sato", "root", NOW, departments={"0103"}, grants=())
    found, program = sato.session(id, NOW), sato.by_token(token, NOW)
    assert found is not None and program is not None
    assert found[0].sections() == program.sections() == {"0103"} and found[0].restricted() == set()


def test_every_change_is_told_and_no_secret_with_it(sato: Accounts) -> None:
    sato.change("sato", "yamada", minutes(1), departments={"0103"})
    sato.change("sato", "yamada", minutes(1), departments={"0103"})  # nothing
    sato.set_password("sato", OTHER, "yamada", minutes(2))
    sato.disable("sato", "yamada", minutes(3))
    sato.disable("sato", "yamada", minutes(4))
    sato.enable("sato", "yamada", minutes(5))
    token = sato.add_token("api", "sato", {Scope.READ}, "yamada", minutes(6))
    sato.revoke_token("api", "yamada", minutes(7))
    told = [(event.kind, event.by, event.at) for event in reversed(sato.events())]
    kinds = ["added", "changed", "password_set", "disabled", "enabled", "token_added", "token_revoked"]
    assert told == [(kind, "root" if kind == "added" else "yamada", minutes(at)) for kind, at in zip(kinds, (0, 1, 2, 3, 5, 6, 7), strict=True)]
    assert sato.events("sato", 4)[-1].data == {"departments": [["0101"], ["0103"]]}
    text = str(sato.events())
    assert not any(secret in text for secret in (PASSWORD, OTHER, token, "argon2"))


def test_the_file_is_the_owners_alone_and_holds_no_secret(sato: Accounts, tmp_path: Path) -> None:
    id, csrf = sato.open_session(sato.authenticate("sato", PASSWORD, DESK, NOW), NOW)
    token = sato.add_token("t", "sato", {Scope.READ}, "root", NOW)
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
        held = file.read_bytes()
        assert not any(secret.encode() in held for secret in (PASSWORD, id, csrf, token))


def test_a_file_that_others_could_read_is_closed_to_them(sato: Accounts) -> None:
    sato.path.chmod(0o644)
    opened(sato.path).close()
    assert sato.path.stat().st_mode & 0o777 == 0o600


def test_a_store_that_is_gone_is_a_fault_of_the_place(tmp_path: Path) -> None:
    with pytest.raises(PlaceError):
        opened(tmp_path / "nowhere" / "accounts.db")
    (tmp_path / "accounts.db").write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(PlaceError):
        opened(tmp_path / "accounts.db")


# --- logins ---


def test_who_knows_the_password_is_that_person(sato: Accounts) -> None:
    person = sato.authenticate(" ＳＡＴＯ", PASSWORD, DESK, minutes(1))
    assert (person.name, person.shown, person.sections(), person.restricted(), person.via, person.scopes) == (
        "sato",
        "佐藤",
        {"0101"},
        {"WELFARE"},
        "session",
        None,
    )
    assert sato.account("sato").last_login == minutes(1)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("sato", OTHER),
        ("sato", PASSWORD + " "),
        ("sato", ""),
        ("suzuki", PASSWORD),
        ("", ""),
        ("sato\x00", PASSWORD),
        ("x" * 5000, "y" * 5000),
        ("\ud800", "\ud800"),
    ],
)
def test_anything_else_is_refused_without_saying_what_was_wrong(sato: Accounts, name: str, password: str) -> None:
    with pytest.raises(LoginRefused) as refused:
        sato.authenticate(name, password, DESK, NOW)
    assert type(refused.value) is WrongPassword and refused.value.status == 401


class Counting(Passwords):
    """Notes at what cost each password was checked."""

    def __init__(self) -> None:
        super().__init__(passes=1, kib=8)
        self.checked: list[str] = []
        verify = self._hasher.verify

        def noted(kept: str, password: bytes) -> bool:
            self.checked.append(kept.rsplit("$", 2)[0])
            return verify(kept, password)

        self._hasher = _Hasher(noted)  # type: ignore[assignment]


class _Hasher:
    def __init__(self, verify: Callable[[str, bytes], bool]) -> None:
        self.verify = verify


def test_an_unknown_name_costs_a_hash_like_a_known_one(sato: Accounts) -> None:
    counting = Counting()
    again = opened(sato.path, counting)
    for name in ("sato", "nobody", "no\tname"):
        wrong(again, NOW, name)
    again.close()
    assert counting.checked == ["$argon2id$v=19$m=8,t=1,p=1"] * 3


def test_the_default_hash_is_as_dear_as_was_decided() -> None:
    kept = Passwords().hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert Passwords().fits(PASSWORD, kept) and not Passwords().fits(OTHER, kept) and not Passwords().fits(PASSWORD, None)


def test_a_login_hashes_anew_what_was_hashed_at_another_cost(sato: Accounts) -> None:
    dearer = opened(sato.path, Passwords(passes=2, kib=16))
    dearer.authenticate("sato", PASSWORD, DESK, NOW)
    (kept,) = sato.db.conn.execute("SELECT password FROM account").fetchone()
    assert kept.startswith("$argon2id$v=19$m=16,t=2,p=1$")
    dearer.authenticate("sato", PASSWORD, DESK, NOW)
    dearer.close()


def test_a_disabled_account_is_named_so_only_to_who_knows_its_password(sato: Accounts) -> None:
    sato.disable("sato", "root", NOW)
    wrong(sato, NOW)
    with pytest.raises(AccountDisabled):
        sato.authenticate("sato", PASSWORD, DESK, NOW)
    sato.enable("sato", "root", NOW)
    assert sato.authenticate("sato", PASSWORD, DESK, NOW).name == "sato"


def test_an_account_without_a_password_logs_in_through_the_proxy_alone(accounts: Accounts) -> None:
    accounts.add("tanaka", "", {Role.STATISTICS}, (), (), None, "root", NOW)
    for password in ("", "None", PASSWORD):
        with pytest.raises(WrongPassword):
            accounts.authenticate("tanaka", password, DESK, NOW)
    person = accounts.person("TANAKA", "proxy")
    assert person is not None and person.via == "proxy" and person.may(Right.STATISTICS)
    id, _csrf = accounts.open_session(person, NOW)
    found = accounts.session(id, NOW)
    assert found is not None and found[0] == person
    accounts.disable("tanaka", "root", NOW)
    assert accounts.person("tanaka", "proxy") is None and accounts.person("nobody", "proxy") is None and accounts.person("", "proxy") is None


def test_a_one_time_password_opens_nothing_until_it_is_changed(accounts: Accounts) -> None:
    once = one_time_password()
    check_password(once, "sato")
    accounts.add("sato", "", {Role.CLERK}, {"0101"}, (), once, "root", NOW, must_change=True)
    person = accounts.authenticate("sato", once, DESK, NOW)
    assert person.must_change and person.sections() == set()
    with pytest.raises(WrongPassword):
        accounts.change_own_password("sato", OTHER, PASSWORD, DESK, NOW)
    with pytest.raises(BadPassword):
        accounts.change_own_password("sato", once, once, DESK, NOW)
    accounts.change_own_password("sato", once, PASSWORD, DESK, NOW)
    person = accounts.authenticate("sato", PASSWORD, DESK, NOW)
    assert not person.must_change and person.sections() == {"0101"}


# --- too many tries ---


def test_the_sixth_try_in_a_minute_waits_even_with_the_right_password(sato: Accounts) -> None:
    for second in range(5):
        wrong(sato, NOW + timedelta(seconds=second))
    assert seconds_to_wait(sato, NOW + timedelta(seconds=5)) == 59
    assert seconds_to_wait(sato, NOW + timedelta(seconds=63.5)) == 1
    assert sato.authenticate("sato", PASSWORD, DESK, NOW + timedelta(seconds=64)).name == "sato"


def test_who_goes_on_guessing_waits_longer_each_time(sato: Accounts) -> None:
    at, waits = NOW, []
    for _round in range(6):
        for _try in range(5):
            wrong(sato, at)
        waits.append(seconds_to_wait(sato, at))
        at += timedelta(seconds=waits[-1])
    assert waits == [60, 120, 240, 480, 900, 900]


def test_a_restart_forgives_nothing_and_a_name_that_nobody_has_waits_too(sato: Accounts, tmp_path: Path) -> None:
    for _try in range(5):
        wrong(sato, NOW, "nobody")
    again = opened(sato.path)
    assert seconds_to_wait(again, NOW, "ＮＯＢＯＤＹ", "198.51.100.1") == 60
    again.close()
    assert sato.events("nobody") == () and "nobody" not in str(sato.events())
    assert [event.kind for event in sato.events()] == ["must_wait", "added"]


def test_who_mistyped_and_then_got_it_right_starts_anew(sato: Accounts) -> None:
    for _time in range(3):
        for _try in range(4):
            wrong(sato, NOW)
        sato.authenticate("sato", PASSWORD, DESK, NOW)


def test_a_right_password_does_not_forgive_what_the_address_tried_with_other_names(sato: Accounts) -> None:
    for number in range(19):
        wrong(sato, NOW, f"name{number}")
    sato.authenticate("sato", PASSWORD, DESK, NOW)
    wrong(sato, NOW, "name19")
    assert seconds_to_wait(sato, NOW) == 60


def test_twenty_tries_from_one_address_make_all_its_users_wait_and_nobody_else(sato: Accounts) -> None:
    for number in range(20):
        wrong(sato, NOW, f"name{number}", "2001:db8::1")
    assert seconds_to_wait(sato, NOW, "sato", "2001:db8::2") == 60
    assert sato.authenticate("sato", PASSWORD, DESK, NOW).name == "sato"


def test_many_who_log_in_behind_one_address_do_not_wait(sato: Accounts) -> None:
    for _one in range(30):
        sato.authenticate("sato", PASSWORD, DESK, NOW)


def test_of_many_tries_at_the_same_moment_five_are_looked_at(sato: Accounts) -> None:
    counting, ends = Counting(), list[str]()
    again = opened(sato.path, counting)

    def guess() -> None:
        try:
            again.authenticate("sato", "not the password", DESK, NOW)
        except LoginRefused as refused:
            ends.append(type(refused).__name__)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again.close()
    assert sorted(ends) == ["TooManyTries"] * 7 + ["WrongPassword"] * 5
    assert len(counting.checked) == 5


def test_a_clock_that_was_set_back_locks_nobody_out(sato: Accounts) -> None:
    for _try in range(5):
        wrong(sato, minutes(600))
    assert sato.authenticate("sato", PASSWORD, DESK, NOW).name == "sato"


# --- sessions ---


def session_of(accounts: Accounts, at: datetime = NOW) -> tuple[str, str]:
    return accounts.open_session(accounts.authenticate("sato", PASSWORD, DESK, at), at)


def test_a_session_is_its_person_and_its_own_token_against_forged_forms(sato: Accounts) -> None:
    (one, csrf), (two, other_csrf) = session_of(sato), session_of(sato)
    found = sato.session(one, NOW)
    assert found is not None and found[0].name == "sato" and found[1] == csrf
    assert one != two and csrf != other_csrf and csrf not in one
    for strange in ("", "x", csrf, one[:-1], "\ud800"):
        assert sato.session(strange, NOW) is None


def test_a_session_lives_while_it_is_used_and_no_longer_than_a_day_at_work(sato: Accounts) -> None:
    id, _csrf = session_of(sato)
    for minute in range(29, 600, 29):
        assert sato.session(id, minutes(minute)) is not None
    assert sato.session(id, minutes(600)) is None


def test_a_session_that_rests_is_over(sato: Accounts) -> None:
    id, _csrf = session_of(sato)
    assert sato.session(id, minutes(10)) is not None
    assert sato.session(id, minutes(39.9)) is not None
    assert sato.session(id, minutes(70)) is None


def test_the_last_use_is_written_at_most_once_a_minute(sato: Accounts) -> None:
    id, _csrf = session_of(sato)
    before = sato.db.conn.total_changes
    for second in range(0, 60, 5):
        sato.session(id, NOW + timedelta(seconds=second))
    assert sato.db.conn.total_changes == before
    sato.session(id, minutes(1))
    assert sato.db.conn.total_changes == before + 1


def test_a_page_that_only_stays_open_keeps_no_session_alive(sato: Accounts) -> None:
    id, _csrf = session_of(sato)
    assert sato.session(id, minutes(20), touch=False) is not None
    assert sato.session(id, minutes(29), touch=False) is not None
    assert sato.session(id, minutes(31), touch=False) is None


def test_sessions_end_by_logout_new_password_and_disabling(sato: Accounts) -> None:
    def still_open(id: str) -> bool:
        return sato.session(id, NOW) is not None

    (one, _), (two, _) = session_of(sato), session_of(sato)
    sato.close_session(one)
    assert not still_open(one) and still_open(two)
    sato.close_all("sato")
    assert not still_open(two)
    three, _ = session_of(sato)
    sato.set_password("sato", OTHER, "root", NOW)
    assert not still_open(three)
    four, _ = sato.open_session(sato.authenticate("sato", OTHER, DESK, NOW), NOW)
    sato.disable("sato", "root", NOW)
    sato.enable("sato", "root", NOW)
    assert not still_open(four)


def test_sessions_that_are_over_are_cleared_away(sato: Accounts) -> None:
    session_of(sato)
    session_of(sato, minutes(45))
    assert sato.db.conn.execute("SELECT count(*) FROM session").fetchone()[0] == 1


# --- tokens ---


def test_a_program_acts_for_its_account_within_its_scopes(sato: Accounts) -> None:
    token = sato.add_token("api", "ＳＡＴＯ", {Scope.READ, Scope.UPLOAD}, "root", NOW)
    assert token.startswith("spt_") and len(token) == 47 and token[4:].isalnum()
    person = sato.by_token(token, minutes(1))
    assert person is not None and (person.name, person.via, person.scopes) == ("sato", "token", {"read", "upload"})
    assert person.may(Right.READ, "0101") and not person.may(Right.CORRECT, "0101")
    (listed,) = sato.tokens()
    assert (listed.name, listed.account, listed.scopes, listed.last_used, listed.revoked) == ("api", "sato", (Scope.READ, Scope.UPLOAD), minutes(1), None)
    assert sato.wall(token, NOW) is None


def test_a_wall_screen_shows_one_section_and_is_nobody(accounts: Accounts) -> None:
    with_titles, without = (accounts.add_wall(f"wall {titles}", "0101", titles, "root", NOW) for titles in (True, False))
    assert accounts.wall(with_titles, NOW) == ("0101", True) and accounts.wall(without, NOW) == ("0101", False)
    assert accounts.by_token(with_titles, NOW) is None


def test_a_token_is_refused_when_it_is_over_revoked_or_its_account_disabled(sato: Accounts) -> None:
    over = sato.add_token("over", "sato", {Scope.READ}, "root", NOW, expires=minutes(10))
    wall = sato.add_wall("wall", "0101", False, "root", NOW, expires=minutes(10))
    kept = sato.add_token("kept", "sato", {Scope.READ}, "root", NOW)
    assert sato.by_token(over, minutes(9)) and sato.wall(wall, minutes(9))
    assert sato.by_token(over, minutes(10)) is None and sato.wall(wall, minutes(10)) is None
    sato.disable("sato", "root", NOW)
    assert sato.by_token(kept, NOW) is None
    sato.enable("sato", "root", NOW)
    assert sato.by_token(kept, NOW)
    sato.revoke_token("kept", "root", NOW)
    sato.revoke_token("kept", "root", minutes(1))
    assert sato.by_token(kept, NOW) is None
    assert {one.name: one.revoked for one in sato.tokens()} == {"kept": NOW, "over": None, "wall": None}


@pytest.mark.parametrize("text", ["", "spt_", "spt_" + "a" * 43, "spt_" + "a" * 42, "x" * 47, "spt_" + "あ" * 43, "spt_" + "a" * 43 + "\n", "\ud800"])
def test_what_is_no_token_is_nobody(sato: Accounts, text: str) -> None:
    sato.add_token("api", "sato", {Scope.READ}, "root", NOW)
    assert sato.by_token(text, NOW) is None and sato.wall(text, NOW) is None


def test_a_token_that_cannot_be_is_not_made(sato: Accounts) -> None:
    sato.add_token("api", "sato", {Scope.READ}, "root", NOW)
    sato.revoke_token("api", "root", NOW)
    with pytest.raises(TokenExists):
        sato.add_token(" api", "sato", {Scope.READ}, "root", NOW)  # a name in the log always means the same
    with pytest.raises(NoAccount):
        sato.add_token("b", "suzuki", {Scope.READ}, "root", NOW)
    with pytest.raises(BadAccount):
        sato.add_token("b", "sato", set(), "root", NOW)
    with pytest.raises(NoToken):
        sato.revoke_token("b", "root", NOW)


def test_a_token_of_an_account_with_a_one_time_password_works(accounts: Accounts) -> None:
    accounts.add("api", "", {Role.STATISTICS}, (), (), one_time_password(), "root", NOW, must_change=True)
    person = accounts.by_token(accounts.add_token("api", "api", {Scope.STATISTICS}, "root", NOW), NOW)
    assert person is not None and person.may(Right.STATISTICS)


# --- saved searches ---


def test_searches_are_kept_for_who_saved_them(sato: Accounts) -> None:
    sato.add("suzuki", "", {Role.STATISTICS}, (), (), OTHER, "root", NOW)
    sato.save_search("sato", "今年の契約", "契約 課:総務課", NOW)
    sato.save_search("sato", "今年の契約", "契約 年度:2026", minutes(1))
    assert [(one.name, one.query, one.created) for one in sato.searches("sato")] == [("今年の契約", "契約 年度:2026", minutes(1))]
    assert sato.searches("suzuki") == ()
    sato.forget_search("suzuki", "今年の契約")
    assert len(sato.searches("sato")) == 1
    sato.forget_search("sato", "今年の契約")
    assert sato.searches("sato") == ()


def test_a_hundred_searches_are_enough(sato: Accounts) -> None:
    for number in range(100):
        sato.save_search("sato", f"{number}", "税", NOW)
    sato.save_search("sato", "99", "契約", NOW)
    with pytest.raises(BadAccount):
        sato.save_search("sato", "100", "税", NOW)


# --- several processes ---


def _write_much(path: Path, name: str, ready: "multiprocessing.synchronize.Barrier") -> None:
    ready.wait()
    accounts = opened(path)
    for number in range(10):
        accounts.add(f"{name}-{number}", "", {Role.STATISTICS}, (), (), secrets.token_hex(16), name, NOW)
        accounts.add_token(f"{name}-{number}", f"{name}-{number}", {Scope.READ}, name, NOW)
    accounts.close()


def test_web_and_command_line_make_the_file_and_write_it_at_the_same_time(tmp_path: Path) -> None:
    path, context = tmp_path / "accounts.db", multiprocessing.get_context("spawn")
    ready = context.Barrier(3)
    processes = [context.Process(target=_write_much, args=(path, name, ready)) for name in ("web", "cli", "other")]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [os.EX_OK] * 3
    accounts = opened(path)
    assert len(accounts.list()) == len(accounts.tokens()) == 30 and len(accounts.events(most=1000)) == 60
    accounts.close()
    with sqlite3.connect(path) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
