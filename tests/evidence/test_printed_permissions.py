from __future__ import annotations

import pytest

from proxy_addons.evidence.printed_permissions import held_permissions, required_permissions


@pytest.mark.parametrize(
    ("message", "names"),
    [
        (
            (
                "Missing role permissions. API requires one of 'TeamSettings.Read.All, Teamwork.Migrate.All'. "
                "Roles on the request 'User.Read.All'. Resource specific consent grants on the request ''."
            ),
            ("TeamSettings.Read.All", "Teamwork.Migrate.All"),
        ),
        (
            "Insufficient permission(s). API requires any of the following permission(s): TeamworkDevice.Read.All.",
            ("TeamworkDevice.Read.All",),
        ),
        (
            (
                "Missing roles. API required roles: SecurityIncident.Read.All,SecurityIncident.ReadWrite.All, "
                "application roles: ."
            ),
            ("SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All"),
        ),
        (
            (
                "The application does not have any of the required delegated permissions (APIConnectors.Read.All, "
                "APIConnectors.ReadWrite.All) to access the resource. "
            ),
            ("APIConnectors.Read.All", "APIConnectors.ReadWrite.All"),
        ),
        (
            "User has none of the required scopes: user_impersonation, Agreement.Read.All, Agreement.Write.All",
            ("user_impersonation", "Agreement.Read.All", "Agreement.Write.All"),
        ),
        (
            "Authorization failed due to missing permission scope PrivilegedAccess.Read.AzureADGroup,X.Y.",
            ("PrivilegedAccess.Read.AzureADGroup", "X.Y"),
        ),
        (
            (
                "Application is not authorized. Application must have one of the following scopes: "
                "DeviceManagementApps.Read.All, DeviceManagementApps.ReadWrite.All - Operation ID: 0"
            ),
            ("DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"),
        ),
        (
            (
                "The user does not have the required permissions to access this endpoint: required one role out of "
                "EduReports-Reading.Read.All, EduReports-Reflect.Read.All"
            ),
            ("EduReports-Reading.Read.All", "EduReports-Reflect.Read.All"),
        ),
        (
            "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All to call this API.",
            ("AuditLog.Read.All",),
        ),
        ("Calling principal does not have required MSGraph permissions AuditLog.Read.All", ("AuditLog.Read.All",)),
        (
            "Access to this API requires the following permissions: 'MailExport-Internal.Read.All'. Granted: 'x'",
            ("MailExport-Internal.Read.All",),
        ),
        ("required scopes: eDiscovery.Read.All, eDiscovery.Read.All", ("eDiscovery.Read.All",)),
    ],
)
def test_the_permissions_a_service_wants_are_read_in_its_order(message: str, names: tuple[str, ...]) -> None:
    assert required_permissions(message) == names


@pytest.mark.parametrize(
    "message",
    [
        "",
        "You cannot perform the requested operation, required scopes are missing in the token.",
        "Required scp claim values are not provided.",
        "API requires one of the things named at learn.microsoft.com.",
        "Mail.Read is a permission, but nobody asks for it.",
    ],
)
def test_a_message_that_names_no_permission_wants_none(message: str) -> None:
    assert required_permissions(message) == ()


@pytest.mark.parametrize(
    ("message", "held"),
    [
        ("Scopes on the request 'Chat.Read, User.Read'", ("Chat.Read", "User.Read")),
        ("Roles on the request ''.", ()),
        ("API required roles: A.B, application roles: Directory.Read.All, X.Y.", ("Directory.Read.All", "X.Y")),
        ("API required roles: A.B, application roles: .", ()),
        ("Insufficient permissions", None),
    ],
)
def test_the_permissions_a_service_found_are_told_from_none_printed(message: str, held: tuple[str, ...] | None) -> None:
    assert held_permissions(message) == held


def test_blanks_and_line_ends_do_not_matter() -> None:
    assert required_permissions("API   required\troles:\r\n\r\n A.B,C.D,   application roles:") == ()
    assert required_permissions("API required   roles:\t A.B,C.D,   application roles:") == ("A.B", "C.D")


def test_what_lies_far_behind_the_beginning_is_not_searched() -> None:
    assert required_permissions(f"{'x' * 5000} API requires one of 'A.B'") == ()
