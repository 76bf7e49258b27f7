from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel, TypeAdapter

from proxy_addons.diagnosis.permissions.accepted import Scheme
from proxy_addons.diagnosis.permissions.permission_data import Call
from proxy_addons.diagnosis.yaml_file import read_yaml
from proxy_addons.intake.rule_files import read_texts
from tests.permissions.shipped import data

if TYPE_CHECKING:
    from proxy_addons.diagnosis.permissions.table import Operation

_OPERATIONS = tuple(data().exchange)
_COMMAND = "/adminapi/beta/contoso.onmicrosoft.com/InvokeCommand"


class _Endpoint(BaseModel):
    path: str
    cmdlets: list[str]
    role_groups: list[str]
    entra_roles: list[str]
    app_permission: str
    user_permission: str


class _Named(BaseModel):
    name: str


def _entries(file: str) -> object:
    parsed = TypeAdapter(dict[str, object]).validate_python(read_yaml(file, read_texts()[file]))
    return parsed["entries"]


def _endpoints() -> list[_Endpoint]:
    return TypeAdapter(list[_Endpoint]).validate_python(_entries("reference/admin_endpoints.yaml"))


def _ask(path: str, name: str = "") -> Operation:
    found = data().find(Call("POST", "outlook.office365.com", path, name))
    assert found is not None
    return found


def test_an_operation_of_ews_takes_the_one_permission_of_ews() -> None:
    find = _ask("/EWS/Exchange.asmx", "FindItem")
    assert find.template == "/ews/FindItem"
    assert find.accepted.columns == ((("EWS.AccessAsUser.All",),), (), (("full_access_as_app",),))


def test_an_app_may_hold_rbac_for_applications_in_place_of_the_permission_and_names_a_mailbox() -> None:
    find = _ask("/EWS/Exchange.asmx", "GetItem")
    assert find.beyond.instead == ("Application EWS.AccessAsApp",)
    assert find.beyond.impersonation


def test_an_operation_of_ews_nobody_listed_takes_what_holds_for_any() -> None:
    assert _ask("/EWS/Exchange.asmx", "GetSomethingNew").template == "/ews/{operation}"


def test_searching_mailboxes_asks_for_a_role_group() -> None:
    assert _ask("/EWS/Exchange.asmx", "SearchMailboxes").beyond.role_groups == ("Discovery Management",)


def test_an_endpoint_of_the_admin_api_takes_the_permission_of_its_generation() -> None:
    mailbox = _ask("/adminapi/v2.0/contoso.onmicrosoft.com/Mailbox")
    assert mailbox.accepted.get(Scheme.APPLICATION) == (("Exchange.ManageAsAppV2",),)
    assert mailbox.accepted.get(Scheme.DELEGATED_WORK) == (("Exchange.ManageV2",),)


def test_a_cmdlet_takes_the_older_permission_and_a_role() -> None:
    get = _ask(_COMMAND, "Get-Mailbox")
    assert get.accepted.get(Scheme.APPLICATION) == (("Exchange.ManageAsApp",),)
    assert "Exchange Recipient Administrator" in get.beyond.directory_roles
    assert "Recipient Management" in get.beyond.role_groups


def test_changing_the_organization_asks_for_more_than_reading_it() -> None:
    reading = _ask(_COMMAND, "Get-OrganizationConfig").beyond.directory_roles
    writing = _ask(_COMMAND, "Set-OrganizationConfig").beyond.directory_roles
    assert set(writing) < set(reading)


def test_a_cmdlet_nobody_listed_takes_any_role_exchange_honours() -> None:
    other = _ask(_COMMAND, "Get-SomethingNew")
    assert other.template.endswith("/InvokeCommand/{cmdlet}")
    assert "Global Reader" in other.beyond.directory_roles


def test_a_cmdlet_not_offered_to_apps_says_so() -> None:
    assert _ask(_COMMAND, "New-UnifiedGroup").accepted.get(Scheme.APPLICATION) == ()


@pytest.mark.parametrize("endpoint", _endpoints(), ids=lambda each: each.path)
def test_an_endpoint_asks_for_what_the_table_of_endpoints_says(endpoint: _Endpoint) -> None:
    found = _ask(endpoint.path.replace("<tenant>", "contoso.onmicrosoft.com"))
    assert list(found.beyond.role_groups) == endpoint.role_groups or not endpoint.cmdlets
    assert set(found.beyond.directory_roles) == set(endpoint.entra_roles)
    assert (found.accepted.get(Scheme.APPLICATION) or ())[0] == (endpoint.app_permission,)
    assert (found.accepted.get(Scheme.DELEGATED_WORK) or ())[0] == (endpoint.user_permission,)


def test_every_directory_role_named_exists() -> None:
    known = {
        each.name for each in TypeAdapter(list[_Named]).validate_python(_entries("reference/directory_roles.yaml"))
    }
    assert {role for each in _OPERATIONS for role in each.beyond.directory_roles} <= known


def test_every_operation_of_exchange_cites_its_page() -> None:
    assert [each.name for each in _OPERATIONS if not each.reference.startswith("https://learn.microsoft.com/")] == []
