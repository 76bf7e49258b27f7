"""The demo's clients: real exchangelib, MSAL and plain HTTP, each doing one thing a tenant refuses.

They use Microsoft's own host names and learn of the proxy as any client would, from HTTPS_PROXY and the usual variables
for a certificate authority.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx
import msal
from exchangelib import (
    IMPERSONATION,
    OAUTH2,
    Account,
    Configuration,
    Identity,
    OAuth2AuthorizationCodeCredentials,
    OAuth2Credentials,
    Version,
)
from exchangelib.version import EXCHANGE_O365
from oauthlib.oauth2 import OAuth2Token

from proxy_addons.lab.accounts import find_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.lab.server import Lab

GRAPH: Final = "https://graph.microsoft.com"
EXCHANGE: Final = "https://outlook.office365.com"
ADELE: Final = "adele@contoso.com"
_TIMEOUT: Final = 20


@dataclass(frozen=True, slots=True)
class Scene:
    """One refusal of the demo: what the client does, as a sentence, and the doing; `switches` prepare the tenant."""

    title: str
    play: Callable[[Lab], None]
    switches: dict[str, object]


def _authority(lab: Lab) -> str:
    return f"https://login.microsoftonline.com/{lab.tenant_id}"


def _app_token(lab: Lab, app: str, resource: str, secret: str | None = None) -> str:
    """An app-only token from real MSAL; RuntimeError carries Entra's words where it gives none."""
    registered = lab.app(app)
    client = msal.ConfidentialClientApplication(
        registered.client_id, client_credential=secret or registered.secret, authority=_authority(lab), timeout=_TIMEOUT
    )
    return _granted(client.acquire_token_for_client([f"{resource}/.default"]))


def _user_token(lab: Lab, app: str, user: str, scope: str) -> str:
    """A delegated token by user name and password."""
    client = msal.PublicClientApplication(lab.app(app).client_id, authority=_authority(lab), timeout=_TIMEOUT)
    account = find_account(user)
    password = account.password if account else ""
    return _granted(client.acquire_token_by_username_password(user, password, [scope]))


def _granted(result: dict[str, str]) -> str:
    if "access_token" not in result:
        raise RuntimeError(f"{result.get('error')}: {result.get('error_description')}")
    return result["access_token"]


def _call(token: str, method: str, url: str, **content: object) -> httpx.Response:
    """One plain HTTP call; httpx's own error carries the status."""
    with httpx.Client(timeout=_TIMEOUT, headers={"Authorization": f"Bearer {token}"}) as client:
        response = client.request(method, url, **content)  # type: ignore[arg-type]  # httpx takes many keyword types
        return response.raise_for_status()


def _mailbox(credentials: OAuth2Credentials) -> Account:
    configuration = Configuration(
        service_endpoint=f"{EXCHANGE}/EWS/Exchange.asmx",
        credentials=credentials,
        auth_type=OAUTH2,
        version=Version(EXCHANGE_O365),
    )
    return Account(ADELE, config=configuration, autodiscover=False, access_type=IMPERSONATION)


def _read_inbox(lab: Lab, app: str) -> None:
    registered = lab.app(app)
    credentials = OAuth2Credentials(
        client_id=registered.client_id,
        client_secret=registered.secret,
        tenant_id=lab.tenant_id,
        identity=Identity(primary_smtp_address=ADELE),
    )
    list(_mailbox(credentials).inbox.all()[:1])


def _read_inbox_with_graph_token(lab: Lab) -> None:
    token = OAuth2Token({"access_token": _app_token(lab, "mail-daemon", GRAPH), "token_type": "Bearer"})
    list(_mailbox(OAuth2AuthorizationCodeCredentials(access_token=token)).inbox.all()[:1])


def _admin_call(lab: Lab, app: str, endpoint: str, cmdlet: str) -> None:
    url = f"{EXCHANGE}/adminapi/v2.0/{lab.tenant_id}/{endpoint}"
    _call(_app_token(lab, app, EXCHANGE), "POST", url, json={"CmdletInput": {"CmdletName": cmdlet}})


def _graph(lab: Lab, app: str, path: str) -> None:
    _call(_app_token(lab, app, GRAPH), "GET", f"{GRAPH}/v1.0{path}")


def _batch(lab: Lab) -> None:
    requests = [
        {"id": "1", "method": "GET", "url": "/users"},
        {"id": "2", "method": "GET", "url": f"/users/{ADELE}/messages"},
    ]
    answer = _call(
        _app_token(lab, "directory-reader", GRAPH), "POST", f"{GRAPH}/v1.0/$batch", json={"requests": requests}
    ).json()
    statuses = ", ".join(str(item["status"]) for item in answer["responses"])
    raise RuntimeError(f"nothing at all: 200 OK (inside: {statuses})")


def _wrong_secret(lab: Lab) -> None:
    _app_token(lab, "mail-daemon", GRAPH, secret="not-the-secret")  # noqa: S106  # a wrong one is the point


def _security_alerts(lab: Lab) -> None:
    token = _user_token(lab, "desktop", ADELE, f"{GRAPH}/SecurityEvents.Read.All")
    _call(token, "GET", f"{GRAPH}/v1.0/security/alerts")


def _sign_in_with_password(lab: Lab) -> None:
    _user_token(lab, "desktop", ADELE, f"{GRAPH}/User.Read")


def scenes(lab: Lab) -> tuple[Scene, ...]:
    """The demo from first to last; the tenant's switches are put back after each scene."""
    mail_daemon = lab.app("mail-daemon").client_id
    return (
        Scene("exchangelib reads an inbox with a token for Microsoft Graph", _read_inbox_with_graph_token, {}),
        Scene(
            "exchangelib reads an inbox, but nobody granted the EWS permission",
            lambda lab: _read_inbox(lab, "admin-daemon"),
            {},
        ),
        Scene(
            "exchangelib reads an inbox an hour after its token ran out",
            lambda lab: _read_inbox(lab, "late-daemon"),
            {},
        ),
        Scene(
            "exchangelib reads an inbox the app's management scope leaves out",
            lambda lab: _read_inbox(lab, "mail-daemon"),
            {"impersonation_scope": ["alex@contoso.com"]},
        ),
        Scene(
            "exchangelib reads an inbox while EWS is switched off for the app: an empty 403",
            lambda lab: _read_inbox(lab, "mail-daemon"),
            {"ews_allowed_app_ids": ["11111111-2222-4333-8444-555555555555"]},
        ),
        Scene("MSAL asks for a token with a wrong client secret", _wrong_secret, {}),
        Scene(
            "MSAL signs a user in by password, but policy demands MFA",
            _sign_in_with_password,
            {"mfa_required_for": ["*"]},
        ),
        Scene(
            "A daemon reads mail through Graph with User.Read.All only",
            lambda lab: _graph(lab, "directory-reader", f"/users/{ADELE}/messages"),
            {},
        ),
        Scene("A daemon calls /me", lambda lab: _graph(lab, "directory-reader", "/me"), {}),
        Scene("A daemon nobody consented to lists users", lambda lab: _graph(lab, "unconsented-daemon", "/users"), {}),
        Scene(
            "A daemon reads a mailbox an application access policy shuts off",
            lambda lab: _graph(lab, "mail-daemon", f"/users/{ADELE}/messages"),
            {"app_access_policy": {mail_daemon: ["alex@contoso.com"]}},
        ),
        Scene("A user without an admin role reads security alerts", _security_alerts, {}),
        Scene("Two calls in one $batch: the answer is 200", _batch, {}),
        Scene(
            "An app without a role calls the Exchange Admin API",
            lambda lab: _admin_call(lab, "admin-without-role", "Mailbox", "Get-Mailbox"),
            {},
        ),
        Scene(
            "A corporate proxy stands in the way",
            lambda lab: _graph(lab, "directory-reader", "/users"),
            {"middlebox": "squid", "middlebox_hosts": ["graph.microsoft.com"]},
        ),
    )
