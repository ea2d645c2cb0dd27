"""`scanpipe user` and `token` at the command line, and what the journal is told of them."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from custody import GENERAL, TAX
from kept_records import shelf

from scanpipe.accounts import Accounts
from scanpipe.catalogue.journal import chain
from scanpipe.catalogue.reader import NoRecord
from scanpipe.catalogue.requests import Requests, Wish
from scanpipe.cli import main
from scanpipe.config import Settings
from scanpipe.core.rights import Right
from scanpipe.errors import UsageError
from scanpipe.upkeep.deciding.wishes import WISHES

Run = Callable[..., tuple[int, str, str]]
NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
PASSWORD = "correct horse battery"
CLERK = ("--role", "clerk", "--department", TAX)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("SUDO_USER", "yamada")

    def verb(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        try:
            code = main(["--config", str(settings.file), *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return verb


@pytest.fixture
def accounts(settings: Settings) -> Iterator[Accounts]:
    opened = Accounts(settings.layout.accounts_db)
    yield opened
    opened.close()


def in_json(answer: tuple[int, str, str]) -> Any:
    code, out, err = answer
    assert (code, err) == (os.EX_OK, "")
    return json.loads(out)


def left(settings: Settings) -> list[dict[str, Any]]:
    """What waits to be told to the journal."""
    requests = Requests(settings.layout.requests_db)
    rows = [{"who": row["who"], **json.loads(row["wants"])} for row in requests.db.conn.execute("SELECT * FROM request WHERE verb = 'tell' ORDER BY id")]
    requests.close()
    return rows


# --- user ---


def test_the_first_account_is_made_with_a_password_for_one_login(run: Run, accounts: Accounts) -> None:
    assert "scanpipe user add" in run("user", "list")[1]
    made = in_json(run("user", "add", "Root", "--role", "administrator", "--role", "clerk", "--department", GENERAL, "--shown", "佐藤 花子", "--json"))
    once = made.pop("one_time_password")
    assert in_json(run("user", "list", "--json")) == [made]
    assert {name: made[name] for name in ("name", "shown", "roles", "departments", "grants", "has_password", "must_change", "disabled", "last_login")} == {
        "name": "root", "shown": "佐藤 花子", "roles": ["administrator", "clerk"], "departments": [GENERAL], "grants": [], "has_password": True,
        "must_change": True, "disabled": None, "last_login": None,
    }  # fmt: skip
    assert accounts.authenticate("root", once, "", NOW).must_change
    assert once not in run("user", "list")[1]


def test_a_person_reads_the_one_time_password_once(run: Run) -> None:
    code, out, _err = run("user", "add", "sato", *CLERK)
    assert code == os.EX_OK and "One-time password: " in out and "0103 税務課" in out and "has a one-time password" in out


def test_a_password_comes_from_standard_input(run: Run, accounts: Accounts) -> None:
    answer = in_json(run("user", "add", "sato", *CLERK, "--password-stdin", "--json", typed=f"{PASSWORD}\n"))
    assert "one_time_password" not in answer and not answer["must_change"]
    assert accounts.authenticate("sato", PASSWORD, "", NOW).may(Right.READ, TAX)
    assert run("user", "password", "sato", "--password-stdin", typed="\n")[0] == os.EX_USAGE
    code, _out, err = run("user", "password", "sato", "--password-stdin", typed="short\n")
    assert code == os.EX_USAGE and "12" in err
    session, _csrf = accounts.open_session(accounts.authenticate("sato", PASSWORD, "", NOW), NOW)
    assert run("user", "password", "sato", "--password-stdin", typed="staple table gravel")[0] == os.EX_OK
    assert accounts.session(session, NOW) is None
    accounts.authenticate("sato", "staple table gravel", "", NOW)


def test_an_account_of_the_proxy_has_no_password(run: Run) -> None:
    assert in_json(run("user", "add", "sato", *CLERK, "--no-password", "--json"))["has_password"] is False
    assert "reverse proxy" in run("user", "list")[1]
    assert run("user", "add", "suzuki", *CLERK, "--no-password", "--password-stdin")[0] == os.EX_USAGE


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("add", "sato", "--role", "clerk"), os.EX_USAGE, "section"),
        (("add", "sato", "--role", "clerk", "--department", "9999"), os.EX_NOINPUT, "9999"),
        (("add", "sato", *CLERK, "--grant", "NOTHING"), os.EX_NOINPUT, "NOTHING"),
        (("add", "sato", "--role", "emperor"), os.EX_USAGE, "emperor"),
        (("add", "sato"), os.EX_USAGE, "--role"),
        (("add", "sa\tto", *CLERK), os.EX_USAGE, "cannot be seen"),
        (("role", "sato", "--role", "leader"), os.EX_NOINPUT, "sato"),
        (("role", "sato"), os.EX_USAGE, "--role"),
        (("role", "sato", "--grant", "*", "--no-grants"), os.EX_USAGE, "--no-grants"),
        (("disable", "sato"), os.EX_NOINPUT, "sato"),
        (("enable", "\udcff"), os.EX_NOINPUT, "user list"),
        (("password", "sato", "--password-stdin"), os.EX_NOINPUT, "sato"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(run: Run, settings: Settings, accounts: Accounts, arguments: tuple[str, ...], code: int, says: str) -> None:
    found, _out, err = run("user", *arguments, typed=f"{PASSWORD}\n")
    assert found == code and says in err
    assert accounts.none_yet() and (not settings.layout.requests_db.exists() or left(settings) == [])


def test_roles_sections_and_grants_are_put_in_place_of_the_old_ones(run: Run) -> None:
    run("user", "add", "sato", *CLERK, "--grant", "*", "--no-password")
    changed = in_json(run("user", "role", "sato", "--role", "leader", "--department", GENERAL, "--department", TAX, "--json"))
    assert (changed["roles"], changed["departments"], changed["grants"]) == (["leader"], [GENERAL, TAX], ["*"])
    assert in_json(run("user", "role", "sato", "--no-grants", "--json"))["grants"] == []
    code, _out, err = run("user", "role", "sato", "--no-departments")
    assert code == os.EX_USAGE and "leader" in err
    assert in_json(run("user", "role", "sato", "--role", "statistics", "--no-departments", "--json"))["departments"] == []


def test_a_disabled_account_is_shown_so_until_it_is_enabled(run: Run) -> None:
    run("user", "add", "sato", *CLERK)
    assert in_json(run("user", "disable", "ＳＡＴＯ", "--json"))["disabled"] is not None
    assert "disabled" in run("user", "list")[1]
    assert in_json(run("user", "enable", "sato", "--json"))["disabled"] is None


def test_on_a_terminal_the_password_is_typed_twice_and_not_shown(settings: Settings, accounts: Accounts) -> None:
    for second, code in (("staple table gravel", os.EX_USAGE), (PASSWORD, os.EX_OK)):
        assert _typed_on_a_terminal(settings, PASSWORD, second) == code
    assert accounts.authenticate("sato", PASSWORD, "", NOW).name == "sato"


def _typed_on_a_terminal(settings: Settings, first: str, second: str) -> int:
    keyboard, terminal = os.openpty()
    command = [sys.executable, "-m", "scanpipe", "--config", str(settings.file), "user", "add", "sato", *CLERK]
    ended = subprocess.Popen(command, stdin=terminal, stdout=subprocess.DEVNULL, stderr=terminal, start_new_session=True, env={**os.environ, "LANGUAGE": "en"})
    os.close(terminal)
    shown = b""
    try:
        for prompt, typed in ((b"one-time password): ", first), (b"Once more: ", second)):
            while prompt not in shown:
                shown += os.read(keyboard, 1000)
            os.write(keyboard, f"{typed}\n".encode())
        code = ended.wait(60)
    finally:
        ended.kill()
        os.close(keyboard)
    assert first.encode() not in shown
    return code


# --- token ---


def test_a_token_is_shown_once_and_works_until_it_is_revoked(run: Run, accounts: Accounts) -> None:
    run("user", "add", "sato", *CLERK, "--no-password")
    made = in_json(run("token", "add", "--name", "budget", "--scope", "read", "--scope", "upload", "--account", "sato", "--expires", "2999-03-31", "--json"))
    token = made.pop("token")
    assert (made["account"], made["scopes"], made["expires"], made["created_by"]) == ("sato", ["read", "upload"], "2999-04-01T00:00:00+09:00", "yamada")
    person = accounts.by_token(token, NOW)
    assert person is not None and person.may(Right.UPLOAD, TAX) and not person.may(Right.CORRECT, TAX)
    listed = run("token", "list")[1]
    assert "budget" in listed and "in use" in listed and token not in listed
    assert run("token", "revoke", " budget ")[0] == os.EX_OK
    assert accounts.by_token(token, NOW) is None and "revoked" in run("token", "list")[1]
    assert [one["name"] for one in in_json(run("token", "list", "--json"))] == ["budget"]


def test_without_an_account_named_it_acts_for_who_makes_it(run: Run) -> None:
    code, _out, err = run("token", "add", "--name", "mine", "--scope", "read")
    assert code == os.EX_NOINPUT and "yamada" in err
    run("user", "add", "yamada", "--role", "statistics", "--no-password")
    assert "spt_" in run("token", "add", "--name", "mine", "--scope", "statistics")[1]


def test_a_wall_screen_has_a_token_of_its_section(run: Run, accounts: Accounts) -> None:
    plain, titled = (in_json(run("token", "add", "--wall", TAX, *more, "--json")) for more in ((), ("--titles", "--name", "entrance")))
    assert (plain["name"], plain["department"], plain["titles"]) == (f"wall-{TAX}", TAX, False)
    assert accounts.wall(plain["token"], NOW) == (TAX, False) and accounts.wall(titled["token"], NOW) == (TAX, True)
    out = run("token", "list")[1]
    assert "wall screen, with titles" in out and "wall screen, without titles" in out and "0103 税務課" in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "--scope", "read"), os.EX_USAGE),  # no name
        (("add", "--name", "n", "--account", "sato"), os.EX_USAGE),  # no scope
        (("add", "--name", "n", "--scope", "everything"), os.EX_USAGE),
        (("add", "--name", "n", "--scope", "read", "--account", "nobody"), os.EX_NOINPUT),
        (("add", "--name", "n", "--scope", "read", "--titles"), os.EX_USAGE),
        (("add", "--wall", TAX, "--scope", "read"), os.EX_USAGE),
        (("add", "--wall", "9999"), os.EX_NOINPUT),
        (("revoke", "nothing"), os.EX_NOINPUT),
        (("revoke", "\udcff"), os.EX_NOINPUT),
    ],
)
def test_a_token_that_cannot_be_is_refused(run: Run, accounts: Accounts, arguments: tuple[str, ...], code: int) -> None:
    run("user", "add", "sato", *CLERK, "--no-password")
    found, _out, err = run("token", *arguments)
    assert found == code and err
    assert accounts.tokens() == ()


# --- the journal ---


def test_every_change_waits_for_the_journal_without_a_secret_and_starts_no_daemon(run: Run, settings: Settings) -> None:
    run("user", "add", "sato", *CLERK, "--by", "佐藤")
    run("user", "role", "sato", "--department", GENERAL)
    once = in_json(run("user", "password", "sato", "--json"))["one_time_password"]
    run("user", "disable", "sato")
    run("user", "enable", "sato")
    token = in_json(run("token", "add", "--wall", TAX, "--json"))["token"]
    run("token", "revoke", f"wall-{TAX}")
    told = left(settings)
    assert [(one["kind"], one["change"], one["who"]) for one in told] == [
        ("account", change, "佐藤" if change == "added" else "yamada")
        for change in ("added", "changed", "password_set", "disabled", "enabled", "token_added", "token_revoked")
    ]
    assert told[1] == {"who": "yamada", "kind": "account", "change": "changed", "account": "sato", "roles": ["clerk"], "departments": [GENERAL], "grants": []}
    assert once not in str(told) and token not in str(told)
    assert not settings.layout.catalogue_db.exists()


def test_the_next_start_tells_the_journal(run: Run, settings: Settings) -> None:
    run("user", "add", "sato", *CLERK)
    asked = datetime.now(UTC)
    assert run("retry", "--by", "佐藤")[0] == os.EX_OK  # takes the store's lock, and answers what waits
    (event,) = [event for event in chain(settings.layout.journal) if event.kind == "account"]
    assert (event.actor, event.data["change"], event.data["account"], event.accession_id) == ("yamada", "added", "sato", None)
    assert datetime.fromisoformat(event.data["done"]) <= asked


def wish(which: int = 1, /, **wants: Any) -> Wish:
    return Wish(id=f"01J{which:023d}", at=NOW, who="佐藤", verb="tell", wants=wants)


def test_a_view_is_an_event_of_its_record_once_however_often_the_wish_is_answered(settings: Settings) -> None:
    with shelf(settings) as kept:
        number = kept.record(GENERAL, "CORRESP", date(2021, 6, 1))
        for answered in (wish(kind="viewed", number=number, page=3), wish(kind="viewed", number=number, page=3), wish(2, kind="viewed", number=number)):
            assert WISHES["tell"](answered, kept.catalogue, settings) == {}
        sql = "SELECT actor, a.number, json_extract(data, '$.page') AS page FROM event e JOIN accession a ON a.id = e.accession_id WHERE kind = 'viewed' ORDER BY seq"
        assert [tuple(row) for row in kept.catalogue.db.conn.execute(sql)] == [("佐藤", number, 3), ("佐藤", number, None)]


def test_a_catalogue_made_again_has_the_same_events(settings: Settings) -> None:
    def rows() -> list[tuple[Any, ...]]:
        with shelf(settings) as kept:
            return [tuple(row) for row in kept.catalogue.db.conn.execute("SELECT * FROM event ORDER BY seq")]

    with shelf(settings) as kept:
        number = kept.record(GENERAL, "CORRESP", date(2021, 6, 1))
        for place, kind in enumerate(("viewed", "downloaded", "exported", "account")):
            WISHES["tell"](wish(place, kind=kind, number=None if kind == "account" else number), kept.catalogue, settings)
    before = rows()
    for file in settings.layout.catalogue_db.parent.iterdir():
        file.unlink()
    assert rows() == before
    assert [row[2] for row in before[-4:]] == ["viewed", "downloaded", "exported", "account"]


def test_the_journal_is_told_nothing_else(settings: Settings) -> None:
    with shelf(settings) as kept:
        with pytest.raises(UsageError):
            WISHES["tell"](wish(kind="held"), kept.catalogue, settings)
        with pytest.raises(NoRecord):
            WISHES["tell"](wish(kind="viewed", number="2026-000009"), kept.catalogue, settings)
        assert kept.catalogue.journal.seq == 0


def test_whether_a_wish_was_told_is_found_by_its_index(settings: Settings) -> None:
    from scanpipe.catalogue.database import SQL

    with shelf(settings) as kept:
        (row,) = kept.catalogue.db.conn.execute(f"EXPLAIN QUERY PLAN {SQL['told_already']}", {"wish": "x"})
        assert "USING INDEX event_told" in row["detail"]
