"""Fixtures that several areas share."""

from pathlib import Path

import pytest
from sites import QUICK, make_site

from scanpipe.config import Settings


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """A small town's site with short waiting times, empty."""
    return make_site(tmp_path / "site", **QUICK)
