"""People of two sections and the records section at the pages under /retention, over a site of their own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from custody import GENERAL, TAX
from peopled import PASSWORD, Peopled, cheap_accounts, opened
from starlette.testclient import TestClient

from scanpipe.config import Settings
from scanpipe.core.rights import Role

TOKEN = re.compile(r'name="csrf" value="([0-9a-f]+)"')
PEOPLE: dict[str, tuple[tuple[Role, ...], tuple[str, ...], tuple[str, ...]]] = {
    "sato": ((Role.CLERK,), (GENERAL,), ()),
    "tanaka": ((Role.LEADER,), (TAX,), ()),
    "kato": ((Role.RECORDS_MANAGER,), (), ("*",)),
    "suzuki": ((Role.RECORDS_MANAGER,), (), ("*",)),
    "takahashi": ((Role.RECORDS_MANAGER,), (), ("*",)),
    "yamada": ((Role.STATISTICS,), (), ()),
    "root": ((Role.ADMINISTRATOR,), (), ()),
    "ito": ((Role.RECORDS_MANAGER,), (), ()),  # without a grant
}


def add_people(settings: Settings) -> None:
    accounts = cheap_accounts(settings)
    now = datetime.now(settings.timezone)
    for name, (roles, departments, grants) in PEOPLE.items():
        accounts.add(name, name, roles, departments, grants, PASSWORD, "test", now)
    accounts.close()


@dataclass
class Desk:
    """One browser, at which people take turns."""

    settings: Settings
    client: TestClient

    def sit(self, name: str) -> "Desk":
        """This person logs in."""
        accounts = cheap_accounts(self.settings)
        person = accounts.person(name, "session")
        assert person is not None
        session, self.csrf = accounts.open_session(person, datetime.now(self.settings.timezone))
        accounts.close()
        self.client.cookies.set("scanpipe_session", session)
        return self

    def get(self, address: str) -> str:
        answer = self.client.get(address)
        assert answer.status_code == 200, (address, answer.status_code, answer.text)
        return answer.text

    def status(self, address: str) -> int:
        return self.client.get(address).status_code

    def post(self, address: str, **said: Any) -> Any:
        return self.client.post(address, data={"csrf": self.csrf, **said})

    def done(self, address: str, **said: Any) -> str:
        """The page that follows a form that was taken."""
        answer = self.post(address, **said)
        assert answer.status_code == 303, (address, answer.status_code, answer.text)
        return self.get(answer.headers["location"])

    def refused(self, address: str, **said: Any) -> str:
        """What is said, on the page of the form, of one that was not."""
        answer = self.post(address, **said)
        assert answer.status_code == 409, (address, answer.status_code, answer.text)
        says = re.search(r'role="alert"><p class="lines">(.*?)</p>', answer.text, re.DOTALL) or re.search(r'role="alert">(.*?)</p>', answer.text, re.DOTALL)
        assert says, answer.text
        return says[1]


@contextmanager
def desk_of(settings: Settings) -> Iterator[Desk]:
    with opened(Peopled(settings, {}, {})) as client:
        yield Desk(settings, client)
