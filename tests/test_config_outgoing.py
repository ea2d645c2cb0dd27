"""What the administrator is told when something wrong is written about what leaves the server."""

from pathlib import Path

import pytest

from scanpipe import config
from scanpipe.config import Tables
from scanpipe.errors import ConfigError
from scanpipe.upkeep.machine.site import defaults

HOOK = '[[webhook]]\nurl = "https://a.example/hook"\nsecret = "0123456789abcdef"\n'
CLOUD = '[kintone]\nbase_url = "https://x.cybozu.com"\napp = 3\n'


def read(text: str) -> Tables:
    found = config.load_text(text, source="scanpipe.toml")
    assert isinstance(found, Tables)
    return found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("webhook = 3", "webhook: this is not a list of tables; write [[webhook]] with two brackets before each"),
        (HOOK.replace("https", "ftp"), 'webhook no. 1: url: "ftp://a.example/hook" is not an address; write "https://HOST/PATH" or "http://HOST/PATH"'),
        ('[[webhook]]\nsecret = "0123456789abcdef"', 'webhook no. 1: url: this key is missing; write for example url = "https://example.lg.jp/hook"'),
        ('[[webhook]]\nurl = "https://a.example"', "webhook no. 1: secret_file: write either secret or secret_file"),
        (HOOK + 'secret_file = "hook.key"', "webhook no. 1: secret_file: write either secret or secret_file"),
        (HOOK.replace("0123456789abcdef", "short"), "webhook no. 1: secret_file: secret is too short; write 16 signs or more"),
        (HOOK + 'events = ["acounted"]', 'webhook no. 1: events: "acounted" is not known here; did you mean "accounted"?'),
        (HOOK + "events = []", 'webhook no. 1: events: [] is not a list of events; write for example ["accounted", "corrected", "disposed"]'),
        (HOOK + 'sercet = ""', 'webhook no. 1: sercet: this key is not known; did you mean "secret"?'),
        (HOOK * 2, "webhook: https://a.example/hook is there twice; give each webhook a name of its own"),
        (
            '[kintone]\nbase_url = "http://x.cybozu.com"',
            'kintone.base_url: "http://x.cybozu.com" is not the address of a kintone; write "https://NAME.cybozu.com", or "" for none',
        ),
        (CLOUD, 'kintone.fields: no field is mapped; write for example { number = "number" }'),
        (CLOUD + 'fields = { title = "t" }', "kintone.fields: number is missing; it finds the record again: write number = its field code in kintone"),
        (CLOUD + 'fields = { number = "n", titel = "t" }', 'kintone.fields: "titel" is not known here; did you mean "title"?'),
        (CLOUD + 'fields = { number = "n", title = "n" }', 'kintone.fields: "n" is there twice; give each its own field code'),
        (CLOUD + 'fields = { number = "n" }', "kintone.fields: write either token or token_file"),
        ('[mail]\nhost = "m"', "mail.to: host needs from and to; write both, or leave host empty"),
        ('[mail]\nto = ["dx example"]', 'mail.to no. 1: "dx example" is not a mail address'),
        ('[mail]\nfrm = "a@b"', 'mail.frm: this key is not known; did you mean "from"?'),
        ('[mail]\nfrom = "a b"', 'mail.from: "a b" is not a mail address; write for example "scanpipe@example.lg.jp"'),
        ('[mail]\ntls = "ssl"', 'mail.tls: "ssl" is not a word for this key; write one of "starttls", "tls", "none"'),
        ("[timetable]\nreport_day = 31", "timetable.report_day: 31 is not a day of every month; write a whole number from 1 to 28"),
    ],
)
def test_a_fault_names_its_key_and_the_remedy(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert caught.value.faults == [f"scanpipe.toml: {says}"]


def test_nothing_leaves_unless_it_is_written() -> None:
    found = read(defaults().joinpath("scanpipe.toml").read_text("utf-8"))
    assert (found.webhook, found.kintone.base_url, found.mail.host) == ((), "", "")


def test_what_the_default_file_shows_as_examples_can_be_written_so() -> None:
    text = defaults().joinpath("scanpipe.toml").read_text("utf-8")
    examples = text[text.index("# [[webhook]]") :].replace('# secret = ""', '# secret = "0123456789abcdef"')
    found = read("\n".join(line.removeprefix("# ") for line in examples.splitlines() if not line.startswith("#  ")))
    assert found.webhook[0].events == ("accounted", "corrected", "disposed")
    assert (found.kintone.fields, found.kintone.monthly_fields, found.mail.port) == ({"number": "number"}, {"key": "key"}, 587)


def test_secrets_are_read_from_their_files_and_shown_nowhere(tmp_path: Path) -> None:
    (tmp_path / "hook.key").write_text("0123456789abcdef\n")
    hook = read(HOOK.replace('secret = "0123456789abcdef"', 'secret_file = "hook.key"')).webhook[0]
    assert hook.key(tmp_path) == "0123456789abcdef"
    assert "0123456789abcdef" not in repr(read(HOOK))
    with pytest.raises(ConfigError, match="cannot be read"):
        hook.key(tmp_path / "elsewhere")
