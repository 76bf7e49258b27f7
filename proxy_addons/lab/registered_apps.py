"""The applications registered in Contoso, each good or broken in one way a real registration is."""

from __future__ import annotations

from typing import Final

from proxy_addons.lab.accounts import CONSUMERS, CONTOSO, FABRIKAM
from proxy_addons.lab.app_registrations import AppRegistration, TokenShape
from proxy_addons.lab.identifiers import stable_guid
from proxy_addons.lab.well_known import (
    COMPLIANCE,
    EXCHANGE,
    EXCHANGE_ADMINISTRATOR,
    GRAPH,
    SHAREPOINT,
    USER_ADMINISTRATOR,
)

_HOUR: Final = 3600
_GRAPH_DAEMON: Final = {GRAPH: ("Mail.ReadWrite", "Mail.Send", "User.Read.All", "Group.Read.All")}
_MAIL_DAEMON: Final = {**_GRAPH_DAEMON, EXCHANGE: ("full_access_as_app",)}
_ADMIN: Final = {EXCHANGE: ("Exchange.ManageAsApp", "Exchange.ManageAsAppV2")}
_DESKTOP: Final = {
    GRAPH: (
        "User.Read",
        "User.Read.All",
        "Mail.Read",
        "Mail.Read.Shared",
        "Mail.Send",
        "Group.Read.All",
        "SecurityEvents.Read.All",
        "SecurityIncident.Read.All",
        "AuditLog.Read.All",
        "UserAuthenticationMethod.ReadWrite.All",
        "OnlineMeetings.Read",
        "Team.ReadBasic.All",
        "Sites.Read.All",
    ),
    EXCHANGE: ("EWS.AccessAsUser.All", "Exchange.ManageV2", "Exchange.Manage"),
    COMPLIANCE: ("AdminApi.AccessAsUser.All",),
    SHAREPOINT: ("AllSites.Read",),
}
_REDIRECTS: Final = ("http://localhost", "https://localhost:8443/callback")


APPS: Final = (
    AppRegistration(
        "mail-daemon",
        "sound: Graph mail, users and groups, EWS full access; multi-tenant, installed in Fabrikam too",
        _MAIL_DAEMON,
        multi_tenant=True,
        installed_in=(CONTOSO, FABRIKAM),
    ),
    AppRegistration(
        "directory-reader", "one Graph permission, User.Read.All; nothing on Exchange", {GRAPH: ("User.Read.All",)}
    ),
    AppRegistration("unconsented-daemon", "application permissions never got admin consent: tokens without roles", {}),
    AppRegistration(
        "everything-daemon",
        "sound: every Graph application permission the lab knows",
        {
            GRAPH: (
                *_GRAPH_DAEMON[GRAPH],
                "Member.Read.Hidden",
                "Directory.Read.All",
                "AuditLog.Read.All",
                "SecurityEvents.Read.All",
                "SecurityIncident.Read.All",
                "Policy.Read.All",
                "RoleManagement.Read.Directory",
                "Team.ReadBasic.All",
                "Chat.Read.All",
                "Sites.Read.All",
                "DeviceManagementManagedDevices.Read.All",
                "OnlineMeetings.Read.All",
                "UserAuthenticationMethod.ReadWrite.All",
            ),
            EXCHANGE: ("full_access_as_app",),
            SHAREPOINT: ("Sites.Read.All",),
        },
    ),
    AppRegistration(
        "expired-secret-daemon", "the secret's end date has passed", _MAIL_DAEMON, credential="expired-secret"
    ),
    AppRegistration(
        "special-characters-daemon",
        "sound, but the secret has + / and =, which must be form-encoded",
        _MAIL_DAEMON,
        credential="special-secret",
    ),
    AppRegistration(
        "certificate-daemon",
        "sound: proves itself with the lab's client certificate",
        _MAIL_DAEMON,
        credential="certificate",
    ),
    AppRegistration(
        "late-daemon", "its tokens are two hours old when it gets them", _MAIL_DAEMON, token=TokenShape(age=2 * _HOUR)
    ),
    AppRegistration("early-daemon", "its tokens start in an hour", _MAIL_DAEMON, token=TokenShape(age=-_HOUR)),
    AppRegistration(
        "foreign-daemon",
        "its tokens come from a tenant Microsoft 365 does not know",
        _MAIL_DAEMON,
        token=TokenShape(tenant=stable_guid("tenant", "northwind")),
    ),
    AppRegistration(
        "altered-daemon", "somebody changed its tokens after signing", _MAIL_DAEMON, token=TokenShape(altered=True)
    ),
    AppRegistration(
        "government-daemon",
        "its tokens are for the US government cloud",
        _MAIL_DAEMON,
        token=TokenShape(government=True, issuer="https://login.microsoftonline.us/{tid}/v2.0"),
    ),
    AppRegistration(
        "admin-daemon",
        "sound: both Exchange admin permissions and the role Exchange Administrator",
        _ADMIN,
        directory_roles=(EXCHANGE_ADMINISTRATOR,),
    ),
    AppRegistration("admin-without-role", "both Exchange admin permissions, no role of any kind", _ADMIN),
    AppRegistration(
        "admin-old-permission",
        "Exchange.ManageAsApp only, with the role",
        {EXCHANGE: ("Exchange.ManageAsApp",)},
        directory_roles=(EXCHANGE_ADMINISTRATOR,),
    ),
    AppRegistration(
        "admin-new-permission",
        "Exchange.ManageAsAppV2 only, with the role",
        {EXCHANGE: ("Exchange.ManageAsAppV2",)},
        directory_roles=(EXCHANGE_ADMINISTRATOR,),
    ),
    AppRegistration(
        "admin-recipients",
        "both permissions, Exchange role group Recipient Management",
        _ADMIN,
        exchange_role_groups=("Recipient Management",),
    ),
    AppRegistration(
        "admin-viewer",
        "both permissions, Exchange role group View-Only Organization Management",
        _ADMIN,
        exchange_role_groups=("View-Only Organization Management",),
    ),
    AppRegistration(
        "admin-scoped",
        "both permissions, Recipient Management for adele@contoso.com only",
        _ADMIN,
        exchange_role_groups=("Recipient Management",),
        recipients=("adele@contoso.com",),
    ),
    AppRegistration(
        "admin-unsupported-role",
        "both permissions and User Administrator, which Exchange does not accept for apps",
        _ADMIN,
        directory_roles=(USER_ADMINISTRATOR,),
    ),
    AppRegistration(
        "never-installed",
        "multi-tenant, but without a service principal anywhere",
        _MAIL_DAEMON,
        multi_tenant=True,
        installed_in=(),
    ),
    AppRegistration(
        "desktop",
        "sound: public client with consent for everything delegated; also signs in personal accounts",
        delegated=_DESKTOP,
        unconsented={GRAPH: ("Chat.Read", "Calendars.Read")},
        credential="none",
        multi_tenant=True,
        installed_in=(CONTOSO, FABRIKAM, CONSUMERS),
        redirect_uris=_REDIRECTS,
    ),
    AppRegistration(
        "profile-viewer",
        "public client with consent for User.Read alone",
        delegated={GRAPH: ("User.Read",)},
        credential="none",
        redirect_uris=_REDIRECTS,
    ),
    AppRegistration(
        "unconsented-desktop",
        "public client nobody consented to",
        unconsented=_DESKTOP,
        credential="none",
        redirect_uris=_REDIRECTS,
    ),
    AppRegistration(
        "assigned-desktop",
        "public client only alex@contoso.com is assigned to",
        delegated=_DESKTOP,
        credential="none",
        assigned_to=("alex@contoso.com",),
        redirect_uris=_REDIRECTS,
    ),
    AppRegistration(
        "portal",
        "sound: web application; redeems codes and exchanges its users' tokens (on behalf of)",
        delegated=_DESKTOP,
        redirect_uris=_REDIRECTS,
    ),
)


def find_app(client_id: str) -> AppRegistration | None:
    """The registration a client id means, any case."""
    return next((app for app in APPS if app.client_id == client_id.lower()), None)


def app_named(name: str) -> AppRegistration:
    """The registration of this name. Raises `KeyError`, naming those there are, where there is none."""
    for app in APPS:
        if app.name == name:
            return app
    raise KeyError(f"the lab has no app registration {name!r}; it has {', '.join(app.name for app in APPS)}")
