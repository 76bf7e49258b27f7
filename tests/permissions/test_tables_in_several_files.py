from __future__ import annotations

import pytest

from proxy_addons.diagnosis.permissions.accepted import Accepted, Scheme
from proxy_addons.diagnosis.permissions.permission_data import Call, PermissionData
from proxy_addons.diagnosis.permissions.table import Entry, PermissionTable, TableOrigin, compile_table
from proxy_addons.diagnosis.permissions.table_file import load_permissions
from proxy_addons.diagnosis.yaml_file import RuleError

_PERMISSIONS = """\
verified: 2026-11-01
permissions:
  Mail.Read: {delegated: {level: 2, admin_consent: false}}
"""
_MAIL = """\
verified: 2026-11-20
operations:
  - paths: [/me/messages]
    methods:
      GET: {delegated-work: [Mail.Read]}
    source: https://learn.microsoft.com/graph/api/user-list-messages
"""
_READ = (("Mail.Read",),)


def _files(**graph: str) -> dict[str, str]:
    return {f"permissions/graph/{name}.yaml": text for name, text in graph.items()}


def _table(name: str, *templates: str, method: str = "GET") -> PermissionTable:
    accepted = Accepted((_READ, _READ, _READ))
    return compile_table((Entry(each, method, accepted) for each in templates), {}, TableOrigin(name))


def _ask(data: PermissionData, path: str, method: str = "GET") -> tuple[str, str] | None:
    found = data.find(Call(method, "graph.microsoft.com", path))
    return (found.origin.name, found.template) if found else None


def test_a_permission_declared_in_one_file_may_be_named_in_another() -> None:
    data = load_permissions(_files(permissions=_PERMISSIONS, mail=_MAIL))
    assert _ask(data, "/v1.0/me/messages") == ("built-in", "/me/messages")


def test_a_table_is_as_old_as_the_oldest_of_its_files() -> None:
    data = load_permissions(_files(permissions=_PERMISSIONS, mail=_MAIL))
    assert data.graph[0].origin.day == "2026-11-01"


def test_a_permission_nobody_declares_is_told_with_the_file_that_names_it() -> None:
    with pytest.raises(RuleError) as refused:
        load_permissions(_files(permissions=_PERMISSIONS, mail=_MAIL.replace("[Mail.Read]", "[Mail.Raed]")))
    assert "permissions/graph/mail.yaml:5:" in str(refused.value)
    assert "`Mail.Raed`" in str(refused.value)


def test_two_files_may_not_state_one_operation_differently() -> None:
    other = _MAIL.replace("[Mail.Read]", "[]")
    with pytest.raises(RuleError, match=r"permissions/graph/other\.yaml:3:.*stated already"):
        load_permissions(_files(permissions=_PERMISSIONS, mail=_MAIL, other=other))


def test_files_without_any_operation_are_no_table() -> None:
    with pytest.raises(RuleError, match=r"permissions/graph.*states no `operations:`"):
        load_permissions(_files(permissions=_PERMISSIONS))


def test_a_file_in_a_folder_nobody_reads_is_refused() -> None:
    with pytest.raises(RuleError, match="no table has this name"):
        load_permissions({"permissions/sharepoint/sites.yaml": _MAIL})


def test_the_table_that_names_the_very_address_answers_before_one_that_names_another() -> None:
    built_in, imported = _table("built-in", "/groups/{id}/members/$ref"), _table("imported", "/groups/{id}/members")
    data = PermissionData((built_in,)).with_imported(imported)
    assert _ask(data, "/v1.0/groups/1/members/$ref") == ("built-in", "/groups/{id}/members/$ref")
    assert _ask(data, "/v1.0/groups/1/members") == ("imported", "/groups/{id}/members")


def test_the_imported_table_answers_where_both_name_the_address() -> None:
    data = PermissionData((_table("built-in", "/users"),)).with_imported(_table("imported", "/users"))
    assert _ask(data, "/v1.0/users") == ("imported", "/users")


@pytest.mark.parametrize("template", ["/me/messages", "/users/{id}/messages"])
def test_an_app_alone_has_no_me_whatever_the_table_says(template: str) -> None:
    found = PermissionData((_table("imported", template),)).find(
        Call("GET", "graph.microsoft.com", "/v1.0/me/messages")
    )
    assert found is not None
    assert found.accepted.columns == (_READ, _READ, ())


def test_an_app_alone_keeps_what_the_table_offers_it_on_a_user() -> None:
    data = PermissionData((_table("imported", "/users/{id}/messages"),))
    found = data.find(Call("GET", "graph.microsoft.com", "/v1.0/users/1/messages"))
    assert found is not None
    assert found.accepted.get(Scheme.APPLICATION) == _READ


@pytest.mark.parametrize(
    ("other", "plain"),
    [
        ("/me/drive/root:/{path}:/content", "/me/drive/items/{id}/content"),
        ("/me/contactFolders/{id}/.../contacts", "/me/contactFolders/{id}/contacts"),
    ],
)
def test_an_operation_stated_under_several_addresses_goes_by_the_plainest(other: str, plain: str) -> None:
    assert [each.template for each in _table("imported", other, plain)] == [plain]
    assert [each.template for each in _table("imported", plain, other)] == [plain]
