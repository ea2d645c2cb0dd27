"""The tables of scanpipe.toml and departments.toml as frozen models: keys, types, ranges, defaults.

Every field carries a Kind, the sentence that is said when its value is wrong. Lengths of time and sizes have their unit in the key's name.
"""

import ipaddress
import re
import unicodedata
from datetime import date, time
from pathlib import PurePosixPath
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from scanpipe.config_faults import Kind, Said, near, one_of, shown, unknown_name
from scanpipe.core import municipality
from scanpipe.i18n import N_, _

# Values


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, a path that leads upwards, a folder of the database
        raise Said(_not_a_timezone(name)) from None
    return name


def _not_a_timezone(name: str) -> str:
    meant = near(name, available_timezones())
    if meant:
        return _("{value} is not a time zone; did you mean {near}?").format(value=shown(name), near=shown(meant))
    return _('{value} is not a time zone; write a name like "Asia/Tokyo"').format(value=shown(name))


def _time_of_day(value: object) -> object:
    if isinstance(value, str) and re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", value):
        return time.fromisoformat(value)
    raise ValueError


def _proxy_address(text: str) -> str:
    if text not in ("", "unix"):
        ipaddress.ip_address(text)  # raises ValueError
    return text


def _municipality(code: str) -> str:
    if code and not municipality.is_whole(code):
        says = _("{value} cannot be a municipality code: its last digit does not fit the others; look the 6 digits up again")
        raise Said(says.format(value=shown(code)))
    return code


TEMPLATE_NAMES = ("date", "docno", "title", "kind", "section", "number", "extension")


def _template(text: str) -> str:
    """As core/describing/naming.py wants it: only plain {names}, among them the number, and the extension at its end."""
    text = re.sub(r"\.pdf$", "{extension}", text)  # a record filed as its original alone keeps the original's
    for name in re.findall(r"\{(\w+)\}", text):
        if name not in TEMPLATE_NAMES:
            raise Said(unknown_name(name, TEMPLATE_NAMES))
    if re.search("[{}]", re.sub(r"\{\w+\}", "", text)):
        raise Said(_("{value} has braces around something else than a name; write each name as {{name}}").format(value=shown(text)))
    if "{number}" not in text or not text.endswith("{extension}"):
        raise Said(_("{value} would give two records one name; write {{number}} in it, and {{extension}} at its end").format(value=shown(text)))
    return text


_FORBIDDEN = re.compile(r'[\x00-\x1f"\\:|<>*?]')  # on NTFS and SMB (domain §3); the slash parts folders


def _folder(text: str) -> str:
    """A folder below shares/ or an absolute path: writable from Windows, and never upwards."""
    path = unicodedata.normalize("NFC", text)
    parts = path.strip("/").split("/")
    if any(part in ("", ".", "..") or part != part.strip(" ") or part.endswith(".") for part in parts) or _FORBIDDEN.search(path):
        raise ValueError
    if len(parts[-1].encode()) > 200:
        raise ValueError
    return str(PurePosixPath(path))


Text = Annotated[
    str, StringConstraints(min_length=1, strip_whitespace=True), Kind(N_("{value} is not text; write it in double quotes, not empty"), 'name = "総務課"')
]
MayBeEmpty = Annotated[str, Kind(N_('{value} is not text; write it in double quotes, "" for none'))]
Place = Annotated[str, StringConstraints(min_length=1), Kind(N_("{value} is not a folder; write its path in double quotes, for example {default}"))]
File = Annotated[str, StringConstraints(min_length=1), Kind(N_("{value} is not a file name; write it in double quotes, for example {default}"))]
Timezone = Annotated[str, AfterValidator(_timezone), Kind(N_('{value} is not a time zone; write a name like "Asia/Tokyo"'))]
Municipality = Annotated[
    str,
    Field(pattern="^([0-9]{6})?$"),
    AfterValidator(_municipality),
    Kind(N_('{value} is not a municipality code; write its 6 digits in quotes, "" for none')),
]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False), Kind(N_("{value} is not a number of seconds; write a number above 0, for example {default}"))]
Minutes = Annotated[float, Field(gt=0, allow_inf_nan=False), Kind(N_("{value} is not a number of minutes; write a number above 0, for example {default}"))]
Days = Annotated[int, Field(ge=1, le=3650), Kind(N_("{value} is not a number of days; write a whole number of 1 or more, for example {default}"))]
Bytes = Annotated[int, Field(ge=1), Kind(N_("{value} is not a number of bytes; write a whole number above 0, for example {default}"))]
Gibibytes = Annotated[float, Field(ge=0, allow_inf_nan=False), Kind(N_("{value} is not a size in GiB; write a number of 0 or more, for example {default}"))]
Mebibytes = Annotated[int, Field(ge=512), Kind(N_("{value} is not a size in MiB; write a whole number of 512 or more, for example {default}"))]
Count = Annotated[int, Field(ge=1), Kind(N_("{value} is not a count; write a whole number of 1 or more, for example {default}"))]
Dpi = Annotated[int, Field(ge=100, le=600), Kind(N_("{value} is not a resolution; write a whole number from 100 to 600, for example {default}"))]
Percent = Annotated[float, Field(ge=0, le=100), Kind(N_("{value} is not a confidence; write a number from 0 to 100, for example {default}"))]
Share = Annotated[float, Field(ge=0, le=1), Kind(N_("{value} is not a share; write a number from 0 to 1, for example {default}"))]
Confidence = Annotated[float, Field(ge=0, le=1), Kind(N_("{value} is not a share; write a number from 0 to 1, for example 0.6"))]
Lanes = Annotated[
    Literal["auto"] | Annotated[int, Field(ge=1, le=256)], Kind(N_('{value} is not a number of lanes; write a whole number from 1 to 256, or "auto"'))
]
Scheduler = Annotated[
    str,
    Field(pattern=r"^((tls|tcp)://[^/\s]+:[0-9]+)?$"),
    Kind(N_('{value} is not a scheduler; write "tls://HOST:PORT", or "" for this machine alone')),
]
Port = Annotated[int, Field(ge=1, le=65535), Kind(N_("{value} is not a port; write a whole number from 1 to 65535, for example {default}"))]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day), Kind(N_('{value} is not a time of day; write hours and minutes in quotes, for example "02:30"'))]
DayOfMonth = Annotated[int, Field(ge=1, le=28), Kind(N_("{value} is not a day of every month; write a whole number from 1 to 28"))]
Factor = Annotated[float, Field(gt=0, allow_inf_nan=False), Kind(N_("{value} is not a factor; write a number above 0, for example {default}"))]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False), Kind(N_("{value} is not an amount; write a number of 0 or more, for example {default}"))]
Template = Annotated[str, AfterValidator(_template), Kind(N_("{value} is not a name template; write for example {default}"))]
Vertical = Annotated[Literal["auto"] | bool, Kind(N_('{value} is not a choice for vertical writing; write true, false or "auto"'))]
Duplex = Annotated[Literal["auto"] | bool, Kind(N_('{value} is not a choice for two-sided scanning; write true, false or "auto"'))]
Switch = Annotated[bool, Kind(N_("{value} is not a switch; write true or false, without quotes"))]
Code = Annotated[
    str,
    Field(pattern="^[0-9A-Za-z][0-9A-Za-z_-]{0,19}$"),
    Kind(N_('{value} is not a code; write up to 20 half-width letters, digits, "-" or "_" in quotes, for example "1105"'), 'code = "1105"'),
]
Folder = Annotated[
    str, AfterValidator(_folder), Kind(N_('{value} is not a folder that Windows can open; write a name without " \\ : | < > * ? and without ".."'))
]
Day = Annotated[date, Kind(N_("{value} is not a day; write it without quotes, for example 2025-04-01"))]
Staff = Annotated[int, Field(ge=0), Kind(N_("{value} is not a number of people; write a whole number of 0 or more"))]
FiscalYear = Annotated[int, Field(ge=1989, le=2100), Kind(N_("{value} is not a fiscal year; write the Western year in which it begins, for example 2022"))]
Sheets = Annotated[int, Field(ge=0), Kind(N_("{value} is not a number of sheets; write a whole number of 0 or more"))]


Speed = Annotated[float, Field(gt=0, allow_inf_nan=False), Kind(N_("{value} is not a speed in MB a second; write a number above 0, for example {default}"))]
Url = Annotated[
    str, Field(pattern=r"^(https?://[^\s]+)?$"), Kind(N_('{value} is not an address; write "https://HOST/PATH" or "http://HOST/PATH", or "" for none'))
]
OtherDisk = Annotated[
    str, Field(pattern=r"^(/[^\x00]*)?$"), Kind(N_('{value} is not an absolute path; write for example "/mnt/backup/scanpipe", or "" for none'))
]
ProxyAddress = Annotated[str, AfterValidator(_proxy_address), Kind(N_('{value} is not the address of a proxy; write "127.0.0.1", or "unix" behind a socket'))]
HeaderName = Annotated[str, Field(pattern="^([A-Za-z][A-Za-z0-9-]*)?$"), Kind(N_('{value} is not the name of a header; write for example "X-Remote-User"'))]
PaperKeep = Annotated[
    str,
    Field(pattern="^(fy_end_of_receipt|until_verified|days:[0-9]{1,4})$"),
    Kind(N_('{value} does not say how long paper is kept; write "fy_end_of_receipt", "until_verified", or a number of days as "days:90"')),
]
Inspect = Annotated[Literal["sample", "all"], one_of("sample", "all", 抜取="sample", 全数="all")]


class Table(BaseModel):
    """One table of a TOML file: nothing unknown, nothing converted, nothing changed later."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


# scanpipe.toml


class Site(Table):
    """[site]. store, shares, taken, departments, retention: relative to the folder of scanpipe.toml, or absolute.

    municipality_code: 全国地方公共団体コード, 6 digits; "" = not given.
    """

    name: Text = "○○市"
    language: Annotated[Literal["ja", "en"], one_of("ja", "en")] = "ja"
    timezone: Timezone = "Asia/Tokyo"
    municipality_code: Municipality = ""
    store: Place = "../store"
    shares: Place = "../shares"
    taken: Place = "../taken"
    departments: File = "departments.toml"
    retention: File = "retention.toml"


class Intake(Table):
    """[intake] (design §5, reliability §5). minimum_free_gib: below it, taking in pauses."""

    poll_seconds: Seconds = 2
    quiet_seconds: Seconds = 5
    appending_quiet_seconds: Seconds = 30
    sequence_quiet_seconds: Seconds = 60
    incomplete_after_minutes: Minutes = 15
    drain_incomplete_seconds: Seconds = 30
    taken_days: Days = 7
    max_bytes: Bytes = 2 * 1024**3
    minimum_free_gib: Gibibytes = 2


class Ocr(Table):
    """[ocr] (design §6). vertical: True = always look for vertical writing too, False = never. dpi: for pages that are drawn, not scanned.

    page_seconds: wall time for one page. max_pixels: of one page. review_below: mean confidence of a record, or of
    one page, 0-100, below which a person is asked. runtime: what runs the models of ppocr; "auto" = the fastest that reads a page right here.
    """

    engine: Annotated[Literal["auto", "ppocr", "tesseract"], one_of("auto", "ppocr", "tesseract")] = "auto"
    runtime: Annotated[
        Literal["auto", "onnxruntime", "openvino", "openvino-bf16", "openvino-int8"],
        one_of("auto", "onnxruntime", "openvino", "openvino-bf16", "openvino-int8"),
    ] = "auto"
    vertical: Vertical = "auto"
    dpi: Dpi = 300
    page_seconds: Seconds = 120
    max_pixels: Count = 200_000_000
    max_pages: Count = 5_000
    review_below: Percent = 70


def is_in_the_clear(address: str) -> bool:
    """Whether scans would leave this machine unencrypted on their way to this scheduler."""
    return re.match(r"tcp://(?!(localhost|127\.0\.0\.1|\[::1\]):)", address) is not None


UNENCRYPTED = ("暗号化されないことを承知しています", N_("I accept that scans travel unencrypted"))


class Workers(Table):
    """[workers] (design §6). lanes: "auto" = one a core. memory_mib: of one lane. scheduler: a Dask scheduler; "" = lanes of this machine.

    unencrypted: one of UNENCRYPTED, word for word, where scans may travel to a scheduler tcp://… on another machine.
    tls_ca_file, tls_cert, tls_key: PEM, relative to the folder of scanpipe.toml; "" = as Dask's own configuration says.
    """

    lanes: Lanes = "auto"
    idle_minutes: Minutes = 10
    memory_mib: Mebibytes = 4096
    unencrypted: Annotated[Literal["", "暗号化されないことを承知しています", "I accept that scans travel unencrypted"], one_of("", *UNENCRYPTED)] = ""
    scheduler: Scheduler = ""
    tls_ca_file: MayBeEmpty = ""
    tls_cert: MayBeEmpty = ""
    tls_key: MayBeEmpty = ""

    @field_validator("scheduler")
    @classmethod
    def _encrypted(cls, address: str, info: ValidationInfo) -> str:
        """Documents do not travel in the clear unless somebody has said in words that they may."""
        if is_in_the_clear(address) and not info.data.get("unencrypted"):
            raise Said(
                _('{value} is not encrypted; write "tls://HOST:PORT", or set unencrypted = {words}').format(
                    value=shown(address), words=shown(_(UNENCRYPTED[1]))
                )
            )
        return address


class Describe(Table):
    """[describe] (design §7). wrong_without_review: share 0-1 of records filed without review that may have the wrong category; the confidence from which a
    category is given follows from it. threshold: that confidence itself, instead. samples: folder beside scanpipe.toml with sample texts, "" = none.
    name_template: of TEMPLATE_NAMES."""

    wrong_without_review: Share = 0.02
    threshold: Confidence | None = None
    samples: MayBeEmpty = ""
    name_template: Template = "{date}_{docno}_{title}({kind})_{section}_{number}{extension}"


class Binders(Table):
    """[binders]. volume_sheets: sheets of paper above which a binder goes on in another volume (分冊). 10 cm of paper (domain §2.1) by sheets_per_file_metre."""

    volume_sheets: Count = 1_000


class Paper(Table):
    """[paper]: the paper originals once they were scanned (domain §2.8). A category may say otherwise.

    paper_keep: how long, at least: to the end of the fiscal year of receipt, N days beyond the day of receipt, or until its box is verified.
    inspect: which records of a box a second person compares: a sample, or all, where the scan becomes the authentic record (正本).
    """

    paper_keep: PaperKeep = "fy_end_of_receipt"
    inspect: Inspect = "sample"


class Web(Table):
    """[web] (design §10). host: an address, or the absolute path of a Unix socket. certificate, key: PEM files beside scanpipe.toml, or absolute; empty =
    without TLS, on this machine only.

    proxy_address: of a reverse proxy whose word about a request counts (who asks from where), "unix" = behind our socket; "" = there is none. proxy_secret_file:
    what it must know, beside scanpipe.toml or absolute. proxy_user_header: in which it names who has logged in; "" = people log in here.
    """

    host: Text = "127.0.0.1"
    port: Port = 8080
    certificate: MayBeEmpty = ""
    key: MayBeEmpty = ""
    proxy_address: ProxyAddress = ""
    proxy_secret_file: MayBeEmpty = ""
    proxy_user_header: HeaderName = ""

    @field_validator("proxy_user_header")
    @classmethod
    def _proxy_is_known(cls, header: str, info: ValidationInfo) -> str:
        """Only a proxy that is known by its address and by a secret may say who somebody is. A place whose own fault is told already counts as given."""
        address, secret = (bool(info.data.get(name, "?")) for name in ("proxy_address", "proxy_secret_file"))
        if address != secret or (header and not address):
            raise Said(_("proxy_address and proxy_secret_file belong together, and proxy_user_header needs both; write all of them, or leave them empty"))
        return header


class Fixity(Table):
    """[fixity]: the vault is read again all the time. days: within which all of it is. megabytes_per_second: at most, in units of 1,000,000 bytes."""

    days: Days = 30
    megabytes_per_second: Speed = 20


class Proof(Table):
    """[proof]. tsa_url: RFC 3161 authority that stamps the daily root, "" = none. tsa_ca_file: PEM that its stamps must lead to, beside scanpipe.toml."""

    tsa_url: Url = ""
    tsa_ca_file: MayBeEmpty = ""


class Backup(Table):
    """[backup]. folder: of the nightly backup, absolute; "" = none."""

    folder: OtherDisk = ""


class Timetable(Table):
    """[timetable]: when the daily jobs start, in the site's time zone. report_day: of the month, from which the report of the month before is made."""

    prove: TimeOfDay = time(0, 2)
    roll_over_receipts: TimeOfDay = time(0, 5)
    purge_taken: TimeOfDay = time(1, 0)
    check_catalogue: TimeOfDay = time(2, 0)
    learn: TimeOfDay = time(3, 0)
    back_up: TimeOfDay = time(4, 0)
    look_at_shares: TimeOfDay = time(5, 30)
    report: TimeOfDay = time(6, 0)
    report_day: DayOfMonth = 1


FACTORS = (
    "a3_sheets", "b4_sheets", "b5_sheets", "a5_sheets", "sheets_per_box", "sheets_per_a3_box", "sheets_per_ream", "duplex_share",
    "sheets_per_file_metre", "bound_sheets_per_file_metre", "file_metres_per_cabinet", "grams_per_sheet", "co2_grams_per_sheet", "yen_per_sheet", "yen_per_copy", "staff_ratio",
)  # fmt: skip


def _factors(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in FACTORS:
            raise Said(unknown_name(name, FACTORS))
    return names


def _sources(by_factor: dict[str, str]) -> dict[str, str]:
    _factors(tuple(by_factor))
    return by_factor


class Campaign(Table):
    """[campaign]. public: the page /campaign is open to everybody in the network, without a login and without anything about single sections."""

    public: Switch = False


class Metrics(Table):
    """[metrics]: factors of domain §5, each with its source in the comments of the default file.

    confirmed: names of factors that this body has checked; figures made from any other carry 仮. hide_rate_below_sheets: base under which a rate says nothing.
    duplex_share: of the sides that counters count, where no device says otherwise. base_year: fiscal year that ledger A compares with, None = none chosen.
    sources: where this body's own value of a factor comes from, by its name; without it the source that is shipped.
    """

    a3_sheets: Factor = 2
    b4_sheets: Factor = 1.5
    b5_sheets: Factor = 0.75
    a5_sheets: Factor = 0.5
    sheets_per_box: Factor = 2_500
    sheets_per_a3_box: Factor = 1_500
    sheets_per_ream: Factor = 500
    duplex_share: Share = 0
    sheets_per_file_metre: Factor = 10_000
    bound_sheets_per_file_metre: Factor = 7_000
    file_metres_per_cabinet: Factor = 4
    grams_per_sheet: Factor = 4
    co2_grams_per_sheet: Factor = 6
    yen_per_sheet: Amount = 0.58
    yen_per_copy: Amount = 1.75
    staff_ratio: Factor = 1
    hide_rate_below_sheets: Sheets = 1_000
    base_year: FiscalYear | None = None
    sources: Annotated[
        dict[str, str], AfterValidator(_sources), Kind(N_('{value} is not a table of sources; write for example {{ sheets_per_box = "delivery slips" }}'))
    ] = Field(default_factory=dict)
    confirmed: Annotated[
        tuple[str, ...], Field(strict=False), AfterValidator(_factors), Kind(N_('{value} is not a list of factors; write for example ["sheets_per_box"]'))
    ] = ()


# departments.toml


class Department(Table):
    """One section (課). code: also the name of its folders in taken/. inbox: below shares/, or absolute; empty only before `load` fills it.

    symbol: 文書記号 in document numbers. taken: only where the inbox lies on another filesystem; None = the site's. duplex: "auto" = judge by page pairs.
    appending: the device adds pages to a file it has already closed. assemble: "sequence" joins one-file-per-page scans.
    staff: desk staff. base_sheets: of the base year, None = not known. valid_from, valid_to: first and last day, None = open. successor: code.
    default_category: suggested when nothing else speaks; never files by itself. group: Unix group that owns the share and the cabinet folder.
    """

    code: Code
    name: Text
    bureau: MayBeEmpty = ""
    symbol: MayBeEmpty = ""
    inbox: Folder = ""
    taken: Annotated[Place, Kind(N_('{value} is not a folder; write its path in double quotes, for example "/mnt/nas/taken"'))] | None = None
    duplex: Duplex = "auto"
    appending: Switch = False
    assemble: Annotated[Literal["single", "sequence"], one_of("single", "sequence")] = "single"
    staff: Staff = 0
    base_sheets: Sheets | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    successor: Code | None = None
    default_category: Code | None = None
    group: MayBeEmpty = ""


_TWINS = str.maketrans('/\\:|<>*?"', "／＼：｜＜＞＊？”")


def default_inbox(code: str, name: str) -> str:
    """`1105_デジタル政策課`: the drop folder that a clerk knows by its name, safe on NTFS and SMB (domain §3)."""
    return f"{code}_{unicodedata.normalize('NFC', name)}".translate(_TWINS).rstrip(". ")
