"""Verbs as a person types them, in English, on a site of two sections."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from custody import two_sections
from typed import Run

from scanpipe.cli import main
from scanpipe.config import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return two_sections(tmp_path / "site", language="en")


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """(exit code, what was printed, what was said of errors) of a verb; with --json the facts, where there are any."""
    monkeypatch.setenv("LANGUAGE", "en")

    def verb(*arguments: str) -> tuple[int, Any, str]:
        code = main(["--config", str(settings.file), *arguments])
        out, err = capfdbinary.readouterr()
        text = out.decode("utf-8-sig")
        return code, json.loads(text) if "--json" in arguments and code in (os.EX_OK, 1) and text else text, err.decode()

    return verb
