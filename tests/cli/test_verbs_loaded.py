"""Only the module of the verb that is asked is loaded; every verb is found in its own."""

import argparse
import subprocess
import sys
from collections.abc import Sequence

import pytest

from scanpipe import cli

TYPED = [["status"], ["-v", "status"], ["--config", "verify", "status"], ["--config=x.toml", "status"]]


def verbs(parser: argparse.ArgumentParser) -> set[str]:
    (action,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return set(action.choices)


def test_the_table_names_every_verb_of_every_module() -> None:
    assert verbs(cli.parser()) == {verb for names in cli._GROUPS.values() for verb in names}
    for module, names in cli._GROUPS.items():
        assert verbs(cli.parser([module])) == set(names)
        assert all(list(cli._groups_of([verb])) == [module] for verb in names)


@pytest.mark.parametrize("typed", TYPED)
def test_a_verb_loads_its_own_module_alone(typed: Sequence[str]) -> None:
    assert list(cli._groups_of(typed)) == ["finding_verbs"]


@pytest.mark.parametrize("typed", [[], ["--help"], ["statsu"], ["--config", "x.toml"]])
def test_for_a_list_of_verbs_or_a_slip_all_are_loaded(typed: Sequence[str]) -> None:
    assert list(cli._groups_of(typed)) == list(cli._GROUPS)


def test_the_version_alone_loads_none() -> None:
    assert list(cli._groups_of(["--version"])) == []


def test_no_verb_waits_for_what_libraries_load_unasked() -> None:
    program = "import sys; sys.argv = ['scanpipe', '--help']\nfrom scanpipe.__main__ import main\ntry: main()\nfinally: print(sorted({'numpy', 'pygments'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
