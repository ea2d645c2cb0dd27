"""A web that forgets to leave out what a person may not see is found out by the tests of rights: they can fail."""

from pathlib import Path

import pytest
import test_rights_of_routes as rights
from peopled import opened, peopled_site

from scanpipe.web import readers


@pytest.mark.slow
def test_a_filter_that_is_missing_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = peopled_site(tmp_path / "site")
    monkeypatch.setattr(readers, "narrow", lambda db, access, restricted=(): None)
    with opened(site) as client, pytest.raises(AssertionError):
        rights.test_a_record_that_may_not_be_seen_answers_as_one_that_does_not_exist(site, client)
