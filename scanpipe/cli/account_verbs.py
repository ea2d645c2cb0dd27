"""`scanpipe user` and `scanpipe token`: who may log in, and the tokens of programs and wall screens."""

import argparse
import getpass
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any

from scanpipe.accounts import Account, Accounts, Token
from scanpipe.accounts.passwords import one_time_password
from scanpipe.cli import arguments, asking, shown
from scanpipe.cli.site import settings_of
from scanpipe.config import Settings
from scanpipe.core.rights import EVERYTHING, ROLE_NAMES, Role, Scope
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_, _

NO_CATEGORY = N_("There is no category {code} in retention.toml. Write one of its codes, for example {example}, or * for all.")
NOT_THE_SAME = N_("The two passwords are not the same. Start again.")
NO_PASSWORD = N_("Standard input had no password. Give it on one line.")
NOTHING_CHANGES = N_("Say what changes: --role, --department, --grant or --shown.")
TITLES_OF_WALL = N_("--titles is for wall screens. Give --wall CODE, too, or leave it away.")
WALL_OR_ACCOUNT = N_("A wall screen has neither scopes nor an account. Leave --scope and --account away.")
NO_NAME = N_("Give the token a name by which it can be revoked: --name NAME")


@contextmanager
def _opened(options: argparse.Namespace) -> Iterator[tuple[Settings, Accounts]]:
    settings = settings_of(options)
    accounts = Accounts(settings.layout.accounts_db)
    try:
        yield settings, accounts
    finally:
        accounts.close()


def _now(settings: Settings) -> datetime:
    return datetime.now(settings.timezone)


def _who(options: argparse.Namespace) -> str:
    """As --by says, else the login name behind this shell, also behind sudo."""
    if options.by:
        return str(options.by)
    with suppress(OSError, KeyError):  # no such user in this container
        return os.environ.get("SUDO_USER") or getpass.getuser()
    return f"uid {os.getuid()}"


def _tell(settings: Settings, options: argparse.Namespace, change: str, **said: Any) -> None:
    """For the journal, also while no daemon runs: then it waits for the next start."""
    asking.leave(settings, "tell", _who(options), kind="account", change=change, **said)


# --- user ---


def add_user(options: argparse.Namespace) -> int:
    """A new account; without a password of its own it gets one for the first login."""
    with _opened(options) as (settings, accounts):
        _check_codes(settings, options.department, options.grant)
        password, once = (None, False) if options.no_password else _password(options)
        lists = {"roles": [*map(Role, options.role)], "departments": options.department, "grants": options.grant}
        made = accounts.add(options.name, options.shown or "", **lists, password=password, by=_who(options), at=_now(settings), must_change=once)
        told = {"roles": made.roles, "departments": made.departments, "grants": made.grants}
        _tell(settings, options, "added", account=made.name, **told)
        return _shown_user(made, settings, options, password if once else None)


def list_users(options: argparse.Namespace) -> int:
    with _opened(options) as (settings, accounts):
        found = accounts.list()
        if options.json:
            return shown.as_json([_account_json(one, settings) for one in found])
        if not found:
            shown.say(_("There is no account yet. Make the first: scanpipe user add NAME --role administrator"))
            return os.EX_OK
        headings = [_("Account"), _("Full name"), _("Roles"), _("Sections"), _("Restricted categories"), _("Last login"), _("State")]
        shown.table(headings, [_user_row(one, settings) for one in found])
        return os.EX_OK


def change_user(options: argparse.Namespace) -> int:
    """Puts roles, sections, grants in place of the old ones; those not named stay."""
    departments = [] if options.no_departments else options.department
    grants = [] if options.no_grants else options.grant
    if all(value is None for value in (options.role, departments, grants, options.shown)):
        raise UsageError(NOTHING_CHANGES)
    with _opened(options) as (settings, accounts):
        _check_codes(settings, departments or [], grants or [])
        roles = [*map(Role, options.role)] if options.role else None
        now = _now(settings)
        changed = accounts.change(options.name, _who(options), now, shown=options.shown, roles=roles, departments=departments, grants=grants)
        told = {"roles": changed.roles, "departments": changed.departments, "grants": changed.grants}
        _tell(settings, options, "changed", account=changed.name, **told)
        return _shown_user(changed, settings, options)


def disable_user(options: argparse.Namespace) -> int:
    with _opened(options) as (settings, accounts):
        accounts.disable(options.name, _who(options), _now(settings))
        return _told_state(accounts.account(options.name), settings, options, "disabled")


def enable_user(options: argparse.Namespace) -> int:
    with _opened(options) as (settings, accounts):
        accounts.enable(options.name, _who(options), _now(settings))
        return _told_state(accounts.account(options.name), settings, options, "enabled")


def _told_state(account: Account, settings: Settings, options: argparse.Namespace, change: str) -> int:
    _tell(settings, options, change, account=account.name)
    return _shown_user(account, settings, options)


def set_password(options: argparse.Namespace) -> int:
    """A new password, which ends the account's sessions."""
    with _opened(options) as (settings, accounts):
        account = accounts.account(options.name)  # before anything is typed
        password, once = _password(options)
        accounts.set_password(account.name, password, _who(options), _now(settings), must_change=once)
        _tell(settings, options, "password_set", account=account.name)
        return _shown_user(accounts.account(account.name), settings, options, password if once else None)


def _password(options: argparse.Namespace) -> tuple[str, bool]:
    """(password, whether it is for one login only): from standard input, typed twice, or made here."""
    if options.password_stdin:
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise UsageError(NO_PASSWORD)
        return line, False
    if sys.stdin.isatty():
        typed = getpass.getpass(_("New password (leave it empty for a one-time password): "))
        if typed and getpass.getpass(_("Once more: ")) != typed:
            raise UsageError(NOT_THE_SAME)
        if typed:
            return typed, False
    return one_time_password(), True


def _check_codes(settings: Settings, departments: Sequence[str], grants: Sequence[str]) -> None:
    """Raises NotFound for a section or category that the configuration does not have."""
    for code in departments:
        settings.department(code)
    known = settings.schedule.categories
    for code in grants:
        if code != EVERYTHING and code not in known:
            raise NotFound(NO_CATEGORY, code=code, example=next((one.code for one in known.values() if one.restricted), next(iter(known), "-")))


def _shown_user(account: Account, settings: Settings, options: argparse.Namespace, once: str | None = None) -> int:
    """once: its one-time password, shown here and never again."""
    if options.json:
        return shown.as_json(_account_json(account, settings) | ({"one_time_password": once} if once else {}))
    row = _user_row(account, settings)
    names = (_("Account"), _("Full name"), _("Roles"), _("Sections"), _("Restricted categories"), _("Last login"), _("State"))
    shown.table([_("Fact"), _("Value")], list(zip(names, row, strict=True)))
    if once:
        shown.say(_("One-time password: {password}").format(password=once))
        shown.say(_("It is shown only now. Hand it over in person; at the first login a new one is chosen."))
    return os.EX_OK


def _user_row(account: Account, settings: Settings) -> tuple[str, ...]:
    roles = ", ".join(_(ROLE_NAMES[role]) for role in account.roles)
    sections = ", ".join(shown.section_name(settings, code) for code in account.departments) or "-"
    return account.name, account.shown, roles, sections, ", ".join(account.grants) or "-", _moment(account.last_login, settings), _state(account)


def _state(account: Account) -> str:
    if account.disabled:
        return _("disabled")
    if account.must_change:
        return _("has a one-time password")
    return _("may log in") if account.has_password else _("logs in through the reverse proxy")


def _account_json(account: Account, settings: Settings) -> dict[str, Any]:
    return _with_local_times(asdict(account), settings)


# --- token ---


def add_token(options: argparse.Namespace) -> int:
    """A token for a program or a wall screen, shown once."""
    _check_token(options)
    with _opened(options) as (settings, accounts):
        by, at, expires = _who(options), _now(settings), _end_of(options.expires, settings)
        if options.wall:
            settings.department(options.wall)
            name = options.name or f"wall-{options.wall}"
            text = accounts.add_wall(name, options.wall, options.titles, by, at, expires=expires)
        else:
            name = options.name
            text = accounts.add_token(name, options.account or by, [*map(Scope, options.scope or ())], by, at, expires=expires)
        made = accounts.token(name)
        _tell(settings, options, "token_added", **_facts_of(made))
        if options.json:
            return shown.as_json(_with_local_times(asdict(made), settings) | {"token": text})
        shown.say(_("Token {name}: {token}").format(name=made.name, token=text))
        shown.say(_("It is shown only now. Whoever has it may use it; revoke it with: scanpipe token revoke {name}").format(name=made.name))
        return os.EX_OK


def _check_token(options: argparse.Namespace) -> None:
    if options.wall and (options.scope or options.account):
        raise UsageError(WALL_OR_ACCOUNT)
    if not options.wall and options.titles:
        raise UsageError(TITLES_OF_WALL)
    if not options.wall and not options.name:
        raise UsageError(NO_NAME)


def _end_of(day: date | None, settings: Settings) -> datetime | None:
    """The first moment after this day."""
    return datetime.combine(day + timedelta(days=1), time(), settings.timezone) if day else None


def _facts_of(token: Token) -> Mapping[str, Any]:
    return {"token_name": token.name, "account": token.account, "scopes": token.scopes, "department": token.department, "titles": token.titles}


def list_tokens(options: argparse.Namespace) -> int:
    with _opened(options) as (settings, accounts):
        found = accounts.tokens()
        if options.json:
            return shown.as_json([_with_local_times(asdict(one), settings) for one in found])
        if not found:
            shown.say(_("There is no token."))
            return os.EX_OK
        headings = [_("Token"), _("For"), _("Scopes"), _("Made by"), _("Valid until"), _("Last used"), _("State")]
        shown.table(headings, [_token_row(one, settings) for one in found])
        return os.EX_OK


def _token_row(token: Token, settings: Settings) -> tuple[str, ...]:
    wall = token.department is not None
    scopes = (_("wall screen, with titles") if token.titles else _("wall screen, without titles")) if wall else ", ".join(token.scopes)
    acts_for = shown.section_name(settings, token.department) if token.department is not None else str(token.account)
    expired = token.expires is not None and token.expires <= _now(settings)
    state = _("revoked") if token.revoked else _("expired") if expired else _("in use")
    expires = _moment(token.expires, settings) if token.expires else _("without end")
    return token.name, acts_for, scopes, token.created_by, expires, _moment(token.last_used, settings), state


def revoke_token(options: argparse.Namespace) -> int:
    with _opened(options) as (settings, accounts):
        accounts.revoke_token(options.name, _who(options), _now(settings))
        revoked = accounts.token(options.name)
        _tell(settings, options, "token_revoked", token_name=revoked.name)
        if options.json:
            return shown.as_json(_with_local_times(asdict(revoked), settings))
        shown.say(_("Token {name} is revoked: it is refused from now on.").format(name=revoked.name))
        return os.EX_OK


def _moment(at: datetime | None, settings: Settings) -> str:
    return f"{at.astimezone(settings.timezone):%Y-%m-%d %H:%M}" if at else "-"


def _with_local_times(facts: dict[str, Any], settings: Settings) -> dict[str, Any]:
    return {name: value.astimezone(settings.timezone).isoformat(timespec="seconds") if isinstance(value, datetime) else value for name, value in facts.items()}


# --- parsers ---


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`user` and `token` with what they do."""
    return *_user_parsers(add), *_token_parsers(add)


def _user_parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    user = add("user", help=_("who may log in to the pages, as what, for which sections"))
    what = user.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser

    to_add = what("add", help=_("a new account; without --password-stdin the password is asked for, or made for one login"))
    to_add.add_argument("name", metavar="NAME")
    to_add.add_argument(
        "--role", action="append", choices=[role.value for role in Role], required=True, help=_("what the person may do; may be given several times")
    )
    to_add.add_argument(
        "--department", action="append", default=[], metavar="CODE", help=_("a section whose records the person sees; may be given several times")
    )
    to_add.add_argument("--grant", action="append", default=[], metavar="CATEGORY", help=_("a restricted category that the person may see, or * for all"))
    to_add.add_argument("--shown", metavar="TEXT", help=_("the name as people write it"))
    to_add.set_defaults(run=add_user)

    show = what("list", help=_("all accounts"))
    show.set_defaults(run=list_users)

    role = what("role", help=_("other roles, sections or grants in place of the old ones; what is not named stays"))
    role.add_argument("name", metavar="NAME")
    role.add_argument("--role", action="append", choices=[role.value for role in Role], help=_("what the person may do; may be given several times"))
    sections, grants = role.add_mutually_exclusive_group(), role.add_mutually_exclusive_group()
    sections.add_argument("--department", action="append", metavar="CODE", help=_("a section whose records the person sees; may be given several times"))
    sections.add_argument("--no-departments", action="store_true", help=_("no section any more"))
    grants.add_argument("--grant", action="append", metavar="CATEGORY", help=_("a restricted category that the person may see, or * for all"))
    grants.add_argument("--no-grants", action="store_true", help=_("no restricted category any more"))
    role.add_argument("--shown", metavar="TEXT", help=_("the name as people write it"))
    role.set_defaults(run=change_user)

    disable = what("disable", help=_("the account is refused from now on, and with it its sessions and tokens"))
    disable.set_defaults(run=disable_user)
    enable = what("enable", help=_("a disabled account may log in again"))
    enable.set_defaults(run=enable_user)
    password = what("password", help=_("a new password, which ends the account's sessions"))
    password.set_defaults(run=set_password)
    for verb in (disable, enable, password):
        verb.add_argument("name", metavar="NAME")
    given = to_add.add_mutually_exclusive_group()
    given.add_argument("--no-password", action="store_true", help=_("logs in through the reverse proxy only"))
    for place in (given, password):
        place.add_argument("--password-stdin", action="store_true", help=_("read the password from the first line of standard input"))
    changing = (to_add, role, disable, enable, password)
    _add_by(changing)
    return *changing, show


def _token_parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    token = add("token", help=_("tokens for programs that use the API, and for wall screens"))
    what = token.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=arguments.Parser).add_parser

    to_add = what("add", help=_("a new token, shown once"))
    to_add.add_argument("--name", metavar="NAME", help=_("by which it is listed and revoked"))
    to_add.add_argument("--scope", action="append", choices=[scope.value for scope in Scope], help=_("what it is for; may be given several times"))
    to_add.add_argument("--account", metavar="NAME", help=_("whose rights it has, within its scopes; your own account without it"))
    to_add.add_argument("--wall", metavar="CODE", help=_("for a screen on the wall that shows this section's scans of today, instead of a program"))
    to_add.add_argument("--titles", action="store_true", help=_("the wall screen shows titles, too"))
    to_add.add_argument("--expires", type=arguments.day, metavar="YYYY-MM-DD", help=_("the last day on which it is accepted; without end if none is given"))
    to_add.set_defaults(run=add_token)

    show = what("list", help=_("all tokens, also revoked ones"))
    show.set_defaults(run=list_tokens)

    revoke = what("revoke", help=_("the token is refused from now on"))
    revoke.add_argument("name", metavar="NAME")
    revoke.set_defaults(run=revoke_token)
    _add_by((to_add, revoke))
    return to_add, show, revoke


def _add_by(verbs: Sequence[arguments.Parser]) -> None:
    for verb in verbs:
        verb.add_argument("--by", metavar="WHO", help=_("your name, for the log; that of your login without it"))
