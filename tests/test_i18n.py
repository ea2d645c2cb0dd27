"""Every sentence that a person can meet has its Japanese, and says the same with the same facts in it."""

import argparse
import os
import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from scanpipe import cli, i18n
from scanpipe.cli.wrapping import wrapped
from scanpipe.errors import NotFound
from scanpipe.i18n import N_, _, _n, language_of_locale, speaking, words_missing

PACKAGE = Path(i18n.__file__).parent
JAPANESE = PACKAGE / "locale" / "ja" / "LC_MESSAGES" / "scanpipe.po"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
LOCALE_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(scope="module")
def source() -> dict[str, str]:
    """message id -> the file that says it. A plural counts by its singular."""
    found: dict[str, str] = {}
    for file, _line, message, _comments, _context in extract_from_dir(str(PACKAGE), METHODS, keywords={**DEFAULT_KEYWORDS, "N_": None, "_n": (2,)}):
        found[message if isinstance(message, str) else message[0]] = file
    return found


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with JAPANESE.open("rb") as po:
        return read_po(po, abort_invalid=True)


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def facts_in(text: str) -> set[tuple[str, str]]:
    """Names between braces with their formats, and %-signs; doubled braces and per cents are text."""
    named = set()
    for _text, name, form, _conversion in Formatter().parse(text):
        if name is not None:
            named.add((name, form or ""))
    return named | {("%", sign) for sign in re.findall(r"%(?:\(\w+\))?[a-z]", text)}


# --- the catalogue ---


def test_every_message_has_its_japanese(source: dict[str, str], catalogue: Catalog) -> None:
    translated = {ids(message)[0] for message in messages(catalogue) if all(strings(message))}
    assert {id: file for id, file in source.items() if id not in translated} == {}


def test_no_japanese_is_kept_for_what_nobody_says_any_more(source: dict[str, str], catalogue: Catalog) -> None:
    assert [id for message in messages(catalogue) for id in ids(message)[:1] if id not in source] == []
    assert list(catalogue.obsolete) == []


def test_no_translation_is_a_guess(catalogue: Catalog) -> None:
    assert [message.id for message in messages(catalogue) if message.fuzzy] == []


def test_the_japanese_tells_the_same_facts(catalogue: Catalog) -> None:
    differing = [
        id for message in messages(catalogue) for id, said in zip(ids(message), strings(message), strict=False) if said and facts_in(id) != facts_in(said)
    ]
    assert differing == []


def test_the_japanese_is_japanese(catalogue: Catalog) -> None:
    """Except where a message is nothing but facts."""
    silent = [
        message.id
        for message in messages(catalogue)
        for said in strings(message)
        if re.sub(r"\{[^}]*\}|%\(\w+\)s|\W", "", said) and not re.search("[ぁ-んァ-ヶ一-龠]", said)
    ]
    assert silent == []


# --- the context ---


def test_an_error_speaks_the_language_of_who_reads_it() -> None:
    error = NotFound(N_("There is no record {number}. Look for it with `scanpipe search`."), number="2025-000123")
    assert str(error) == "There is no record 2025-000123. Look for it with `scanpipe search`."
    with speaking("ja"):
        assert str(error) == "番号 2025-000123 の文書はありません。`scanpipe search` で探してください。"
    assert str(error) == "There is no record 2025-000123. Look for it with `scanpipe search`."


def test_english_tells_one_from_many_and_japanese_has_one_word_for_both() -> None:
    with speaking("en"):
        assert [_n("{n} record", "{n} records", n) for n in (0, 1, "1", 2, 1234)] == ["0 records", "1 record", "1 record", "2 records", "1,234 records"]
    with speaking("ja"):
        assert [_n("{n} record", "{n} records", n) for n in (1, 1234)] == ["1 件", "1,234 件"]


def test_nothing_said_is_nothing_translated() -> None:
    with speaking("ja"):
        assert _("") == ""


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "ja"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LANGUAGE": "en"}, "en"),
    ],
)
def test_the_locale_chooses_the_language(environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in LOCALE_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert language_of_locale() == language


def test_words_that_were_not_compiled_are_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(i18n, "_LOCALE_DIR", tmp_path)
    monkeypatch.setenv("LANGUAGE", "ja")
    assert words_missing("en") is None
    assert cli.main(["status"]) == os.EX_CONFIG
    said = capsys.readouterr().err
    assert str(tmp_path / "ja") in said
    assert "pip install ." in said


# --- the command line ---


def verbs() -> list[str]:
    (action,) = (action for action in cli.parser()._actions if isinstance(action, argparse._SubParsersAction))
    return list(action.choices)


def shown(arguments: list[str], language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    for variable in LOCALE_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANGUAGE", language)
    monkeypatch.setenv("COLUMNS", "2000")  # a sentence on one line can be found
    with pytest.raises(SystemExit):
        cli.main(arguments)
    printed = capsys.readouterr()
    return printed.out + printed.err


@pytest.mark.parametrize("verb", ["", *verbs()])
def test_the_help_of_every_verb_is_wholly_japanese(
    verb: str, source: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    help = shown([verb, "--help"] if verb else ["--help"], "ja", monkeypatch, capsys)
    assert help.startswith("使い方: scanpipe")
    assert "オプション:" in help
    assert [id for id in source if " " in id.strip() and id in help] == []


@pytest.mark.parametrize("verb", ["", *verbs()])
def test_the_help_of_every_verb_is_wholly_english(verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    help = shown([verb, "--help"] if verb else ["--help"], "en", monkeypatch, capsys)
    assert help.startswith("usage: scanpipe")
    assert re.findall("[ぁ-んァ-ヶ一-龠]+", help.replace("要確認", "")) == []


def test_a_wrong_option_is_told_in_japanese(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "scanpipe search: 次の引数が必要です: QUERY" in shown(["search"], "ja", monkeypatch, capsys)
    assert "scanpipe search: --limit: 0 は 1 から 1000 までの数ではありません" in shown(["search", "税", "--limit", "0"], "ja", monkeypatch, capsys)


def test_japanese_help_breaks_by_columns_and_never_before_a_full_stop() -> None:
    assert list(wrapped("投入フォルダを見張る。件数 12 を scanpipe に出す。", 20)) == ["投入フォルダを見張", "る。件数 12 を", "scanpipe に出す。"]


@given(st.text(st.sampled_from("税務課。、 (ab-c1)ー"), max_size=60), st.integers(min_value=4, max_value=40))
def test_wrapping_loses_no_sign(text: str, width: int) -> None:
    lines = list(wrapped(text, width))
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line) <= width or len(re.findall("[税務課]|[^。、ー税務課 ]+", line)) <= 1 for line in lines)
