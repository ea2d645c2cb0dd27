"""What people may do: roles, the rights they bring, and one person with the sections, grants and scopes that narrow them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from scanpipe.i18n import N_

EVERYTHING: Final = "*"  # a grant of all restricted categories

Via = Literal["session", "token", "proxy"]


class Role(StrEnum):
    """What a person is to scanpipe; one person may be several."""

    CLERK = "clerk"
    LEADER = "leader"
    RECORDS_MANAGER = "records_manager"
    ADMINISTRATOR = "administrator"
    STATISTICS = "statistics"


ROLE_NAMES: Final[Mapping[Role, str]] = {
    Role.CLERK: N_("clerk"),
    Role.LEADER: N_("paperless leader of a section"),
    Role.RECORDS_MANAGER: N_("records manager"),
    Role.ADMINISTRATOR: N_("administrator"),
    Role.STATISTICS: N_("reader of statistics"),
}


class Right(StrEnum):
    """One thing to do. Those of SECTION_RIGHTS reach over a person's own sections only; for the others sections do not matter."""

    READ = "read"
    CORRECT = "correct"
    UPLOAD = "upload"
    AGREE = "agree"  # answers for the own section in a disposal
    READ_ALL = "read_all"
    CORRECT_ALL = "correct_all"
    HOLD = "hold"
    DISPOSE = "dispose"  # proposes, selects, carries out
    APPROVE = "approve"
    SCHEDULE = "schedule"
    CAMPAIGN = "campaign"  # enters paper, cabinets and targets
    CAMPAIGN_ALL = "campaign_all"
    STATISTICS = "statistics"
    OPERATE = "operate"
    ACCOUNTS = "accounts"


SECTION_RIGHTS: Final = frozenset({Right.READ, Right.CORRECT, Right.UPLOAD, Right.AGREE, Right.CAMPAIGN})
_WIDER: Final = {Right.READ: Right.READ_ALL, Right.CORRECT: Right.CORRECT_ALL, Right.CAMPAIGN: Right.CAMPAIGN_ALL}

_CLERK: Final = frozenset({Right.READ, Right.CORRECT, Right.UPLOAD, Right.AGREE})
RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.CLERK: _CLERK,
    Role.LEADER: _CLERK | {Right.CAMPAIGN, Right.STATISTICS},
    Role.RECORDS_MANAGER: frozenset(Right) - {Right.OPERATE, Right.ACCOUNTS},
    Role.ADMINISTRATOR: frozenset({Right.OPERATE, Right.ACCOUNTS, Right.STATISTICS}),  # keeps the machine, not the records
    Role.STATISTICS: frozenset({Right.STATISTICS}),
}


class Scope(StrEnum):
    """What a token is for: it may do no more, whatever its account may."""

    READ = "read"
    WRITE = "write"
    UPLOAD = "upload"
    STATISTICS = "statistics"


# In no scope: disposal and its approval, accounts and operation. Those are decided by a person who has logged in, never by a program.
SCOPES: Final[Mapping[Scope, frozenset[Right]]] = {
    Scope.READ: frozenset({Right.READ, Right.READ_ALL}),
    Scope.WRITE: frozenset({Right.CORRECT, Right.CORRECT_ALL, Right.HOLD, Right.SCHEDULE, Right.CAMPAIGN, Right.CAMPAIGN_ALL}),
    Scope.UPLOAD: frozenset({Right.UPLOAD}),
    Scope.STATISTICS: frozenset({Right.STATISTICS}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks.

    name: of the account, normalised. shown: as people write it. departments: codes of the own sections.
    grants: codes of restricted categories that this person may see; "*" = all. via: how they came.
    scopes: of the token they came with, None = not narrowed. must_change: has a one-time password and may do nothing but choose their own.
    """

    name: str
    shown: str
    roles: frozenset[Role]
    departments: frozenset[str]
    grants: frozenset[str]
    via: Via = "session"
    scopes: frozenset[str] | None = None
    must_change: bool = False

    @property
    def rights(self) -> frozenset[Right]:
        """Of all roles together, within the token's scopes."""
        if self.must_change:
            return frozenset()
        held = frozenset[Right]().union(*(RIGHTS[role] for role in self.roles))
        return held if self.scopes is None else held & frozenset[Right]().union(*(SCOPES[Scope(scope)] for scope in self.scopes))

    def may(self, right: Right, department: str | None = None) -> bool:
        """Whether they may do this in that section; None = in any section at all."""
        held = self.rights
        if right in _WIDER and _WIDER[right] in held:
            return True
        if right not in held or right not in SECTION_RIGHTS:
            return right in held
        return bool(self.departments) if department is None else department in self.departments

    def sections(self) -> frozenset[str] | None:
        """Whose records they may see; None = of all sections."""
        held = self.rights
        if Right.READ_ALL in held:
            return None
        return self.departments if Right.READ in held else frozenset()

    def restricted(self) -> frozenset[str] | None:
        """Restricted categories whose records they may see, within `sections`; None = all."""
        return None if EVERYTHING in self.grants else self.grants
