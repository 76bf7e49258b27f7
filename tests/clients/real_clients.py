"""Real exchangelib, msgraph-sdk, azure-identity, msal, httpx: set up as their users set them up, for either way.

`forward` needs nothing but the environment. For `reverse` each client has its own place for an address:

exchangelib       `Configuration(service_endpoint=...)`; the token URL is a property of the credentials
msgraph-sdk       `GraphRequestAdapter.base_url`, and the host among the `allowed_hosts` that may see the token
msal              `authority` with `instance_discovery=False`, and `http_client` for the token endpoint (see `ways`)
azure-identity    `authority` with `disable_instance_discovery=True`, and `transport` for the same reason
"""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import exchangelib
import httpx
import msal
import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import ClientSecretCredential, DeviceCodeCredential
from exchangelib.protocol import BaseProtocol, close_connections
from exchangelib.version import EXCHANGE_O365
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph.graph_request_adapter import GraphRequestAdapter, options as graph_options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory
from oauthlib.oauth2 import OAuth2Token

from proxy_addons.lab.accounts import find_account
from tests.clients.ways import ReverseSession, Way
from tests.clients.wire import NotingAdapter, Wire, noting_session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from datetime import datetime

    from azure.core.credentials import TokenCredential

    from proxy_addons.lab import Lab

GRAPH: Final = "https://graph.microsoft.com"
EXCHANGE: Final = "https://outlook.office365.com"
LOGIN: Final = "https://login.microsoftonline.com"
EWS: Final = f"{EXCHANGE}/EWS/Exchange.asmx"
ADELE: Final = "adele@contoso.com"
ALEX: Final = "alex@contoso.com"
TIMEOUT: Final = 30

type Mailbox = Any
"""exchangelib's Account; exchangelib has no types."""
type MsalApp = Any
"""One of msal's client applications; msal has no types."""


class _Credentials(exchangelib.OAuth2Credentials):  # type: ignore[misc]  # exchangelib has no types
    """Client credentials whose token comes the given way: what a user of the reverse port writes."""

    way: Way

    @property
    def token_url(self) -> str:
        """Where the token comes from."""
        return self.way.url(super().token_url)


@dataclass(frozen=True, slots=True)
class Clients:
    """Clients of one test. What they get is noted on the wire."""

    lab: Lab
    way: Way
    wire: Wire
    http: httpx.Client
    """A plain client, without credentials."""
    transport: RequestsTransport
    """What azure-identity sends with."""

    @classmethod
    @contextlib.contextmanager
    def opened(cls, lab: Lab, way: Way, wire: Wire) -> Iterator[Clients]:
        """The clients; their connections are closed in the end."""

        class Adapter(NotingAdapter):
            pass

        Adapter.wire = wire
        session = noting_session(wire, ReverseSession(way))
        with (
            pytest.MonkeyPatch.context() as patch,
            session,
            httpx.Client(timeout=TIMEOUT, event_hooks={"response": [wire.hook]}) as http,
            RequestsTransport(session=session, session_owner=False) as transport,
        ):
            patch.setattr(BaseProtocol, "HTTP_ADAPTER_CLS", Adapter)
            yield cls(lab, way, wire, http, transport)
            close_connections()

    # msal

    @property
    def authority(self) -> str:
        """Contoso's authority."""
        return self.way.url(f"{LOGIN}/{self.lab.tenant_id}")

    def _msal_settings(self, changes: dict[str, object]) -> dict[str, Any]:
        return {
            "authority": self.authority,
            "instance_discovery": False if self.way.base else None,
            "http_client": noting_session(self.wire, ReverseSession(self.way)),
            **changes,
        }

    def confidential(self, app: str, **changes: object) -> MsalApp:
        """A daemon built on msal."""
        registered = self.lab.app(app)
        settings = self._msal_settings({"client_credential": registered.secret, **changes})
        return msal.ConfidentialClientApplication(registered.client_id, **settings)

    def public(self, app: str = "desktop", **changes: object) -> MsalApp:
        """A desktop app built on msal, which looks users up below no path: the way is all `http_client`'s."""
        settings = {"authority": f"{LOGIN}/{self.lab.tenant_id}", "instance_discovery": None, **changes}
        return msal.PublicClientApplication(self.lab.app(app).client_id, **self._msal_settings(settings))

    def app_token(self, app: str, resource: str, **changes: object) -> str:
        """An app-only token from msal."""
        return _granted(self.confidential(app, **changes).acquire_token_for_client([f"{resource}/.default"]))

    def user_token(self, user: str, scope: str, app: str = "desktop", **changes: object) -> str:
        """A user's token from msal, by password."""
        return _granted(self.sign_in(user, scope, app, **changes))

    def personal_token(self, address: str, scope: str) -> str:
        """A personal Microsoft account's token from msal, by device code."""
        app = self.public(authority=f"{LOGIN}/consumers")
        flow = app.initiate_device_flow([scope])
        self.lab.tenant.approve_device(flow["user_code"], address)
        return _granted(app.acquire_token_by_device_flow(flow))

    def sign_in(self, user: str, scope: str, app: str = "desktop", **changes: object) -> dict[str, Any]:
        """What msal makes of a sign-in by password."""
        account = find_account(user)
        assert account is not None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # msal discourages the password grant, as it should
            result: dict[str, Any] = self.public(app, **changes).acquire_token_by_username_password(
                user, account.password, [scope]
            )
        return result

    # exchangelib

    def mailbox_as_app(self, app: str, address: str = ADELE, *, impersonate: bool = True) -> Mailbox:
        """A mailbox opened with an app's own credentials."""
        registered = self.lab.app(app)
        credentials = _Credentials(
            client_id=registered.client_id,
            client_secret=registered.secret,
            tenant_id=self.lab.tenant_id,
            identity=exchangelib.Identity(primary_smtp_address=address) if impersonate else None,
        )
        credentials.way = self.way
        return self._mailbox(address, credentials, impersonate=impersonate)

    def mailbox_with(
        self, token: str, address: str = ADELE, *, impersonate: bool = False, endpoint: str = EWS
    ) -> Mailbox:
        """A mailbox opened with a token from elsewhere."""
        credentials = exchangelib.OAuth2AuthorizationCodeCredentials(
            access_token=OAuth2Token({"access_token": token, "token_type": "Bearer"})
        )
        return self._mailbox(address, credentials, impersonate=impersonate, endpoint=endpoint)

    def _mailbox(self, address: str, credentials: object, *, impersonate: bool, endpoint: str = EWS) -> Mailbox:
        configuration = exchangelib.Configuration(
            service_endpoint=self.way.url(endpoint),
            credentials=credentials,
            auth_type=exchangelib.OAUTH2,
            version=exchangelib.Version(EXCHANGE_O365),
        )
        access = exchangelib.IMPERSONATION if impersonate else exchangelib.DELEGATE
        return exchangelib.Account(address, config=configuration, autodiscover=False, access_type=access)

    # azure-identity and msgraph-sdk

    def daemon(self, app: str, secret: str | None = None, **changes: object) -> ClientSecretCredential:
        """A daemon built on azure-identity."""
        registered = self.lab.app(app)
        settings: dict[str, Any] = {
            "authority": self.way.url(LOGIN),
            "disable_instance_discovery": bool(self.way.base),
            "transport": self.transport,
            **changes,
        }
        return ClientSecretCredential(self.lab.tenant_id, registered.client_id, secret or registered.secret, **settings)

    def person(self, user: str, app: str = "desktop") -> DeviceCodeCredential:
        """Somebody who signs in with a device code, through azure-identity."""

        def enter(_uri: str, code: str, _until: datetime) -> None:
            self.lab.tenant.approve_device(code, user)

        return DeviceCodeCredential(
            self.lab.app(app).client_id, tenant_id=self.lab.tenant_id, prompt_callback=enter, transport=self.transport
        )

    def graph[T](
        self,
        credential: TokenCredential,
        ask: Callable[[GraphServiceClient], Awaitable[T]],
        *scopes: str,
    ) -> T:
        """Ask something of Graph through msgraph-sdk."""
        provider = AzureIdentityAuthenticationProvider(
            credential,
            scopes=list(scopes) or [f"{GRAPH}/.default"],
            allowed_hosts=[self.way.host("graph.microsoft.com")],
        )

        async def asking() -> T:
            http = httpx.AsyncClient(http2=True, timeout=TIMEOUT, event_hooks={"response": [self.wire.hook_async]})
            async with contextlib.AsyncExitStack() as cleanup:
                # The SDK wraps these in transports of its own, which close nothing.
                for transport in filter(None, (http._transport, *http._mounts.values())):
                    cleanup.push_async_callback(transport.aclose)
                client = GraphClientFactory.create_with_default_middleware(options=graph_options, client=http)
                adapter = GraphRequestAdapter(provider, client)
                adapter.base_url = self.way.url(f"{GRAPH}/v1.0")
                return await ask(GraphServiceClient(request_adapter=adapter))

        return asyncio.run(asking())

    # plain HTTP

    def call(self, token: str, method: str, url: str, *, json: object = None) -> httpx.Response:
        """One plain call with a token; httpx's own error where it is refused."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.request(method, self.way.url(url), headers=headers, json=json).raise_for_status()

    def follow(self, token: str, link: str) -> Any:  # noqa: ANN401 - whatever the JSON holds
        """One plain call to an address as an answer gave it."""
        return self.http.get(link, headers={"Authorization": f"Bearer {token}"}).raise_for_status().json()


def _granted(result: dict[str, Any]) -> str:
    assert "access_token" in result, result.get("error_description")
    return str(result["access_token"])


def read(mailbox: Mailbox) -> list[str]:
    """What a mail client does first: the subjects of the inbox."""
    return [item.subject for item in mailbox.inbox.all()]
