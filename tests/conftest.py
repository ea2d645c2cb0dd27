"""Fixtures that several areas share."""

from pathlib import Path

import pytest
from sites import make_site

from scanpipe.config import Settings

QUICK = {"quiet_seconds": 0.3, "poll_seconds": 0.2, "minimum_free_gib": 0, "drain_incomplete_seconds": 1}


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """A small town's site with short waiting times, empty."""
    return make_site(tmp_path / "site", **QUICK)
