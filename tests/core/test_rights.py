"""core/rights.py: what each role may do, in which sections, and how a token narrows it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.rights import RIGHTS, ROLE_NAMES, SCOPES, SECTION_RIGHTS, Person, Right, Role, Scope

SECTIONS = ("0101", "0103", "1105")


def person(*roles: Role, **said: object) -> Person:
    facts: dict[str, object] = {"name": "sato", "shown": "佐藤", "roles": frozenset(roles), "departments": frozenset({"0101"}), "grants": frozenset()}
    return Person(**{**facts, **said})  # type: ignore[arg-type]


persons = st.builds(
    Person,
    name=st.just("sato"),
    shown=st.just("佐藤"),
    roles=st.frozensets(st.sampled_from(Role)),
    departments=st.frozensets(st.sampled_from(SECTIONS)),
    grants=st.frozensets(st.sampled_from(("WELFARE", "KOSEKI", "*"))),
)
rights = st.sampled_from(Right)
places = st.sampled_from((*SECTIONS, None))
scopes = st.frozensets(st.sampled_from(Scope))


@pytest.mark.parametrize(
    ("role", "own", "others", "anywhere"),
    [
        (Role.CLERK, "read correct upload agree", "", ""),
        (Role.LEADER, "read correct upload agree campaign", "", "statistics"),
        (
            Role.RECORDS_MANAGER,
            "read correct upload agree campaign",
            "read correct campaign",
            "read_all correct_all campaign_all hold dispose approve schedule statistics",
        ),
        (Role.ADMINISTRATOR, "", "", "operate accounts statistics"),
        (Role.STATISTICS, "", "", "statistics"),
    ],
)
def test_each_role_may_do_what_it_is_for_and_nothing_else(role: Role, own: str, others: str, anywhere: str) -> None:
    who = person(role)
    assert {right for right in SECTION_RIGHTS if who.may(right, "0101")} == set(own.split())
    assert {right for right in SECTION_RIGHTS if who.may(right, "0103")} == set(others.split())
    assert {right for right in set(Right) - SECTION_RIGHTS if who.may(right)} == set(anywhere.split())


def test_every_role_has_rights_and_a_name() -> None:
    assert set(RIGHTS) == set(ROLE_NAMES) == set(Role)
    assert set(SCOPES) == set(Scope)


@pytest.mark.parametrize(
    ("role", "sections"),
    [
        (Role.CLERK, {"0101"}),
        (Role.LEADER, {"0101"}),
        (Role.RECORDS_MANAGER, None),
        (Role.ADMINISTRATOR, set()),
        (Role.STATISTICS, set()),
    ],
)
def test_a_person_sees_the_records_of_these_sections(role: Role, sections: set[str] | None) -> None:
    assert person(role).sections() == sections


@pytest.mark.parametrize(("grants", "seen"), [(set(), set()), ({"KOSEKI"}, {"KOSEKI"}), ({"*"}, None), ({"*", "KOSEKI"}, None)])
def test_a_restricted_category_is_seen_by_grant_alone(grants: set[str], seen: set[str] | None) -> None:
    assert person(Role.RECORDS_MANAGER, grants=frozenset(grants)).restricted() == seen


@pytest.mark.parametrize(
    ("scope", "may"),
    [
        ({Scope.READ}, {Right.READ}),
        ({Scope.UPLOAD}, {Right.UPLOAD}),
        ({Scope.STATISTICS}, {Right.STATISTICS}),
        ({Scope.READ, Scope.UPLOAD}, {Right.READ, Right.UPLOAD}),
        ({Scope.WRITE}, {Right.CORRECT, Right.CAMPAIGN}),
        (set(), set()),
    ],
)
def test_a_token_does_what_it_was_made_for(scope: set[Scope], may: set[Right]) -> None:
    leader = person(Role.LEADER, via="token", scopes=frozenset(scope))
    assert {right for right in Right if leader.may(right, "0101")} == may


def test_no_token_disposes_of_anything_or_makes_accounts() -> None:
    everybody = person(*Role, scopes=frozenset(Scope))
    assert [right for right in (Right.AGREE, Right.DISPOSE, Right.APPROVE, Right.OPERATE, Right.ACCOUNTS) if everybody.may(right)] == []


def test_who_has_a_one_time_password_may_do_nothing_with_it() -> None:
    new = person(*Role, must_change=True)
    assert not any(new.may(right, place) for right in Right for place in ("0101", None))
    assert new.sections() == frozenset()


@given(persons, rights, places, scopes)
def test_a_token_never_may_what_its_account_may_not(who: Person, right: Right, place: str | None, scope: frozenset[Scope]) -> None:
    narrowed = replace(who, via="token", scopes=scope)
    assert who.may(right, place) or not narrowed.may(right, place)
    assert narrowed.may(right, place) == (who.may(right, place) and right in set().union(*(SCOPES[one] for one in scope)))


@given(persons, st.sampled_from(SECTIONS), st.none() | scopes)
def test_the_sections_seen_are_those_that_may_be_read(who: Person, place: str, scope: frozenset[Scope] | None) -> None:
    who = replace(who, scopes=scope)
    seen = who.sections()
    assert who.may(Right.READ, place) == (seen is None or place in seen)


@given(persons, st.sampled_from(Role), rights, places)
def test_another_role_takes_nothing_away(who: Person, role: Role, right: Right, place: str | None) -> None:
    assert replace(who, roles=who.roles | {role}).may(right, place) >= who.may(right, place)


@given(persons, rights)
def test_what_may_be_done_in_some_section_may_be_done_somewhere(who: Person, right: Right) -> None:
    if any(who.may(right, place) for place in SECTIONS):
        assert who.may(right)
