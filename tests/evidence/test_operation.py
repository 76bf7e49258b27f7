from __future__ import annotations

import pytest

from proxy_addons.evidence.operation import (
    graph_operation,
    is_guid,
    mailbox_in_path,
    tenant_in_path,
    user_id_in_path,
    word,
)

TENANT = "6B1F5C7E-2d34-4c8a-9b1e-0f5a7c3d9e21"


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1.0/me/messages", "/me/messages"),
        ("/beta/users/adele@contoso.com/messages", "/users/{id}/messages"),
        ("/v1.0/users/adele", "/users/{id}"),
        ("/v1.0/users/%61dele%2Fx/events", "/users/{id}/events"),
        ("/v1.0/users('adele@contoso.com')/messages", "/users({key})/messages"),
        ("/v1.0/groups/delta()", "/groups/delta()"),
        ("/v1.0/groups/delta", "/groups/delta"),
        ("/v1.0/reports/getEmailActivityUserDetail(period='D7')", "/reports/getEmailActivityUserDetail({key})"),
        ("/v1.0/adele smith(x)", "/{id}({key})"),
        ("/v1.0/security/alerts_v2/abc", "/security/alerts_v2/{id}"),
        ("/v1.0/oauth2PermissionGrants", "/oauth2PermissionGrants"),
        ("/v1.0/directory/6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21", "/directory/{id}"),
        ("/v1.0/users/x/microsoft.graph.getMemberGroups", "/users/{id}/microsoft.graph.getMemberGroups"),
        ("/v1.0/groups/x/members/$ref", "/groups/{id}/members/$ref"),
        ("/v1.0/policies/authorizationPolicy", "/policies/authorizationPolicy"),
        ("/v1.0/me/todo/lists/abc/tasks/def", "/me/todo/lists/{id}/tasks/{id}"),
        ("/v1.0/$batch", "/$batch"),
        ("/v1.0", "/"),
        ("", "/"),
    ],
)
def test_ids_and_people_are_left_out_of_a_graph_operation(path: str, operation: str) -> None:
    assert graph_operation("get", path) == f"GET {operation}"


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1.0/me/drive/root:/HR/Salaries/2026.xlsx:/content", "/me/drive/root/{path}/content"),
        ("/v1.0/me/drive/root:/HR/Salaries", "/me/drive/root/{path}"),
        ("/v1.0/sites/contoso.sharepoint.com:/sites/HR:/lists", "/sites/{id}/{path}/lists"),
    ],
)
def test_folders_and_files_are_left_out_of_a_graph_operation(path: str, operation: str) -> None:
    assert graph_operation("GET", path) == f"GET {operation}"


def test_a_path_longer_than_any_operation_is_cut() -> None:
    assert graph_operation("GET", "/a" * 100).count("/a") == 20


def test_a_word_longer_than_any_name_is_no_word() -> None:
    assert graph_operation("GET", f"/v1.0/{'a' * 61}") == "GET /{id}"


def test_a_method_nobody_knows_the_shape_of_is_not_told() -> None:
    assert graph_operation("G\nET", "/v1.0/me") == "OTHER /me"


@pytest.mark.parametrize(
    ("text", "told"), [("Get-Mailbox", "Get-Mailbox"), ("a b", "?"), ("", "?"), ("é", "?"), ("1a", "?")]
)
def test_only_a_name_is_told_as_a_word(text: str, told: str) -> None:
    assert word(text, "?") == told


@pytest.mark.parametrize(
    ("path", "mailbox"),
    [
        ("/v1.0/users/adele@contoso.com/messages", "adele@contoso.com"),
        ("/api/v2.0/Users('adele%40contoso.com')/messages", "adele@contoso.com"),
        ("/v1.0/users/6b1f5c7e/messages", ""),
        ("/v1.0/me", ""),
    ],
)
def test_a_mailbox_named_in_the_path_is_read(path: str, mailbox: str) -> None:
    assert mailbox_in_path(path) == mailbox


@pytest.mark.parametrize(
    ("path", "user_id"),
    [
        ("/v1.0/users/6E7B768E-07e2-4810-8459-485f84f8f204/messages", "6e7b768e-07e2-4810-8459-485f84f8f204"),
        ("/api/v2.0/Users('6e7b768e-07e2-4810-8459-485f84f8f204')", "6e7b768e-07e2-4810-8459-485f84f8f204"),
        ("/v1.0/users/6e7b768e-07e2-4810-8459-485f84f8f204", "6e7b768e-07e2-4810-8459-485f84f8f204"),
        ("/v1.0/users/------------------------------------", ""),
        ("/v1.0/users/adele@contoso.com", ""),
    ],
)
def test_an_object_id_that_names_a_user_in_the_path_is_read(path: str, user_id: str) -> None:
    assert user_id_in_path(path) == user_id


@pytest.mark.parametrize(
    ("path", "surface", "tenant"),
    [
        (f"/adminapi/v2.0/{TENANT}/Mailbox", "admin-api", TENANT.lower()),
        ("/adminapi/beta/Contoso.onmicrosoft.com/InvokeCommand", "exo-powershell", "contoso.onmicrosoft.com"),
        ("/Contoso.com/oauth2/v2.0/token", "token-endpoint", "contoso.com"),
        ("/common/.well-known/openid-configuration", "discovery", "common"),
        ("/v1.0/me", "graph", ""),
        ("/adminapi/", "admin-api", ""),
    ],
)
def test_the_tenant_named_in_the_path_is_read(path: str, surface: str, tenant: str) -> None:
    assert tenant_in_path(path, surface) == tenant


@pytest.mark.parametrize(("text", "guid"), [(TENANT, True), (f"{TENANT}x", False), ("common", False)])
def test_a_guid_is_told_from_other_text(text: str, *, guid: bool) -> None:
    assert is_guid(text) is guid
