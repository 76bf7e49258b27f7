"""Tokens by MSAL: client credentials, device code, a browser, a refresh token; in any cloud.

A refusal comes back as the exchange that held it, so that the same rules explain it which explain everybody else's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

import msal

from proxy_addons.entra.clouds import authority
from proxy_addons.entra.identity import Flow, IdentityError, read_variable
from proxy_addons.entra.msal_transport import Transport, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from proxy_addons.entra.identity import Identity
    from proxy_addons.entra.outbound import Route
    from proxy_addons.evidence.exchange import Exchange

_NO_TENANT: Final = frozenset({"organizations", "common", "consumers"})
_SIGN_IN_SECONDS: Final = 300
"""Patience with somebody in a browser."""
_SHORT: Final = re.compile(r"[\w .,:()'-]{1,200}")
_ERROR: Final = re.compile(r"[a-z_]{1,60}")
_ERROR_CODE: Final = re.compile(r"AADSTS\d{4,8}")


@dataclass(frozen=True, slots=True)
class Acquired:
    """A token, fresh from Entra. `refresh_token` is empty where none came."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


class TokenRefusedError(Exception):
    """Entra, or whatever stands before it, gave no token. `exchanges` holds what was asked and answered."""

    def __init__(self, exchanges: Sequence[Exchange], reason: str) -> None:
        super().__init__(reason)
        self.exchanges = tuple(exchanges)


@dataclass(frozen=True, slots=True)
class Person:
    """The person at the keyboard: `ask` puts a question whose answer stays hidden, `tell` shows a line."""

    ask: Callable[[str], str]
    tell: Callable[[str], None]


def acquire(identity: Identity, scopes: Sequence[str], route: Route, person: Person, claims: str = "") -> Acquired:
    """Ask for a token. `claims` is the JSON of a claims challenge, passed on as MSAL documents it.

    Raises IdentityError for an identity that cannot work, TokenRefusedError where no token came.
    """
    transport = Transport(route)
    try:
        result = _FLOWS[identity.chosen_flow](identity, [*scopes], transport, person, claims or None)
    except UnansweredError as error:
        raise TokenRefusedError(transport.exchanges, str(error)) from None
    except (ValueError, RuntimeError) as error:
        # MSAL's own complaints: an authority it cannot use, scopes it reserves, a claims challenge that is no JSON.
        said = _SHORT.match(str(error))
        raise TokenRefusedError(transport.exchanges, said[0] if said else type(error).__name__) from None
    token = result.get("access_token")
    if not isinstance(token, str):
        raise TokenRefusedError(transport.exchanges, _reason(result))
    refresh, lifetime = result.get("refresh_token"), result.get("expires_in")
    return Acquired(token, str(refresh or ""), int(str(lifetime)) if str(lifetime).isdecimal() else 0)


def _reason(result: _Result) -> str:
    """Why no token came. What a browser was answered reaches MSAL only, and its description may name people."""
    error = _ERROR.fullmatch(str(result.get("error")))
    code = _ERROR_CODE.match(str(result.get("error_description")))
    reason = error[0] if error else "the sign-in named no reason"
    return f"{reason} ({code[0]})" if code else reason


type _Result = Mapping[str, object]


def _settings(identity: Identity, transport: Transport) -> dict[str, object]:
    return {
        "authority": authority(identity.cloud, identity.tenant),
        "http_client": transport,
        "client_capabilities": ["cp1"] if identity.cae else None,
    }


def _credential(identity: Identity, person: Person) -> object:
    if identity.certificate is None:
        return identity.secret(person.ask)
    try:
        pem = identity.certificate.expanduser().read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not in PEM form"
        raise IdentityError(f"the certificate: {identity.certificate}: {reason}. Name a PEM file") from None
    certificate = re.search(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", pem, re.DOTALL)
    key = re.search(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----", pem, re.DOTALL)
    if certificate is None or key is None:
        missing = "no certificate" if certificate is None else "no private key"
        raise IdentityError(f"the certificate: {identity.certificate} holds {missing}. It needs both, in PEM form")
    credential = {"private_key": key[0], "public_certificate": certificate[0]}
    if identity.passphrase_env:
        credential["passphrase"] = read_variable(identity.passphrase_env, "passphrase")
    return credential


def _confidential(identity: Identity, transport: Transport, person: Person) -> msal.ConfidentialClientApplication:
    credential = _credential(identity, person)
    try:
        return msal.ConfidentialClientApplication(
            identity.client_id, client_credential=credential, **_settings(identity, transport)
        )
    except (ValueError, TypeError) as error:
        if transport.exchanges or identity.certificate is None:
            raise ValueError(str(error)) from None
        raise IdentityError(
            f"the certificate: {identity.certificate}: the private key cannot be read. "
            "Name its passphrase with passphrase_env, or another file"
        ) from None


def _application(identity: Identity, transport: Transport, person: Person) -> msal.ClientApplication:
    if identity.has_secret or identity.certificate:
        return _confidential(identity, transport, person)
    return msal.PublicClientApplication(identity.client_id, **_settings(identity, transport))


def _client_credentials(
    identity: Identity, scopes: list[str], transport: Transport, person: Person, claims: str | None
) -> _Result:
    if identity.tenant in _NO_TENANT:
        raise IdentityError("an application's own token is issued by one tenant: name it with --tenant")
    app = _confidential(identity, transport, person)
    return cast("_Result", app.acquire_token_for_client(scopes, claims_challenge=claims))


def _device_code(
    identity: Identity, scopes: list[str], transport: Transport, person: Person, claims: str | None
) -> _Result:
    app = msal.PublicClientApplication(identity.client_id, **_settings(identity, transport))
    started = app.initiate_device_flow(scopes)
    if "user_code" not in started:
        return cast("_Result", started)
    person.tell(f"Open {started['verification_uri']} and enter the code {started['user_code']}.")
    return cast("_Result", app.acquire_token_by_device_flow(started, claims_challenge=claims))


def _interactive(
    identity: Identity, scopes: list[str], transport: Transport, person: Person, claims: str | None
) -> _Result:
    app = msal.PublicClientApplication(identity.client_id, **_settings(identity, transport))
    person.tell("Sign in in the browser window that opens.")
    return cast(
        "_Result",
        app.acquire_token_interactive(
            scopes,
            login_hint=identity.login_hint or None,
            claims_challenge=claims,
            timeout=_SIGN_IN_SECONDS,
            # Without it MSAL tells of a missing browser in its log.
            auth_uri_callback=lambda address: person.tell(f"None could be opened. Open this one here: {address}"),
        ),
    )


def _refresh_token(
    identity: Identity, scopes: list[str], transport: Transport, person: Person, claims: str | None
) -> _Result:
    app = _application(identity, transport, person)
    token = identity.refresh_token(person.ask)
    # MSAL merges a claims challenge into every other flow by itself; here it passes on what it is given as data.
    demanded = _merged(claims, declare=identity.cae)
    data = {"data": {"claims": demanded}} if demanded else {}
    return cast("_Result", app.acquire_token_by_refresh_token(token, scopes, **data))


def _merged(claims: str | None, *, declare: bool) -> str:
    """The claims parameter: the challenge, and with `declare` the capability to answer one (cp1); empty for neither."""
    wanted = json.loads(claims) if claims else {}
    if declare:
        wanted.setdefault("access_token", {})["xms_cc"] = {"values": ["cp1"]}
    return json.dumps(wanted) if wanted else ""


_FLOWS: Final = {
    Flow.CLIENT_CREDENTIALS: _client_credentials,
    Flow.DEVICE_CODE: _device_code,
    Flow.INTERACTIVE: _interactive,
    Flow.REFRESH_TOKEN: _refresh_token,
}
