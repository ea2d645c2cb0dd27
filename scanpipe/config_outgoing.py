"""The tables of scanpipe.toml that let something leave this server: [[webhook]], [kintone], [mail]. Nothing does unless one of them is written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator

from scanpipe.config_faults import Kind, Said, one_of, shown, unknown_name
from scanpipe.config_schema import MayBeEmpty, Port, Table
from scanpipe.errors import ConfigError
from scanpipe.i18n import N_, _

# What a webhook may be told of. None of them names a record before it is known whether the record is restricted.
EVENTS: Final = (
    "filed", "accounted", "corrected", "disposed", "duplicate", "rejected",
    "box_passed", "box_cleared", "box_approved", "box_destroyed", "box_transferred", "box_returned",
    "cabinet_emptied", "cabinet_signed_off", "campaign_begun", "campaign_ended", "paper_imported", "indicators_imported", "disposal_done",
)  # fmt: skip
RECORD_FIELDS: Final = (
    "number", "title", "kind", "document_number", "date", "department", "department_name", "category", "category_name", "fiscal_year", "period", "expires",
    "pages", "sheets", "a4_sheets", "paper_status", "state", "received", "filed",
)  # fmt: skip
MONTHLY_FIELDS: Final = (
    "key", "month", "fiscal_year", "department", "department_name", "digitised", "cleared", "removed", "base", "current", "saved", "rate", "provisional",
)  # fmt: skip
_FEWEST_SIGNS: Final = 16  # of a secret that signs


def _events(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in EVENTS:
            raise Said(unknown_name(name, EVENTS))
    if not names:
        raise ValueError
    return names


def _mapped(known: tuple[str, ...], fields: dict[str, str]) -> dict[str, str]:
    for name in fields:
        if name not in known:
            raise Said(unknown_name(name, known))
    if fields and known[0] not in fields:
        raise Said(_("{name} is missing; it finds the record again: write {name} = its field code in kintone").format(name=known[0]))
    twice = [code for code in fields.values() if list(fields.values()).count(code) > 1]
    if twice:
        raise Said(_("{value} is there twice; give each its own field code").format(value=shown(twice[0])))
    return fields


def _record_fields(fields: dict[str, str]) -> dict[str, str]:
    return _mapped(RECORD_FIELDS, fields)


def _monthly_fields(fields: dict[str, str]) -> dict[str, str]:
    return _mapped(MONTHLY_FIELDS, fields)


Events = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_events), Kind(N_("{value} is not a list of events; write for example {default}"))]
Target = Annotated[
    str,
    Field(pattern=r"^https?://[^\s/]+(/\S*)?$"),
    Kind(N_('{value} is not an address; write "https://HOST/PATH" or "http://HOST/PATH"'), 'url = "https://example.lg.jp/hook"'),
]
Cloud = Annotated[
    str,
    Field(pattern=r"^(https://[^\s/]+|http://(localhost|127\.0\.0\.1)(:[0-9]+)?)?/?$"),
    Kind(N_('{value} is not the address of a kintone; write "https://NAME.cybozu.com", or "" for none')),
]
App = Annotated[int, Field(ge=0), Kind(N_("{value} is not the number of an app; write the whole number in its address, 0 for none"))]
RecordFields = Annotated[
    dict[str, str], AfterValidator(_record_fields), Kind(N_('{value} is not a table of fields; write for example {{ number = "number", title = "title" }}'))
]
MonthlyFields = Annotated[
    dict[str, str], AfterValidator(_monthly_fields), Kind(N_('{value} is not a table of fields; write for example {{ key = "key", saved = "saved" }}'))
]
Host = Annotated[str, Field(pattern=r"^[^\s/]*$"), Kind(N_('{value} is not a host; write for example "mail.example.lg.jp", or "" for none'))]
Address = Annotated[str, Field(pattern=r"^([^@\s<>,;]+@[^@\s<>,;]+)?$"), Kind(N_('{value} is not a mail address; write for example "scanpipe@example.lg.jp"'))]
Addresses = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")], ...],
    Field(strict=False),
    Kind(N_('{value} is not a list of mail addresses; write for example ["dx@example.lg.jp"]'), each=N_("{value} is not a mail address")),
]
Encryption = Annotated[Literal["starttls", "tls", "none"], one_of("starttls", "tls", "none")]


class Webhook(Table):
    """One [[webhook]]: POSTs of what happened, signed as the Standard Webhooks specification 1.0 has it. Numbers and facts; no titles, no restricted records.

    secret: that signs, "whsec_" and base64 or any text of 16 signs or more; secret_file: where it is read from instead, beside scanpipe.toml or absolute.
    events: of EVENTS. name: keeps its place in the event log when the address changes; "" = the address.
    """

    url: Target
    name: MayBeEmpty = ""
    secret: MayBeEmpty = Field(default="", repr=False)
    secret_file: MayBeEmpty = ""
    events: Events = ("accounted", "corrected", "disposed")

    @field_validator("secret_file")
    @classmethod
    def _is_signed(cls, file: str, info: ValidationInfo) -> str:
        return _one_secret(file, info.data.get("secret"), "secret")

    @property
    def channel(self) -> str:
        return f"webhook {self.name or self.url}"

    def key(self, folder: Path) -> str:
        """The secret. folder: of scanpipe.toml. Raises ConfigError."""
        return _read_secret(self.secret, self.secret_file, folder, "webhook.secret_file")

    model_config = ConfigDict(validate_default=True)


class Kintone(Table):
    """[kintone]: records and monthly figures into two apps. base_url: "" = off. app, monthly_app: 0 = that one is not filled.

    token, monthly_token: API tokens that may add and edit; token_file, monthly_token_file: where they are read from instead, beside scanpipe.toml or absolute.
    fields: our name (RECORD_FIELDS) -> field code; `number` must forbid double values. monthly_fields: of MONTHLY_FIELDS, the same with `key`.
    """

    base_url: Cloud = ""
    app: App = 0
    token: MayBeEmpty = Field(default="", repr=False)
    token_file: MayBeEmpty = ""
    fields: RecordFields = Field(default_factory=dict)
    monthly_app: App = 0
    monthly_token: MayBeEmpty = Field(default="", repr=False)
    monthly_token_file: MayBeEmpty = ""
    monthly_fields: MonthlyFields = Field(default_factory=dict)

    @field_validator("fields", "monthly_fields")
    @classmethod
    def _whole(cls, fields: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        """An app needs a token and fields."""
        prefix = "monthly_" if info.field_name == "monthly_fields" else ""
        if info.data.get("base_url") and info.data.get(f"{prefix}app"):
            if not fields:
                raise Said(_("no field is mapped; write for example {example}").format(example=f'{{ {_FIRST[prefix]} = "{_FIRST[prefix]}" }}'))
            _one_secret(info.data.get(f"{prefix}token_file"), info.data.get(f"{prefix}token"), f"{prefix}token", fewest=1)
        return fields

    def key(self, folder: Path, *, monthly: bool) -> str:
        """The API token. folder: of scanpipe.toml. Raises ConfigError."""
        if monthly:
            return _read_secret(self.monthly_token, self.monthly_token_file, folder, "kintone.monthly_token_file")
        return _read_secret(self.token, self.token_file, folder, "kintone.token_file")

    model_config = ConfigDict(validate_default=True)


_FIRST: Final[Mapping[str, str]] = {"": RECORD_FIELDS[0], "monthly_": MONTHLY_FIELDS[0]}


class Mail(Table):
    """[mail]: the monthly report by mail. host: "" = off. `from`, `to`: addresses. tls: "starttls", "tls" from the first byte, "none" inside the office.

    user, password_file: where the server asks for them; "" = it does not. The file lies beside scanpipe.toml or is absolute.
    """

    host: Host = ""
    port: Port = 587
    sender: Address = Field(default="", alias="from")
    to: Addresses = ()
    tls: Encryption = "starttls"
    user: MayBeEmpty = ""
    password_file: MayBeEmpty = ""

    @field_validator("to")
    @classmethod
    def _can_be_sent(cls, to: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("host") and not (to and info.data.get("sender", True)):
            raise Said(_("host needs from and to; write both, or leave host empty"))
        return to

    def password(self, folder: Path) -> str:
        """folder: of scanpipe.toml. Raises ConfigError."""
        return _read_secret("", self.password_file, folder, "mail.password_file")

    model_config = ConfigDict(validate_default=True)


def _one_secret(file: str | None, secret: str | None, name: str, *, fewest: int = _FEWEST_SIGNS) -> str:
    """None: has a fault of its own, which is told already."""
    if file is not None and secret is not None and bool(file) == bool(secret):
        raise Said(_("write either {name} or {name}_file").format(name=name))
    if secret and len(secret) < fewest:
        raise Said(_("{name} is too short; write {fewest} signs or more").format(name=name, fewest=fewest))
    return file or ""


def _read_secret(written: str, file: str, folder: Path, place: str) -> str:
    if not file:
        return written
    path = folder / Path(file).expanduser()
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            [f"scanpipe.toml: {place}: " + _("{path} cannot be read ({reason}); correct its permissions").format(path=path, reason=reason)]
        ) from error


def repeated_channels(webhooks: tuple[Any, ...]) -> list[str]:
    """Names or addresses of webhooks that are there twice: both would share one place in the event log."""
    names = [one.channel.removeprefix("webhook ") for one in webhooks]
    return sorted({name for name in names if names.count(name) > 1})
