"""HTTP clients that reach the lab under Microsoft's host names: the name stays in the URL, in SNI and in Host."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import requests
from requests.adapters import HTTPAdapter

from proxy_addons.lab.accounts import CONTOSO, find_account
from proxy_addons.lab.identifiers import stable_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3.connectionpool import HTTPConnectionPool

    from proxy_addons.lab import Lab

GRAPH = "https://graph.microsoft.com"
GRAPH_DEFAULT = f"{GRAPH}/.default"
EXCHANGE = "https://outlook.office365.com"
EXCHANGE_DEFAULT = f"{EXCHANGE}/.default"
EWS = f"{EXCHANGE}/EWS/Exchange.asmx"
LOGIN = "https://login.microsoftonline.com"


class _ToTheLab(httpx.BaseTransport):
    """What curl does with --connect-to."""

    def __init__(self, lab: Lab) -> None:
        self._port = lab.port
        self._inner = httpx.HTTPTransport(verify=ssl.create_default_context(cafile=lab.ca_certificate_path))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


class LabClient(httpx.Client):
    """A plain client with the few requests every test makes."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(transport=_ToTheLab(lab))
        self._lab = lab

    def ask_for_token(
        self, form: Mapping[str, str], *, tenant: str = CONTOSO.tenant_id, version: str = "/v2.0"
    ) -> httpx.Response:
        """Any request to the token endpoint."""
        return self.post(f"{LOGIN}/{tenant}/oauth2{version}/token", data=dict(form))

    def app_token(self, name: str, scope: str = GRAPH_DEFAULT, **more: str) -> str:
        """An app-only token."""
        app = self._lab.app(name)
        form = {
            "grant_type": "client_credentials",
            "client_id": app.client_id,
            "client_secret": app.secret,
            "scope": scope,
        }
        return self._token({**form, **more})

    def user_token(self, address: str, scope: str, app: str = "desktop", **more: str) -> str:
        """A user's token, by the password grant."""
        return self._token({**password_form(self._lab, address, scope, app), **more})

    def _token(self, form: Mapping[str, str]) -> str:
        response = self.ask_for_token(form)
        assert response.status_code == 200, response.text
        return str(response.json()["access_token"])

    def graph(self, path: str, token: str, **headers: str) -> httpx.Response:
        """GET below /v1.0."""
        return self.get(f"{GRAPH}/v1.0{path}", headers={"Authorization": f"Bearer {token}", **headers})


def password_form(lab: Lab, address: str, scope: str, app: str = "desktop") -> dict[str, str]:
    """The form of the password grant."""
    account = find_account(address)
    return {
        "grant_type": "password",
        "client_id": lab.app(app).client_id,
        "username": address,
        "password": account.password if account else stable_text(12, "no such account"),
        "scope": scope,
    }


def personal_token(lab: Lab, client: LabClient) -> str:
    """The opaque token of the personal account, by device code."""
    desktop = lab.app("desktop").client_id
    started = client.post(
        f"{LOGIN}/consumers/oauth2/v2.0/devicecode", data={"client_id": desktop, "scope": "User.Read"}
    ).json()
    lab.tenant.approve_device(started["user_code"], "adele.vance@outlook.com")
    form = {"grant_type": "device_code", "client_id": desktop, "device_code": started["device_code"]}
    return str(client.ask_for_token(form, tenant="consumers").json()["access_token"])


def error_of(response: httpx.Response) -> dict[str, Any]:
    """Graph's error object."""
    error: dict[str, Any] = response.json()["error"]
    return error


class LabAdapter(HTTPAdapter):
    """The same for requests, and so for msal and exchangelib."""

    lab: Lab

    def add_headers(self, request: requests.PreparedRequest, **_settings: object) -> None:
        """The connection goes to an address, so urllib3 would name that."""
        request.headers["Host"] = urlsplit(request.url or "").netloc

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,  # noqa: ARG002, FBT001 - the signature is requests'
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - the same
        cert: str | tuple[str, str] | None = None,  # noqa: ARG002 - the same
    ) -> HTTPConnectionPool:
        """A connection to the lab which greets and checks the host the URL names."""
        host = urlsplit(str(request.url)).hostname
        pool: HTTPConnectionPool = self.poolmanager.connection_from_host(
            "127.0.0.1",
            self.lab.port,
            "https",
            pool_kwargs={
                "server_hostname": host,
                "assert_hostname": host,
                "ca_certs": str(self.lab.ca_certificate_path),
                "cert_reqs": "CERT_REQUIRED",
            },
        )
        return pool

    def cert_verify(self, *_settings: object, **_more: object) -> None:
        """Nothing to add: the pool was made with the lab's root."""


def requests_session(lab: Lab) -> requests.Session:
    """A session for msal's `http_client`."""
    adapter = LabAdapter()
    adapter.lab = lab
    session = requests.Session()
    session.mount("https://", adapter)
    return session
