"""Fixtures that several areas share."""

from pathlib import Path

import hypothesis
import pytest
from sites import QUICK, make_site

from scanpipe.config import Settings

hypothesis.settings.register_profile("untimed", deadline=None)  # machines are busy with other things: no test is about time
hypothesis.settings.load_profile("untimed")


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """A small town's site with short waiting times, empty."""
    return make_site(tmp_path / "site", **QUICK)
