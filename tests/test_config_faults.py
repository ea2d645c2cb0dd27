"""What the administrator is told when the configuration is wrong: the whole sentences, as a specification."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe import config
from scanpipe.config_schema import Web
from scanpipe.core.retention import Schedule
from scanpipe.errors import ConfigError, NotFound

CATEGORY = '[[category]]\ncode = "TAX"\nperiod = 7\n'
SECTION = '[[department]]\ncode = "1105"\nname = "デジタル政策課"\n'
NO_PAPER_KEEP = 'does not say how long paper is kept; write "fy_end_of_receipt", "until_verified", or a number of days as "days:90"'
START_RULES = (
    '"fy_next_apr1", "cy_next_jan1", "cy_next_apr1", "cy_as_fy_plus1", "account_fy_apr1", "account_close_jun1", "event_fy_next_apr1", "event_next_day", "none"'
)


def faults(text: str, source: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.load_text(text, source=source)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return caught.value.faults


def test_a_bad_period_names_its_key() -> None:
    with pytest.raises(ConfigError) as caught:
        config.load_text('[[category]]\ncode = "TAX"\nperiod = -7', source="retention.toml")
    assert str(caught.value) == 'retention.toml: category TAX: period: -7 is not a period; write whole years, "永年" or "常用"'


@pytest.mark.parametrize(
    ("table", "key", "says"),
    [
        ("site", "stroe = 1", 'stroe: this key is not known; did you mean "store"?'),
        ("web", "colour = 1", f"colour: this key is not known; remove it, or write one of these: {', '.join(Web.model_fields)}"),
        ("site", 'language = "jp"', 'language: "jp" is not a word for this key; write one of "ja", "en"'),
        ("site", 'timezone = "Asia/Tokio"', 'timezone: "Asia/Tokio" is not a time zone; did you mean "Asia/Tokyo"?'),
        ("site", 'timezone = "../etc"', 'timezone: "../etc" is not a time zone; write a name like "Asia/Tokyo"'),
        ("site", "timezone = 9", 'timezone: 9 is not a time zone; write a name like "Asia/Tokyo"'),
        ("site", 'name = ""', 'name: "" is not text; write it in double quotes, not empty'),
        ("site", "store = true", 'store: true is not a folder; write its path in double quotes, for example "../store"'),
        ("site", 'retention = ""', 'retention: "" is not a file name; write it in double quotes, for example "retention.toml"'),
        ("site", 'municipality_code = "1720"', 'municipality_code: "1720" is not a municipality code; write its 6 digits in quotes, "" for none'),
        (
            "site",
            'municipality_code = "172015"',
            'municipality_code: "172015" cannot be a municipality code: its last digit does not fit the others; look the 6 digits up again',
        ),
        ("intake", "poll_seconds = -1", "poll_seconds: -1 is not a number of seconds; write a number above 0, for example 2"),
        ("intake", "quiet_seconds = nan", "quiet_seconds: NaN is not a number of seconds; write a number above 0, for example 5"),
        ("intake", 'incomplete_after_minutes = "15"', 'incomplete_after_minutes: "15" is not a number of minutes; write a number above 0, for example 15'),
        ("intake", "taken_days = 0", "taken_days: 0 is not a number of days; write a whole number of 1 or more, for example 7"),
        ("intake", "max_bytes = 1.5", "max_bytes: 1.5 is not a number of bytes; write a whole number above 0, for example 2147483648"),
        ("intake", "minimum_free_gib = -2", "minimum_free_gib: -2 is not a size in GiB; write a number of 0 or more, for example 2"),
        (
            "ocr",
            'engine = "tesseract5"',
            'engine: "tesseract5" is not a word for this key; did you mean "tesseract"? Write one of "auto", "ppocr", "tesseract"',
        ),
        ("ocr", 'vertical = "yes"', 'vertical: "yes" is not a choice for vertical writing; write true, false or "auto"'),
        ("ocr", "dpi = 1200", "dpi: 1200 is not a resolution; write a whole number from 100 to 600, for example 300"),
        ("ocr", "review_below = 101", "review_below: 101 is not a confidence; write a number from 0 to 100, for example 70"),
        ("ocr", "max_pages = 0", "max_pages: 0 is not a count; write a whole number of 1 or more, for example 5000"),
        ("workers", "lanes = 0", 'lanes: 0 is not a number of lanes; write a whole number from 1 to 256, or "auto"'),
        ("workers", 'lanes = "all"', 'lanes: "all" is not a number of lanes; write a whole number from 1 to 256, or "auto"'),
        ("workers", "memory_mib = 1", "memory_mib: 1 is not a size in MiB; write a whole number of 512 or more, for example 4096"),
        (
            "workers",
            'scheduler = "tcp://10.0.0.1:8786"',
            'scheduler: "tcp://10.0.0.1:8786" is not encrypted; write "tls://HOST:PORT", or set unencrypted = "I accept that scans travel unencrypted"',
        ),
        (
            "workers",
            'scheduler = "ocr-server"',
            'scheduler: "ocr-server" is not a scheduler; write "tls://HOST:PORT", or "" for this machine alone',
        ),
        ("describe", "threshold = 60", "threshold: 60 is not a share; write a number from 0 to 1, for example 0.6"),
        ("describe", 'name_template = "{titel}_{number}.pdf"', 'name_template: "titel" is not known here; did you mean "title"?'),
        (
            "describe",
            'name_template = "{title}.pdf"',
            'name_template: "{title}{extension}" would give two records one name; write {number} in it, and {extension} at its end',
        ),
        (
            "describe",
            'name_template = "{number.pdf"',
            'name_template: "{number{extension}" has braces around something else than a name; write each name as {name}',
        ),
        ("binders", "volume_sheets = 0", "volume_sheets: 0 is not a count; write a whole number of 1 or more, for example 1000"),
        ("paper", 'paper_keep = "days:"', f'paper_keep: "days:" {NO_PAPER_KEEP}'),
        ("paper", "paper_keep = 30", f"paper_keep: 30 {NO_PAPER_KEEP}"),
        ("paper", 'inspect = "全数"', 'inspect: "全数" is not a word for this key; did you mean "all"? Write one of "sample", "all"'),
        ("web", "port = 99999", "port: 99999 is not a port; write a whole number from 1 to 65535, for example 8080"),
        ("web", "port = true", "port: true is not a port; write a whole number from 1 to 65535, for example 8080"),
        ("timetable", 'purge_taken = "25:00"', 'purge_taken: "25:00" is not a time of day; write hours and minutes in quotes, for example "02:30"'),
        ("metrics", "sheets_per_box = 0", "sheets_per_box: 0 is not a factor; write a number above 0, for example 2500"),
        ("metrics", "yen_per_copy = -1", "yen_per_copy: -1 is not an amount; write a number of 0 or more, for example 1.75"),
        ("metrics", 'confirmed = ["sheets_per_bix"]', 'confirmed: "sheets_per_bix" is not known here; did you mean "sheets_per_box"?'),
        ("metrics", "base_year = 4", "base_year: 4 is not a fiscal year; write the Western year in which it begins, for example 2022"),
        ("metrics", 'sources = { sheets_per_bix = "x" }', 'sources: "sheets_per_bix" is not known here; did you mean "sheets_per_box"?'),
        ("metrics", 'sources = "x"', 'sources: "x" is not a table of sources; write for example { sheets_per_box = "delivery slips" }'),
        ("metrics", 'confirmed = "all"', 'confirmed: "all" is not a list of factors; write for example ["sheets_per_box"]'),
    ],
)
def test_a_wrong_value_is_named_with_what_to_write(table: str, key: str, says: str) -> None:
    assert faults(f"[{table}]\n{key}\n", "scanpipe.toml") == [f"scanpipe.toml: {table}.{says}"]


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ('inbox = "../x"', 'inbox: "../x" is not a folder that Windows can open; write a name without " \\ : | < > * ? and without ".."'),
        ('inbox = "a:b"', 'inbox: "a:b" is not a folder that Windows can open; write a name without " \\ : | < > * ? and without ".."'),
        ("taken = 3", 'taken: 3 is not a folder; write its path in double quotes, for example "/mnt/nas/taken"'),
        ('duplex = "both"', 'duplex: "both" is not a choice for two-sided scanning; write true, false or "auto"'),
        ('appending = "no"', 'appending: "no" is not a switch; write true or false, without quotes'),
        ('assemble = "sequnce"', 'assemble: "sequnce" is not a word for this key; did you mean "sequence"? Write one of "single", "sequence"'),
        ("staff = -1", "staff: -1 is not a number of people; write a whole number of 0 or more"),
        ('base_sheets = "many"', 'base_sheets: "many" is not a number of sheets; write a whole number of 0 or more'),
        ('valid_from = "2025-04-01"', 'valid_from: "2025-04-01" is not a day; write it without quotes, for example 2025-04-01'),
        ("valid_from = 2026-04-01\nvalid_to = 2026-03-31", "valid_to: 2026-03-31 lies before valid_from; write the last day of the section"),
        ("symbol = 1", 'symbol: 1 is not text; write it in double quotes, "" for none'),
        ('successor = "1106"', 'successor: there is no "1106"; write the code of one that the files have, or remove the key'),
        ('mailbox = "x"', 'mailbox: this key is not known; did you mean "inbox"?'),
    ],
)
def test_a_wrong_section_is_named_by_its_code(key: str, says: str) -> None:
    assert faults(f"{SECTION}{key}\n", "departments.toml") == [f"departments.toml: department 1105: {says}"]


def test_sections_that_took_over_from_one_another_are_named_once() -> None:
    ways = {"1": "2", "2": "3", "3": "2", "4": "5", "5": None}  # 1 -> 2 -> 3 -> 2
    sections = "".join(f'[[department]]\ncode = "{code}"\nname = "課"\n' + (f'successor = "{next}"\n' if next else "") for code, next in ways.items())
    assert faults(sections, "departments.toml") == [
        "departments.toml: department 2: successor: the successors lead back to where they began (2 → 3 → 2); remove the key at the section that exists today"
    ]


def test_a_section_without_a_code_is_counted() -> None:
    assert faults(SECTION + "[[department]]\ncode = 1106\n", "departments.toml") == [
        'departments.toml: department no. 2: code: 1106 is not a code; write up to 20 half-width letters, digits, "-" or "_" in quotes, for example "1105"',
        'departments.toml: department no. 2: name: this key is missing; write for example name = "総務課"',
    ]


def test_two_sections_do_not_share_a_code_or_a_drop_folder() -> None:
    other = '[[department]]\ncode = "1106"\nname = "地域力再生課"\ninbox = "SCAN"\n'
    again = '[[department]]\ncode = "1107"\nname = "別課"\ninbox = "scan"\n'
    assert faults(SECTION + other + SECTION + again, "departments.toml") == [
        "departments.toml: department 1105: code: there is another section with this code; give each its own",
        'departments.toml: department 1107: inbox: "scan" is already the inbox of section 1106; give each section a folder of its own',
    ]


def test_a_file_without_sections_says_how_one_begins() -> None:
    says = ["departments.toml: department: there is no section; write [[department]] with two brackets before each"]
    assert faults("", "departments.toml") == says
    assert faults("[department]\ncode = 1", "departments.toml") == says


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ('start = "fy_next_apr"', f'start: "fy_next_apr" is not a word for this key; did you mean "fy_next_apr1"? Write one of {START_RULES}'),
        ('disposition = "廃棄"', 'disposition: "廃棄" is not a word for this key; did you mean "dispose"? Write one of "transfer", "dispose", "review"'),
        ('disposition = "burn"', 'disposition: "burn" is not a word for this key; write one of "transfer", "dispose", "review"'),
        ('words = { "課税" = "x" }', 'words.課税: "x" is not a number of points; write a number above 0, for example 3'),
        ("words = 3", 'words: 3 is not a table of words and points; write each word in quotes with a number, for example { "請求書" = 3 }'),
        ("patterns = ['a', '(']", "patterns no. 2: \"(\" is not a regular expression (missing ), unterminated subpattern at position 0);"
         " correct it, with \\ before a bracket that is meant as a sign"),
        ("classes = ['総務', '文書', '収発']", 'classes: ["総務", "文書", "収発"] is not a list of classes; write the major and the middle class,'
         ' or the major one alone, for example ["総務", "文書"]'),
        ('classes = "総務"', 'classes: "総務" is not a list of classes; write the major and the middle class, or the major one alone, for example ["総務", "文書"]'),
        ("classes = ['']", 'classes no. 1: "" is not text; write it in quotes, not empty'),
        ('paper_keep = "1 year"', f'paper_keep: "1 year" {NO_PAPER_KEEP}'),
        ("paper_wait_days = -1", "paper_wait_days: -1 is not a number of days; write a whole number of 0 or more, for example 90"),
        ('inspect = "none"', 'inspect: "none" is not a word for this key; write one of "sample", "all"'),
        ('titles = "申告書"', 'titles: "申告書" is not a list of texts; write each in quotes between [ ]'),
        ("titles = [3]", "titles no. 1: 3 is not text; write it in quotes, not empty"),
        ('paper_only = "yes"', 'paper_only: "yes" is not a switch; write true or false, without quotes'),
        ('wrods = {}', 'wrods: this key is not known; did you mean "words"?'),
        ('start = "none"', 'start: "none" never ends a period of 7 years; write another start, for example "fy_next_apr1", or the period "永年"'),
        ("[[category.override]]\nperiod = 1", 'override 1: title: this key is missing; write for example title = "決算書"'),
        ('[[category.override]]\ntitle = "除籍簿"\nperiod = "永"', 'override 除籍簿: period: "永" is not a period; write whole years, "永年" or "常用"'),
        ("override = 3", "override: this is not a list of sub-rules; write [[category.override]] with two brackets before each"),
    ],
)  # fmt: skip
def test_a_wrong_category_is_named_by_its_code(key: str, says: str) -> None:
    assert faults(f"{CATEGORY}{key}\n", "retention.toml") == [f"retention.toml: category TAX: {says}"]


def test_every_fact_of_a_category_can_be_configured() -> None:
    from dataclasses import fields

    from scanpipe.config_retention import CategoryEntry, OverrideEntry
    from scanpipe.core.retention import Category, Override

    assert {*CategoryEntry.model_fields, "overrides"} == {field.name for field in fields(Category)}
    assert set(OverrideEntry.model_fields) == {field.name for field in fields(Override)}


def test_categories_have_codes_of_their_own_and_not_the_one_for_none() -> None:
    reserved = '"unclassified" is what scanpipe calls records without a category; write another code, for example "OTHER"'
    assert faults(CATEGORY + CATEGORY + CATEGORY.replace("TAX", "unclassified"), "retention.toml") == [
        "retention.toml: category TAX: code: there is another category with this code; give each its own",
        f"retention.toml: category unclassified: code: {reserved}",
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("code = ", "code = is not TOML (Invalid value); write key = value, text in double quotes, lists in [ ], tables as [name]"),
        ("code ＝ 3", "code ＝ 3 has full-width signs outside quotes; write =, quotes, commas, digits and blanks half-width"),
        ("words = { 税 = 3 }", 'words = { 税 = 3 } has a Japanese word without quotes; write it in double quotes, also before "="'),
        ('patterns = ["\\d"]', "patterns = [\"\\d\"] has a backslash in double quotes; write the text in single quotes ('…')"),
        ("period = 1\nperiod = 2", "period = 2 is there twice; keep one of the two"),
    ],
)
def test_a_line_that_is_not_toml_is_named_by_its_number(line: str, says: str) -> None:
    number = 2 + line.count("\n")
    assert faults(f"[[category]]\n{line}\n", "retention.toml") == [f"retention.toml: line {number}: {says}"]


def test_a_category_needs_no_more_than_a_code_and_a_period() -> None:
    schedule = config.load_text(CATEGORY + '[[category]]\ncode = "REG"\nperiod = "永年"\n', source="retention.toml")
    assert isinstance(schedule, Schedule)
    assert [(each.code, each.name, each.period, each.start, each.disposition) for each in schedule.categories.values()] == [
        ("TAX", "TAX", 7, "fy_next_apr1", "review"),
        ("REG", "REG", "永年", "none", "review"),
    ]


@given(st.text())
def test_whatever_text_stands_there_the_answer_is_settings_or_sentences(text: str) -> None:
    for source in ("retention.toml", "departments.toml", "scanpipe.toml"):
        try:
            config.load_text(text, source=source)
        except ConfigError as error:
            assert all(line.startswith(f"{source}: ") and "\n" not in line for line in error.faults)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(st.sampled_from(sorted(config.Department.model_fields)), values)
def test_whatever_value_a_key_has_the_answer_is_a_section_or_a_sentence(key: str, value: object) -> None:
    from scanpipe.config_faults import validated

    section, wrong = validated(config.Department, {"code": "1", "name": "課", key: value}, "departments.toml", "department 1: ")
    assert (section is None) == bool(wrong)


# Whole sites


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for folder in ("config", "store", "shares", "taken"):
        (tmp_path / folder).mkdir()
    (tmp_path / "config" / "scanpipe.toml").write_text('[site]\nname = "試験市"\n')
    (tmp_path / "config" / "departments.toml").write_text(SECTION)
    (tmp_path / "config" / "retention.toml").write_text(CATEGORY)
    return tmp_path


def load(site: Path, **files: str) -> config.Settings:
    for name, text in files.items():
        (site / "config" / f"{name}.toml").write_text(text)
    return config.load(site / "config" / "scanpipe.toml")


def refused(site: Path, **files: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(site, **files)
    return caught.value.faults


def test_a_small_configuration_has_defaults_for_the_rest(site: Path) -> None:
    settings = load(site)
    section = settings.department("1105")
    assert (settings.site.name, settings.web.port, settings.intake.taken_days, str(settings.timezone)) == ("試験市", 8080, 7, "Asia/Tokyo")
    assert settings.inbox(section) == settings.inbox("1105") == site / "shares" / "1105_デジタル政策課"
    assert settings.taken_of(section) == site / "taken" / "1105"
    assert settings.layout.vault == site / "store" / "archive" / "vault"
    assert settings.layout.catalogue_db == site / "store" / "db" / "catalogue.db"


def test_the_faults_of_all_three_files_come_at_once(site: Path) -> None:
    assert refused(site, scanpipe="[web]\nport = 0\n[intak]\n", departments=SECTION + "staff = -1\n", retention=CATEGORY + 'start = "x"') == [
        'scanpipe.toml: intak: this key is not known; did you mean "intake"?',
        "scanpipe.toml: web.port: 0 is not a port; write a whole number from 1 to 65535, for example 8080",
        "departments.toml: department 1105: staff: -1 is not a number of people; write a whole number of 0 or more",
        f'retention.toml: category TAX: start: "x" is not a word for this key; write one of {START_RULES}',
    ]


def test_a_template_that_ends_in_pdf_gets_the_extension_of_each_record(site: Path) -> None:
    settings = load(site, scanpipe='[describe]\nname_template = "{number}_{title}.pdf"\n')
    assert settings.describe.name_template == "{number}_{title}{extension}"


def test_a_default_category_must_be_in_the_schedule(site: Path) -> None:
    says = 'departments.toml: department 1105: default_category: there is no "TAXES"; did you mean "TAX"?'
    assert refused(site, departments=SECTION + 'default_category = "TAXES"') == [says]


def test_folders_that_are_not_there_are_named(site: Path) -> None:
    (site / "store").rmdir()
    assert refused(site, scanpipe='[site]\nshares = "../sahres"\n') == [
        f'scanpipe.toml: site.store: {site}/store is not a folder; correct the path, or make the site with "scanpipe init"',
        f'scanpipe.toml: site.shares: {site}/sahres is not a folder; correct the path, or make the site with "scanpipe init"',
    ]


def test_what_was_taken_may_not_lie_where_clerks_look(site: Path) -> None:
    (site / "shares" / "taken").mkdir()
    says = f"scanpipe.toml: site.taken: {site}/shares/taken lies inside site.shares ({site}/shares); write a folder beside it"
    assert refused(site, scanpipe='[site]\ntaken = "../shares/taken"\n') == [says]


def test_a_link_does_not_hide_that_two_folders_are_one(site: Path) -> None:
    (site / "other").symlink_to(site / "store")
    assert refused(site, scanpipe='[site]\nshares = "../other"\n') == [
        f"scanpipe.toml: site.shares: {site}/store is also site.store; write a folder of its own"
    ]


def test_a_drop_folder_lies_in_no_other_folder_of_the_site(site: Path) -> None:
    inside = (
        f'[[department]]\ncode = "1"\nname = "甲課"\ninbox = "1105_デジタル政策課/甲"\n[[department]]\ncode = "2"\nname = "乙課"\ninbox = "{site}/store/work"\n'
    )
    assert refused(site, departments=SECTION + inside) == [
        f"departments.toml: department 2: inbox: {site}/store/work lies inside site.store ({site}/store); write a folder beside it",
        f"departments.toml: department 1: inbox: {site}/shares/1105_デジタル政策課/甲 lies inside department 1105: inbox"
        f" ({site}/shares/1105_デジタル政策課); write a folder beside it",
    ]


def test_a_file_in_shift_jis_or_missing_is_one_fault(site: Path) -> None:
    (site / "config" / "departments.toml").write_bytes(SECTION.encode("cp932"))
    (site / "config" / "retention.toml").unlink()
    assert refused(site) == [
        "departments.toml: line 3: this is not UTF-8; save the file again with the character code UTF-8 (not Shift_JIS)",
        f"retention.toml: {site}/config/retention.toml is missing; copy the default file there, or correct [site] retention",
    ]


def test_a_file_from_notepad_is_read(site: Path) -> None:
    (site / "config" / "departments.toml").write_bytes(b"\xef\xbb\xbf" + SECTION.replace("\n", "\r\n").encode())
    assert load(site).department("1105").name == "デジタル政策課"


# Finding the file


def test_the_option_comes_before_the_environment_and_both_before_the_folder(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, other = site / "config" / "scanpipe.toml", site / "other.toml"
    other.touch()
    monkeypatch.chdir(site)
    monkeypatch.delenv("SCANPIPE_CONFIG", raising=False)
    assert config.find_config(None) == own
    monkeypatch.setenv("SCANPIPE_CONFIG", str(other))
    assert config.find_config(None) == other
    assert config.find_config(str(own)) == own


def test_a_configuration_that_is_nowhere_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCANPIPE_CONFIG", raising=False)
    monkeypatch.setattr(config, "SYSTEM_CONFIG", tmp_path / "none.toml")
    with pytest.raises(NotFound, match="Make a site with: scanpipe init DIR"):
        config.find_config(None)
    with pytest.raises(NotFound, match="There is no configuration file"):
        config.find_config("x.toml")
