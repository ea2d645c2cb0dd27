"""Only the module of the verb that is asked is loaded; every verb is found in its own."""

import argparse
from collections.abc import Sequence

import pytest

from scanpipe import cli

TYPED = [["status"], ["-v", "status"], ["--config", "verify", "status"], ["--config=x.toml", "status"]]


def verbs(parser: argparse.ArgumentParser) -> set[str]:
    (action,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return set(action.choices)


def test_the_table_names_every_verb_of_every_module() -> None:
    assert verbs(cli.parser()) == {*cli._OWN, *(verb for names in cli._GROUPS.values() for verb in names)}
    for module, names in cli._GROUPS.items():
        assert verbs(cli.parser([module])) == {*cli._OWN, *names}
        assert all(list(cli._groups_of([verb])) == [module] for verb in names)


@pytest.mark.parametrize("typed", TYPED)
def test_a_verb_of_the_first_module_loads_no_other(typed: Sequence[str]) -> None:
    assert list(cli._groups_of(typed)) == []


@pytest.mark.parametrize("typed", [[], ["--help"], ["statsu"], ["--version"], ["--config", "x.toml"]])
def test_for_a_list_of_verbs_or_a_slip_all_are_loaded(typed: Sequence[str]) -> None:
    assert list(cli._groups_of(typed)) == list(cli._GROUPS)
