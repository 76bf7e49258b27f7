from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from proxy_addons.diagnosis.permissions.accepted import SCHEMES, Scheme, spelled
from tests.permissions.shipped import data, files

if TYPE_CHECKING:
    from proxy_addons.diagnosis.permissions.table import Operation

_TABLE = data().graph[0]
_OPERATIONS = tuple(_TABLE)
_RESOURCE_SPECIFIC = (".Group", ".Chat", ".User")


def _names(operation: Operation) -> list[str]:
    return [name for column in operation.accepted.columns for names in column or () for name in names]


def test_the_operations_people_really_call_are_there() -> None:
    assert len(_OPERATIONS) >= 1900


def test_no_operation_is_stated_twice() -> None:
    stated = Counter(
        (template.casefold(), method, part.beta)
        for path, file in files().items()
        for part in file.operations
        for template in part.paths
        for method in part.methods
        if path.startswith("permissions/graph")
    )
    assert [key for key, times in stated.items() if times > 1] == []


def test_every_permission_named_is_declared_and_every_one_declared_is_named() -> None:
    named = {name for operation in _OPERATIONS for name in _names(operation)}
    assert named == _TABLE.traits.keys()


def test_a_permission_is_declared_in_just_the_kinds_it_is_named_in() -> None:
    named = {
        (name, scheme is Scheme.APPLICATION)
        for operation in _OPERATIONS
        for scheme in SCHEMES
        for names in operation.accepted.get(scheme) or ()
        for name in names
    }
    declared = {(name, scheme is Scheme.APPLICATION) for name, kinds in _TABLE.traits.items() for scheme in kinds}
    assert named == declared


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_least_privileged_permission_comes_first(scheme: Scheme) -> None:
    wrong = []
    for operation in _OPERATIONS:
        accepted = operation.accepted.get(scheme) or ()
        levels = [max(_TABLE.traits[name][scheme].level or 0 for name in names) for names in accepted]
        if any(lower > higher for lower, higher in pairwise(levels)):
            wrong.append((operation.name, [spelled(names) for names in accepted]))
    assert wrong == []


def test_every_permission_is_rated() -> None:
    assert [name for name, kinds in _TABLE.traits.items() for kind in kinds.values() if kind.level is None] == []


def test_an_app_permission_always_needs_an_administrator() -> None:
    apps = [kinds[Scheme.APPLICATION] for kinds in _TABLE.traits.values() if Scheme.APPLICATION in kinds]
    assert all(trait.admin_consent for trait in apps)


def test_every_operation_cites_the_page_it_was_written_from() -> None:
    pages = {operation.reference for operation in _OPERATIONS}
    assert [page for page in pages if not page.startswith("https://learn.microsoft.com/graph/api/")] == []


def test_an_app_alone_is_never_offered_me() -> None:
    mine = [each for each in _OPERATIONS if each.template == "/me" or each.template.startswith("/me/")]
    assert [each.name for each in mine if each.accepted.get(Scheme.APPLICATION)] == []


def test_every_scheme_is_stated_but_for_change_notifications() -> None:
    unstated = {operation.template for operation in _OPERATIONS if None in operation.accepted.columns}
    assert unstated == {"/subscriptions", "/subscriptions/{id}", "/subscriptions/{id}/reauthorize"}


def test_a_consent_for_one_chat_or_team_stands_beside_the_permissions_because_no_token_shows_it() -> None:
    accepted = [name for operation in _OPERATIONS for name in _names(operation)]
    assert [name for name in accepted if name.endswith(_RESOURCE_SPECIFIC)] == []
    messages = data().graph[0].find("GET", "/v1.0/teams/1/channels/2/messages")
    assert messages is not None
    assert messages.beyond.instead == ("ChannelMessage.Read.Group",)


def test_a_call_that_takes_two_permissions_together_says_so() -> None:
    policy = _TABLE.find("POST", "/v1.0/identity/conditionalAccess/policies")
    assert policy is not None
    assert policy.accepted.get(Scheme.APPLICATION) == (("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"),)


def test_a_basic_reader_of_users_does_not_reach_users_app_only() -> None:
    # Declared as an app role, yet the service refuses it: learn.microsoft.com/answers/questions/6019739.
    users = _TABLE.find("GET", "/v1.0/users")
    assert users is not None
    assert ("User.ReadBasic.All",) not in (users.accepted.get(Scheme.APPLICATION) or ())


def test_sites_selected_comes_before_what_opens_every_site() -> None:
    lists = _TABLE.find("GET", "/v1.0/sites/1/lists")
    assert lists is not None
    assert (lists.accepted.get(Scheme.APPLICATION) or ())[0] == ("Sites.Selected",)
