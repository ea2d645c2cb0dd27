"""What the command line shows on a terminal: nothing wider than it, nothing that steers it, and usage lines that begin with the verb."""

import os
import pty
import subprocess
import sys

import pytest

SHOWN = """
from scanpipe.cli import shown
shown.table(["件名", "番号"], [["長" * 300, "2026-000001"], ["請求\\u202e書\\x1b[31m", "2026-000002"]])
"""


def on_a_terminal(program: str) -> str:
    ours, theirs = pty.openpty()
    done = subprocess.run([sys.executable, "-c", program], stdout=theirs, stderr=theirs, env={**os.environ, "COLUMNS": "100", "TERM": "xterm"}, check=False)
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 65536):
            said += piece
    except OSError:  # the other end is closed and all of it read
        pass
    os.close(ours)
    assert done.returncode == 0, said.decode()
    return said.decode()


def test_long_cells_are_clipped_and_signs_that_steer_are_written_out() -> None:
    said = on_a_terminal(SHOWN)
    assert said.count("長") < 60 and "…" in said and "2026-000001" in said
    assert "\u202e" not in said and "\x1b[31m" not in said and "\\u202e書\\u001b" in said


def test_off_a_terminal_nothing_is_clipped_or_written_otherwise() -> None:
    said = subprocess.run([sys.executable, "-c", SHOWN], capture_output=True, text=True, check=True).stdout
    assert said.count("長") == 300 and "\u202e" in said and "…" not in said


@pytest.mark.parametrize(("verb", "language"), [(("hold", "add"), "ja"), (("dispose", "answer"), "ja"), (("dispose", "withdraw"), "en")])
def test_usage_begins_with_the_whole_verb(verb: tuple[str, ...], language: str) -> None:
    words = [sys.executable, "-c", "import sys; from scanpipe.cli import main; sys.exit(main(sys.argv[1:]))", *verb, "--help"]
    said = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "LANGUAGE": language}).stdout
    assert said.startswith({"ja": "使い方: ", "en": "usage: "}[language] + f"scanpipe {' '.join(verb)} ")
