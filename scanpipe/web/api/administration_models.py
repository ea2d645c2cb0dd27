"""What the API answers about the operation, field by field: for administrators, never what is in a record. Unknown = null."""

from pydantic import BaseModel, Field

from scanpipe.web.api.models import Moment
from scanpipe.web.api.operation_models import Altered, Counts, Job


class Me(BaseModel):
    name: str
    shown: str
    roles: list[str]
    departments: list[str] = Field(description="own sections")
    grants: list[str] = Field(description="restricted categories; * = all")
    scopes: list[str] | None = Field(description="of the token; null = a session")
    rights: list[str]


class Oldest(BaseModel):
    """The scan that waits longest."""

    department: str
    received: Moment
    state: str
    attempts: int
    last_error: str | None


class Progress(BaseModel):
    """How far the background reading is. late: due for more than a day."""

    records: int
    checked: int
    oldest: Moment | None
    newest: Moment | None
    late: int
    faults: list[Altered]


class Verification(BaseModel):
    """The last time that the whole vault was verified."""

    at: Moment
    expected: int
    checked: int
    found: int = Field(description="deviations")
    sound: bool
    says: list[str]


class NotTaken(BaseModel):
    department: str
    name: str
    received: Moment
    says: str = Field(description="why, and what to do")
    place: str = Field(description="where the file lies, relative to shares/")


class Space(BaseModel):
    """A folder of the site on its filesystem, in bytes; null where it does not answer."""

    name: str
    path: str
    free: int | None
    total: int | None
    held: int | None = Field(description="by databases of ours")


class Channel(BaseModel):
    """Something that leaves this server, and how far it is."""

    channel: str
    worked: Moment | None
    failing_since: Moment | None
    reason: str | None
    behind: int | None = Field(description="events that wait; null where it does not follow the journal")
    aside: int = Field(description="messages that were refused")
    aside_reason: str | None


class Planned(Job):
    """A job of the timetable."""

    at: str = Field(description="every day, HH:MM")
    started: Moment | None  # type: ignore[assignment]
    outcome: str | None  # type: ignore[assignment]


class Operation(Counts):
    oldest_waiting: Oldest | None
    categories: dict[str, int] = Field(description="how many records each has, also one that is gone from the schedule")
    not_taken: list[NotTaken] = Field(description="the newest first, at most 100")
    timetable: dict[str, Planned]
    outgoing: list[Channel]
    pages: int = Field(description="read so far")
    originals: int = Field(description="bytes of all that was delivered and is kept")
    engine: str | None = Field(description="that read last")
    verified: Verification | None
    fixity: Progress
    spaces: list[Space]


class Line(BaseModel):
    """A line of the journal. number, data: null where they are not for your eyes."""

    seq: int
    at: Moment
    kind: str
    actor: str
    number: str | None
    data: dict[str, object] | None


class Lines(BaseModel):
    events: list[Line] = Field(description="the newest first, at most 100")
    next: int | None = Field(description="`before` of the next page; null = there is none")


class Account(BaseModel):
    name: str
    shown: str
    roles: list[str]
    departments: list[str]
    grants: list[str] = Field(description="restricted categories; * = all")
    has_password: bool = Field(description="false: logs in through the reverse proxy only")
    must_change: bool = Field(description="has a one-time password")
    disabled: Moment | None
    created: Moment
    last_login: Moment | None


class Accounts(BaseModel):
    accounts: list[Account]


class Token(BaseModel):
    """A token without what it is used with, which nobody can ask for again."""

    name: str
    account: str | None = Field(description="for which it acts; null = a wall screen")
    scopes: list[str]
    department: str | None = Field(description="of a wall screen")
    titles: bool = Field(description="whether a wall screen shows titles")
    expires: Moment | None
    created: Moment
    created_by: str
    last_used: Moment | None
    revoked: Moment | None


class Tokens(BaseModel):
    tokens: list[Token]


class Value(BaseModel):
    value: str
    default: bool


class Configuration(BaseModel):
    file: str
    tables: dict[str, dict[str, Value]] = Field(description="what this service works with; secrets are not shown")
    faults: list[str] = Field(description="of the files as they are now")
    changed: bool = Field(description="the files were changed since this service started")
