"""`/admin/users`, `/admin/tokens`: who may log in as what, and what programs and wall screens come with. Every change is told to the journal."""

from datetime import datetime, timedelta
from datetime import time as clock
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from scanpipe.accounts import Account
from scanpipe.accounts.passwords import one_time_password
from scanpipe.core.logins import BadAccount
from scanpipe.core.rights import EVERYTHING, ROLE_NAMES, Right, Role, Scope
from scanpipe.errors import NotFound, ScanpipeError, UsageError
from scanpipe.i18n import N_, _
from scanpipe.web import showing
from scanpipe.web.guard import Submitted
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
OWN = N_("You cannot disable your own account or take the role of administrator from it. Ask another administrator.")
NO_CATEGORY = N_("There is no restricted category {code} in retention.toml.")
NO_DAY = N_("{value} is not a day. Choose one in the calendar, or write it like 2025-04-01.")
_HAPPENED: Final = {
    "added": N_("made"),
    "changed": N_("changed"),
    "disabled": N_("disabled"),
    "enabled": N_("enabled again"),
    "password_set": N_("new password"),
    "logged_in": N_("logged in"),
    "must_wait": N_("had to wait after wrong passwords"),
}
SCOPE_NAMES: Final = {
    Scope.READ: N_("read records"),
    Scope.WRITE: N_("correct and enter"),
    Scope.UPLOAD: N_("send scans"),
    Scope.STATISTICS: N_("read statistics"),
}
Several = Annotated[list[str], Form()]
Text = Annotated[str, Form()]


@router.get("/admin/users")
def users(visit: Visitor, done: str = "") -> Response:
    """All accounts, and the form for a new one."""
    visit.need(Right.ACCOUNTS)
    return _users(visit, done=done)


def _users(visit: Visit, status: int = 200, **facts: Any) -> Response:
    shown = {"done": "", "says": None, "made": None, "password": None, "typed": {}} | facts
    return showing.page(visit, "admin_users.html", status, accounts=visit.house.accounts.list(), **_choices(visit), **shown)


def _choices(visit: Visit) -> dict[str, Any]:
    settings = visit.house.settings
    restricted = [one for one in settings.schedule.categories.values() if one.restricted]
    return {
        "roles": ROLE_NAMES,
        "sections": settings.departments,
        "names": {one.code: one.name for one in settings.departments},
        "restricted": restricted,
        "restricted_names": {one.code: one.name for one in restricted},
    }


@router.post("/admin/users")
def add(visit: Submitted, name: Text = "", shown: Text = "", role: Several = [], department: Several = [], grant: Several = []) -> Response:  # noqa: B006
    """A new account with a one-time password, which this one answer shows."""
    visit.need(Right.ACCOUNTS)
    password = one_time_password()
    try:
        _check(visit, department, grant)
        made = visit.house.accounts.add(
            name, shown, [*map(Role, _known(role))], department, grant, password, visit.person.name, visit.house.now(), must_change=True
        )
    except (UsageError, NotFound) as error:
        typed = {"name": name, "shown": shown, "role": role, "department": department, "grant": grant}
        return _users(visit, 400, says=str(error), typed=typed)
    visit.tell("account", change="added", account=made.name, roles=made.roles, departments=made.departments, grants=made.grants)
    return _users(visit, made=made, password=password)


def _known(roles: list[str]) -> list[str]:
    return [role for role in roles if role in set(Role)]


def _check(visit: Visit, departments: list[str], grants: list[str]) -> None:
    """Raises NotFound for a section or category that the configuration does not have."""
    for code in departments:
        visit.house.settings.department(code)
    known = visit.house.settings.schedule.categories
    for code in grants:
        if code != EVERYTHING and not (code in known and known[code].restricted):
            raise NotFound(NO_CATEGORY, code=code)


@router.get("/admin/users/one")
def user(visit: Visitor, name: str = "", done: str = "") -> Response:
    """One account, to be changed."""
    visit.need(Right.ACCOUNTS)
    return _user(visit, visit.house.accounts.account(name), done=done)


def _user(visit: Visit, account: Account, status: int = 200, **facts: Any) -> Response:
    shown = {"done": "", "says": None, "password": None} | facts
    events = visit.house.accounts.events(account.name, 30)
    return showing.page(visit, "admin_user.html", status, account=account, events=events, happened=_happened, **_choices(visit), **shown)


def _happened(kind: str) -> str:
    return _(_HAPPENED.get(kind, kind))


@router.post("/admin/users/change")
def change(visit: Submitted, name: Text = "", shown: Text = "", role: Several = [], department: Several = [], grant: Several = []) -> Response:  # noqa: B006
    """Roles, sections and grants in place of the old ones; they hold from the next request on."""
    visit.need(Right.ACCOUNTS)
    accounts = visit.house.accounts
    account = accounts.account(name)
    try:
        if account.name == visit.person.name and Role.ADMINISTRATOR not in role:
            raise BadAccount(OWN)
        _check(visit, department, grant)
        changed = accounts.change(
            name, visit.person.name, visit.house.now(), shown=shown or None, roles=[*map(Role, _known(role))], departments=department, grants=grant
        )
    except (UsageError, NotFound) as error:
        return _user(visit, account, 400, says=str(error))
    visit.tell("account", change="changed", account=changed.name, roles=changed.roles, departments=changed.departments, grants=changed.grants)
    return _back(changed, "changed")


@router.post("/admin/users/disable")
def disable(visit: Submitted, name: Text = "") -> Response:
    """It is refused from now on, and with it its sessions and tokens."""
    visit.need(Right.ACCOUNTS)
    account = visit.house.accounts.account(name)
    if account.name == visit.person.name:
        return _user(visit, account, 400, says=str(BadAccount(OWN)))
    visit.house.accounts.disable(account.name, visit.person.name, visit.house.now())
    visit.tell("account", change="disabled", account=account.name)
    return _back(account, "disabled")


@router.post("/admin/users/enable")
def enable(visit: Submitted, name: Text = "") -> Response:
    """It may log in again."""
    visit.need(Right.ACCOUNTS)
    account = visit.house.accounts.account(name)
    visit.house.accounts.enable(account.name, visit.person.name, visit.house.now())
    visit.tell("account", change="enabled", account=account.name)
    return _back(account, "enabled")


@router.post("/admin/users/password")
def password(visit: Submitted, name: Text = "") -> Response:
    """A new one-time password, which this one answer shows and which ends the account's sessions."""
    visit.need(Right.ACCOUNTS)
    account, once = visit.house.accounts.account(name), one_time_password()
    visit.house.accounts.set_password(account.name, once, visit.person.name, visit.house.now(), must_change=True)
    visit.tell("account", change="password_set", account=account.name)
    return _user(visit, visit.house.accounts.account(account.name), password=once)


def _back(account: Account, done: str) -> Response:
    return RedirectResponse(showing.link("/admin/users/one", name=account.name, done=done), 303)


# --- tokens ---


@router.get("/admin/tokens")
def tokens(visit: Visitor, done: str = "") -> Response:
    """All tokens, and the forms for new ones."""
    visit.need(Right.ACCOUNTS)
    return _tokens(visit, done=done)


def _tokens(visit: Visit, status: int = 200, **facts: Any) -> Response:
    shown = {"done": "", "says": None, "made": None, "text": None, "typed": {}} | facts
    accounts = [one for one in visit.house.accounts.list() if one.disabled is None]
    return showing.page(
        visit, "admin_tokens.html", status, tokens=visit.house.accounts.tokens(), accounts=accounts, scopes=SCOPE_NAMES, now=visit.house.now(), **_choices(visit),
        **shown,
    )  # fmt: skip


@router.post("/admin/tokens")
def add_token(visit: Submitted, name: Text = "", account: Text = "", scope: Several = [], expires: Text = "") -> Response:  # noqa: B006
    """A token for a program, which this one answer shows."""
    visit.need(Right.ACCOUNTS)
    house = visit.house
    try:
        scopes = [Scope(one) for one in scope if one in set(Scope)]
        text = house.accounts.add_token(name, account, scopes, visit.person.name, house.now(), expires=_end(visit, expires))
    except (UsageError, NotFound) as error:
        return _refused(visit, error, name=name, account=account, scope=scope, expires=expires)
    return _made(visit, name, text)


@router.post("/admin/tokens/wall")
def add_wall(visit: Submitted, name: Text = "", department: Text = "", titles: Text = "", expires: Text = "") -> Response:
    """A wall screen's token, whose address this one answer shows."""
    visit.need(Right.ACCOUNTS)
    house = visit.house
    try:
        code = house.settings.department(department).code
        text = house.accounts.add_wall(name, code, titles == "1", visit.person.name, house.now(), expires=_end(visit, expires))
    except (UsageError, NotFound) as error:
        return _refused(visit, error, name=name, department=department, titles=titles, expires=expires)
    return _made(visit, name, text)


def _refused(visit: Visit, error: ScanpipeError, **typed: Any) -> Response:
    return _tokens(visit, 400, says=str(error), typed=typed)


def _made(visit: Visit, name: str, text: str) -> Response:
    made = visit.house.accounts.token(name)
    visit.tell("account", change="token_added", token_name=made.name, account=made.account, scopes=made.scopes, department=made.department, titles=made.titles)
    return _tokens(visit, made=made, text=text)


def _end(visit: Visit, typed: str) -> datetime | None:
    """The first moment after that day, None for an empty field. Raises UsageError."""
    if not typed.strip():
        return None
    try:
        return datetime.combine(datetime.fromisoformat(typed.strip()).date() + timedelta(days=1), clock(), visit.house.settings.timezone)
    except (ValueError, OverflowError) as error:
        raise UsageError(NO_DAY, value=typed.strip()[:40]) from error


@router.post("/admin/tokens/revoke")
def revoke(visit: Submitted, name: Text = "") -> Response:
    """It is refused from now on."""
    visit.need(Right.ACCOUNTS)
    token = visit.house.accounts.token(name)
    visit.house.accounts.revoke_token(token.name, visit.person.name, visit.house.now())
    visit.tell("account", change="token_revoked", token_name=token.name)
    return RedirectResponse(showing.link("/admin/tokens", done="revoked"), 303)
