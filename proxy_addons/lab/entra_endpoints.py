"""login.microsoftonline.com as clients use it: documents, authorize, device code, token."""

from __future__ import annotations

import re
import secrets
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from proxy_addons.lab.accounts import find_account
from proxy_addons.lab.answers import Answer, html_answer
from proxy_addons.lab.entra_credentials import check_credential
from proxy_addons.lab.entra_discovery import instance_discovery, openid_configuration, signing_keys, user_realm
from proxy_addons.lab.entra_grants import CLIENT_CREDENTIALS, GrantRequest, is_interactive, named_organization
from proxy_addons.lab.entra_refusals import (
    APP_NOT_FOUND,
    GRANT_UNSUPPORTED,
    ONLY_POST,
    PARAMETER_MISSING,
    REDIRECT_MISMATCH,
    USER_NOT_FOUND,
    Refused,
    entra_answer,
    refusal_answer,
)
from proxy_addons.lab.entra_scopes import user_scope_target
from proxy_addons.lab.entra_sign_in import SignIn, check_account, check_app, consented_scopes, token_response
from proxy_addons.lab.registered_apps import find_app
from proxy_addons.lab.tenant import DeviceSignIn, Grant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.lab.app_registrations import AppRegistration
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant

_PATH: Final = re.compile(r"/(?P<segment>[^/]+)(?P<rest>/.+)")
_LOCAL_PORT: Final = re.compile(r"(?<=://localhost):\d{1,5}(?=/|\Z)", re.ASCII)
_V2: Final = "/v2.0"
_REALM: Final = "/userrealm/"
_DEVICE_LIFETIME: Final = 900
_POLL_SECONDS: Final = 1
"""Entra says 5; a lab's user types faster."""


def answer_entra(tenant: Tenant, asked: Asked) -> Answer:
    """Any request to a login host."""
    match = _PATH.fullmatch(asked.path)
    if match is None:
        return html_answer(404, "<html><head><title>Sign in to your account</title></head><body></body></html>")
    segment, rest = match["segment"], match["rest"].rstrip("/")
    is_v2 = _V2 in rest
    what = rest.replace(_V2, "")
    try:
        if what == "/oauth2/token":
            return _token(tenant, asked, segment, is_v2=is_v2)
        if what == "/oauth2/devicecode":
            return _device_code(tenant, asked, segment)
        if what == "/oauth2/authorize":
            return _authorize(tenant, asked, segment)
        return _document(tenant, asked, segment, what, is_v2=is_v2)
    except Refused as refused:
        refusal = refused.refusal
        if is_interactive(refusal, asked.form.get("grant_type", ""), is_v2=is_v2):
            refusal = refusal.interactive()
        return refusal_answer(tenant, asked, refusal)


def _document(tenant: Tenant, asked: Asked, segment: str, what: str, *, is_v2: bool) -> Answer:
    if what == "/discovery/instance":
        return instance_discovery(asked)
    if what == "/.well-known/openid-configuration":
        return openid_configuration(tenant, asked, segment, is_v2=is_v2)
    if what == "/discovery/keys":
        return signing_keys(tenant, asked)
    if what.startswith(_REALM):
        return user_realm(asked, what.removeprefix(_REALM))
    return html_answer(404, "<html><head><title>Sign in to your account</title></head><body></body></html>")


def _token(tenant: Tenant, asked: Asked, segment: str, *, is_v2: bool) -> Answer:
    if asked.method != "POST":
        raise Refused(ONLY_POST)
    form = asked.form
    app = _app(form, segment)
    grant_type = form.get("grant_type", "")
    if not grant_type:
        raise Refused(PARAMETER_MISSING.about(parameter="grant_type"))
    app_only = grant_type == CLIENT_CREDENTIALS
    organization = named_organization(segment)
    if organization is not None:
        check_app(tenant, app, organization, app_only=app_only)
    check_credential(tenant, app, form, app_only=app_only)
    sign_in = GrantRequest(tenant, app, segment, form, is_v2=is_v2).sign_in()
    if sign_in is None:
        raise Refused(GRANT_UNSUPPORTED.about(grant=grant_type))
    check_app(tenant, app, sign_in.organization, app_only=app_only)
    check_account(tenant, sign_in)
    scopes = () if sign_in.account is None else consented_scopes(tenant, sign_in)
    return entra_answer(asked, 200, token_response(tenant, sign_in, scopes, is_v2=is_v2))


def _device_code(tenant: Tenant, asked: Asked, segment: str) -> Answer:
    """Start a device sign-in; somebody has to enter its code at the control face or with `Tenant.approve_device`."""
    form = asked.form
    app = _app(form, segment)
    named_organization(segment)
    scope = form.get("scope", "")
    if not scope:
        raise Refused(PARAMETER_MISSING.about(parameter="scope"))
    device_code = secrets.token_urlsafe(96)
    user_code = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ23456789") for _ in range(9))
    tenant.device_sign_ins[device_code] = DeviceSignIn(app, scope, user_code, tenant.now + _DEVICE_LIFETIME)
    page = "https://microsoft.com/devicelogin"
    return entra_answer(
        asked,
        200,
        {
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": page,
            "expires_in": _DEVICE_LIFETIME,
            "interval": _POLL_SECONDS,
            "message": (
                f"To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
            ),
        },
    )


def _authorize(tenant: Tenant, asked: Asked, segment: str) -> Answer:
    """Sign `login_hint` in without asking anything, and redirect with a code, as a browser with a session would see."""
    parameters = asked.parameters
    app = _app(parameters, segment)
    redirect_uri = parameters.get("redirect_uri", "")
    if not _is_registered(redirect_uri, app):
        raise Refused(REDIRECT_MISMATCH.about(uri=redirect_uri, app=app.client_id))
    account = find_account(parameters.get("login_hint", ""))
    organization = named_organization(segment) or (account.organization if account else None)
    if account is None or organization is None:
        raise Refused(USER_NOT_FOUND.about(tenant=organization.tenant_id if organization else segment))
    target = user_scope_target({"scope": parameters.get("scope", "")}, organization)
    sign_in = SignIn(app, organization, target, account, can_interact=True)
    check_app(tenant, app, organization, app_only=False)
    check_account(tenant, sign_in)
    code = f"1.AX0A{secrets.token_urlsafe(120)}"
    tenant.codes[code] = Grant(
        account=account,
        app=app,
        resource=target.resource,
        scopes=consented_scopes(tenant, sign_in),
        issued=tenant.now,
        methods=("pwd", "mfa"),
        audience=target.audience,
        redirect_uri=redirect_uri,
        nonce=parameters.get("nonce", ""),
        code_challenge=parameters.get("code_challenge", ""),
    )
    answer = {"code": code, "state": parameters.get("state", ""), "session_state": asked.request_id}
    if parameters.get("response_mode") == "form_post":
        return html_answer(200, _form_that_sends_itself(redirect_uri, answer))
    return Answer(302, (("Location", f"{redirect_uri}?{urlencode(answer)}"), ("Cache-Control", "no-store, no-cache")))


def _is_registered(redirect_uri: str, app: AppRegistration) -> bool:
    """Whether the app may be answered there; on localhost at any port (learn.microsoft.com/entra, reply-url)."""
    return _LOCAL_PORT.sub("", redirect_uri) in {_LOCAL_PORT.sub("", each) for each in app.redirect_uris}


def _form_that_sends_itself(address: str, fields: Mapping[str, str]) -> str:
    """The page by which Entra has a browser POST its answer (OAuth 2.0 Form Post Response Mode, section 2)."""
    inputs = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}" />' for name, value in fields.items())
    return (
        "<html><head><title>Working...</title></head><body>"
        f'<form method="POST" name="hiddenform" action="{escape(address)}">{inputs}'
        '<noscript><p>Script is disabled.</p><input type="submit" value="Submit" /></noscript>'
        '</form><script language="javascript">document.forms[0].submit();</script></body></html>'
    )


def _app(form: dict[str, str], segment: str) -> AppRegistration:
    client_id = form.get("client_id", "")
    if not client_id:
        raise Refused(PARAMETER_MISSING.about(parameter="client_id"))
    organization = named_organization(segment)
    app = find_app(client_id)
    if app is None:
        display_name = organization.display_name if organization else segment
        raise Refused(APP_NOT_FOUND.about(app=client_id, tenant=display_name))
    return app
