"""A site with people of every kind and records of every kind, for tests of who may see what. Filed without scanning; each record has words of its own."""

import io
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pikepdf
from custody import GENERAL, TAX, two_sections
from kept_records import Shelf, shelf
from starlette.testclient import TestClient

from scanpipe.accounts import Accounts
from scanpipe.accounts.passwords import Passwords
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search import SearchIndex
from scanpipe.config import Settings
from scanpipe.core import review
from scanpipe.core.rights import Role, Scope
from scanpipe.stages.index import index
from scanpipe.web.application import create

PASSWORD = "midori no oka 2026"
DAY = date(2026, 4, 1)
RESTRICTED = "WELFARE"

# kind of record -> the word that stands in its title, its text and its file's name and nowhere else
WORDS = {
    "open of A": "山桜",
    "doubtful of A": "海鳴",
    "restricted of A": "月影",
    "batch of A": "雪原",
    "disposed of A": "星雲",
    "open of B": "青嵐",
    "restricted of B": "夕凪",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of person. sees: kinds of records. roles … as of an account; scope: of the token that they come with, None = a session."""

    name: str
    sees: frozenset[str]
    roles: tuple[Role, ...] = ()
    departments: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    scope: Scope | None = None
    disabled: bool = False
    must_change: bool = False


OF_A = frozenset({"open of A", "doubtful of A", "disposed of A"})
OPEN = OF_A | {"open of B"}
ALL = frozenset(WORDS)
NOTHING: frozenset[str] = frozenset()
CLERK, MANAGER = (Role.CLERK,), (Role.RECORDS_MANAGER,)
KINDS = (
    Kind("anonymous", NOTHING),
    Kind("clerk of A", OF_A, CLERK, (GENERAL,)),
    Kind("clerk of B", frozenset({"open of B"}), CLERK, (TAX,)),
    Kind("granted clerk of A", OF_A | {"restricted of A"}, CLERK, (GENERAL,), (RESTRICTED,)),
    Kind("leader of A", OF_A, (Role.LEADER,), (GENERAL,)),
    Kind("statistics", NOTHING, (Role.STATISTICS,)),
    Kind("manager", OPEN, MANAGER),
    Kind("granted manager", OPEN | {"restricted of A", "restricted of B"}, MANAGER, (), (RESTRICTED,)),
    Kind("manager of all", ALL, MANAGER, (), ("*",)),
    Kind("administrator", NOTHING, (Role.ADMINISTRATOR,)),
    Kind("disabled clerk of A", NOTHING, CLERK, (GENERAL,), disabled=True),
    Kind("clerk of A with a one-time password", NOTHING, CLERK, (GENERAL,), must_change=True),
    Kind("reading token of a clerk of A", OF_A, CLERK, (GENERAL,), scope=Scope.READ),
    Kind("reading token of a manager", OPEN, MANAGER, scope=Scope.READ),
    Kind("writing token of a clerk of A", NOTHING, CLERK, (GENERAL,), scope=Scope.WRITE),
    Kind("uploading token of a clerk of A", NOTHING, CLERK, (GENERAL,), scope=Scope.UPLOAD),
    Kind("token for the statistics", NOTHING, (Role.LEADER,), (GENERAL,), scope=Scope.STATISTICS),
)
BY_NAME = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Peopled:
    """settings: of the site. numbers: of the records by kind. tokens, sessions: of the kinds of people."""

    settings: Settings
    numbers: dict[str, str]
    tokens: dict[str, str]

    def accounts(self) -> Accounts:
        return cheap_accounts(self.settings)


def cheap_accounts(settings: Settings) -> Accounts:
    """Hashes little, so that tests need not wait."""
    return Accounts(settings.layout.accounts_db, Passwords(passes=1, kib=8))


def account_name(kind: Kind) -> str:
    return f"p{KINDS.index(kind):02d}"


def peopled_site(folder: Path) -> Peopled:
    settings = two_sections(folder, language="en")
    with shelf(settings) as kept:
        numbers = _records(kept)
        index_all(settings, kept)
    tokens = _people(settings)
    return Peopled(settings, numbers, tokens)


def _records(kept: Shelf) -> dict[str, str]:
    def file(kind: str, department: str, category: str, **said: Any) -> str:
        word = WORDS[kind]
        return kept.record(department, category, DAY, title=f"{word}の件", text=f"これは{word}についての通知である", name=f"{word}.pdf", **said)

    numbers = {
        "open of A": file("open of A", GENERAL, "CORRESP"),
        "doubtful of A": file("doubtful of A", GENERAL, "unclassified", flags=(review.CATEGORY_UNCLEAR,)),
        "restricted of A": file("restricted of A", GENERAL, RESTRICTED, restricted=True),
        "batch of A": file("batch of A", GENERAL, "unclassified", flags=(review.BATCH,)),
        "disposed of A": file("disposed of A", GENERAL, "CORRESP"),
        "open of B": file("open of B", TAX, "CORRESP"),
        "restricted of B": file("restricted of B", TAX, RESTRICTED, restricted=True),
    }
    kept.hold(numbers["open of B"], reason="会計検査 青嵐")
    kept.catalogue.db.execute("UPDATE accession SET state = 'disposed' WHERE number = ?", [numbers["disposed of A"]])
    return numbers


def index_all(settings: Settings, kept: Shelf) -> None:
    """Into the index and the vault, as the line does."""
    search, reader = SearchIndex(settings.layout.search_db), CatalogueReader(settings.layout.catalogue_db)
    for row in reader.db.conn.execute("SELECT number FROM accession").fetchall():
        found = reader.record(row["number"], text=True)
        folder, id = settings.layout.archive / found["vault_path"], found["id"]
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("original.pdf", "access.pdf"):
            (folder / name).write_bytes(one_page())
        if found["state"] != "disposed":
            closed = bool(found["restricted"]) or review.BATCH in found["flags"]
            index(kept.catalogue.accession(id), kept.catalogue.description(id), [found["text"]], closed, search)
    search.close()
    reader.close()


def one_page() -> bytes:
    document, written = pikepdf.new(), io.BytesIO()
    document.add_blank_page(page_size=(200, 280))
    document.save(written)
    return written.getvalue()


def _people(settings: Settings) -> dict[str, str]:
    accounts, tokens = cheap_accounts(settings), {}
    now = _now(settings)
    for kind in KINDS[1:]:
        name = account_name(kind)
        accounts.add(name, kind.name, kind.roles, kind.departments, kind.grants, PASSWORD, "test", now, must_change=kind.must_change)
        if kind.scope is not None:
            tokens[kind.name] = accounts.add_token(f"token of {name}", name, [kind.scope], "test", now)
        if kind.disabled:
            accounts.disable(name, "test", now)
    accounts.close()
    return tokens


def _now(settings: Settings) -> datetime:
    return datetime.now(settings.timezone)


def enter(client: TestClient, site: Peopled, kind: Kind) -> str | None:
    """Makes the client come as this kind of person. Returns what their forms must carry, None where they have no session."""
    client.cookies.clear()
    client.headers.pop("authorization", None)
    if kind.scope is not None:
        client.headers["authorization"] = f"Bearer {site.tokens[kind.name]}"
        return None
    if not kind.roles:
        return None
    accounts = site.accounts()
    try:
        person = accounts.person(account_name(kind), "session")
        session, csrf = accounts.open_session(person, _now(site.settings)) if person else ("", "")
    finally:
        accounts.close()
    client.cookies.set("scanpipe_session", session)
    return csrf


def opened(site: Peopled) -> TestClient:
    """A browser that follows no redirects; use as a context."""
    return TestClient(create(site.settings), base_url="http://127.0.0.1", follow_redirects=False)
