"""Accounts, passwords and logins: what is a name, what is a password good enough, how long one waits after too many tries, when a session ends.

The numbers are those of reliability §3.
"""

import math
import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from scanpipe.core.rights import Role
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

LONGEST_NAME: Final = 64
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
TRIES_OF_ACCOUNT: Final = 5  # in a minute
TRIES_OF_ADDRESS: Final = 20
REMEMBERED: Final = timedelta(hours=1)  # tries before that count no more
_WINDOW, _LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)
IDLE: Final = timedelta(minutes=30)
LONGEST_SESSION: Final = timedelta(hours=10)


class BadAccount(UsageError):
    """An account that cannot be; the template says why and what to write."""


class BadPassword(UsageError):
    """A password that is guessed too easily; the template says what to choose."""


NAME_LENGTH = N_("The name of an account has 1 to {most} signs. Choose another one.")
NAME_SIGNS = N_("The name {name} holds a sign that cannot be seen. Type it again.")
TEXT_LENGTH = N_("A text of 1 to {most} signs is needed here. Shorten it, or write one.")
TEXT_SIGNS = N_("The text {text} holds a sign that cannot be seen. Type it again.")
NO_ROLE = N_("An account needs a role. Write one or several of: {roles}")
NO_SECTION = N_("A person with the role {role} sees only the records of their own sections. Name at least one section.")
TOO_SHORT = N_("The password has fewer than {least} signs. Choose a longer one, for example several words that have nothing to do with each other.")
TOO_LONG = N_("The password has more than {most} signs. Choose a shorter one.")
LIKE_NAME = N_("The password is little more than the name of the account. Choose one that nobody can guess from it.")
TOO_COMMON = N_(
    "This password is among the first that are tried by an intruder. Choose another one, for example several words that have nothing to do with each other."
)

_COMMON_TEXT: Final = (
    "passwordpassword password1234 password12345 password123456 passw0rdpassw0rd p4sswordp4ssword pass1234pass1234 123456123456 123456789012 1234567890123"
    " 12345678901234 1234567890qwerty 123123123123 1234512345 098765432109 987654321098 112233445566 123454321234 qwertyuiopas qwertyuiop12 qwertyuiop123"
    " qwertyuiop1234 qwertyqwerty qwerty123456 qwerty12345678 asdfghjklasdf asdfghjkl123 zxcvbnmzxcvbnm 1q2w3e4r5t6y 1qaz2wsx3edc qazwsxedcrfv q1w2e3r4t5y6"
    " abcdefghijkl abcdefghijklm abcdefg12345 abcd12345678 abc123abc123 abcd1234abcd adminadminadmin admin1234567 admin12345678 administrator administrator1"
    " administrator123 administratoradministrator rootrootroot letmeinletmein letmein12345 welcomewelcome welcome12345 changemechangeme changeme1234"
    " iloveyouiloveyou iloveyou1234 sakurasakura sakura123456 nihonnihonnihon japanjapanjapan shiyakushoshiyakusho yakubayakubayakuba scanpipescanpipe"
    " scanpipe1234 scanpipe12345 scanpipeadmin scanpipepassword defaultpassword temporarypassword initialpassword secretsecretsecret"
)
_COMMON: Final = frozenset(_COMMON_TEXT.split())
_FEWEST_DIFFERENT = 5  # signs in a password


def account_name(typed: str) -> str:
    """The name by which an account is known, however it is typed: width, case and blanks do not matter. Raises BadAccount."""
    name = " ".join(part for part in folded(typed).split(" ") if part)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadAccount(NAME_LENGTH, most=LONGEST_NAME)
    if any(unicodedata.category(sign)[0] in "CZ" and sign != " " for sign in name):
        raise BadAccount(NAME_SIGNS, name=ascii(name))
    return name


def folded(typed: str) -> str:
    """NFKC and casefold, so often that it changes nothing more."""
    while (once := unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed).casefold())) != typed:
        typed = once
    return typed


def plain_text(typed: str, most: int = 100) -> str:
    """A text that people read, NFC, without blanks around it. Raises BadAccount where it is empty, too long or holds signs that steer the display."""
    text = unicodedata.normalize("NFC", typed).strip()
    if not 1 <= len(text) <= most:
        raise BadAccount(TEXT_LENGTH, most=most)
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") for sign in text):
        raise BadAccount(TEXT_SIGNS, text=ascii(text))
    return text


def check_roles(roles: Collection[Role], departments: Collection[str]) -> None:
    """Raises BadAccount without a role, with one that there is not, and where a role is worth nothing without a section."""
    if not roles or not set(roles) <= set(Role):
        raise BadAccount(NO_ROLE, roles=", ".join(Role))
    for role in sorted(roles):
        if role in (Role.CLERK, Role.LEADER) and not departments:
            raise BadAccount(NO_SECTION, role=role)


def spelled(password: str) -> bytes:
    """What is hashed: the same for full and half width, for composed and decomposed signs (NIST SP 800-63B §3.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def check_password(password: str, name: str) -> None:
    """Raises BadPassword if it is short, long, common or like the name. name: of the account, normalised."""
    length = len(unicodedata.normalize("NFKC", password))
    if length < SHORTEST_PASSWORD:
        raise BadPassword(TOO_SHORT, least=SHORTEST_PASSWORD)
    if length > LONGEST_PASSWORD:
        raise BadPassword(TOO_LONG, most=LONGEST_PASSWORD)
    plain = folded(password)
    if len(plain.replace(name, "")) < 4:
        raise BadPassword(LIKE_NAME)
    if len(set(plain)) < _FEWEST_DIFFERENT or "".join(filter(str.isalnum, plain)) in _COMMON:
        raise BadPassword(TOO_COMMON)


def waits_until(tries: Iterable[datetime], most: int) -> datetime | None:
    """When the next try may come; None = now. tries: failed ones of the last hour that were let through, the first first. most: let through in a minute.

    The wait is a minute after the first so many tries, and twice as long each time, up to 15 minutes.
    """
    until: datetime | None = None
    series: list[datetime] = []
    wait = _WINDOW
    for at in tries:
        series = [one for one in series if at - one < _WINDOW] + [at]
        if len(series) >= most:
            until, series = at + wait, []
            wait = min(2 * wait, _LONGEST_WAIT)
    return until


def seconds_left(until: datetime, at: datetime) -> int:
    """Whole seconds, at least 1; 0 if it is over."""
    return max(0, math.ceil((until - at).total_seconds()))


def address_key(address: str) -> str:
    """Whose tries are counted together: an IPv4 address, or the /64 network that one IPv6 host may pick any address of; else the text as it is."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:LONGEST_NAME]
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))
    return str(found)


def session_lives(created: datetime, seen: datetime, at: datetime) -> bool:
    """Used within 30 minutes, opened within 10 hours."""
    return at - seen < IDLE and at - created < LONGEST_SESSION
