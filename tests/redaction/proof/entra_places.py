"""Scenes of signing in with Entra."""

import json
from base64 import b64encode
from html import escape
from urllib.parse import quote, urlencode

from tests.redaction.proof.entry import Entry
from tests.redaction.proof.kinds import Cast, any_personal
from tests.support.wire import jwt


def sign_in(cast: Cast) -> Entry:
    entry = Entry(
        cast, "POST", f"https://login.microsoftonline.com/{cast.fact(cast.tenant)}/oauth2/v2.0/token", status=401
    )
    form = {
        "grant_type": "client_credentials",
        "client_id": cast.fact(cast.app),
        "client_secret": cast.secret(),
        "scope": "https://graph.microsoft.com/.default",
    }
    if cast.rng.random() < 0.5:
        form = {
            "grant_type": "password",
            "client_id": cast.fact(cast.app),
            "username": cast.upn(),
            "password": cast.password(),
            "scope": "openid Mail.Read",
            cast.rng.choice(["foo", "assertion", "state"]): any_personal(cast),
        }
    entry.sent += [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("client-request-id", cast.fact(cast.guid())),
        ("x-client-SKU", cast.fact("MSAL.Python")),
        ("x-client-OS", "linux"),
    ]
    entry.body = urlencode(form)
    trace, correlation = cast.fact(cast.guid()), cast.fact(cast.guid())
    number, said = cast.rng.choice(
        [
            (
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{app}'.",
            ),
            (
                700016,
                "Application with identifier '{app}' was not found in the directory '{who}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
            ),
            (50126, "Error validating credentials due to invalid username or password."),
            (
                50034,
                "The user account {who} does not exist in the {tenant} directory. To sign into this application, the account must be added to the directory.",
            ),
            (
                53003,
                "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
            ),
            (
                65001,
                "The user or administrator has not consented to use the application with ID '{app}' named '{who}'. Send an interactive authorization request for this user and resource.",
            ),
        ]
    )
    words = f"AADSTS{number}: {said.format(app=cast.app, who=any_personal(cast) if '{who}' in said else '', tenant=cast.tenant)}"
    cast.facts += [
        f"AADSTS{number}",
        *(
            part.strip()
            for part in said.replace("{who}", "|")
            .replace("{app}", "|")
            .replace("{tenant}", "|")
            .replace("''", "|")
            .split("|")
            if len(part.strip()) > 8
        ),
    ]
    entry.received += [
        ("Content-Type", "application/json; charset=utf-8"),
        ("x-ms-request-id", trace),
        ("x-ms-ests-server", cast.fact("2.1.22203.4 - NEULR1 ProdSlices")),
        (
            "Set-Cookie",
            f"fpc={cast.opaque()}; expires=Thu, 05-Nov-2026 08:15:42 GMT; path=/; secure; HttpOnly; SameSite=None",
        ),
        ("Set-Cookie", "x-ms-gateway-slice=estsfd; path=/; secure; httponly"),
    ]
    entry.answer = json.dumps(
        {
            "error": cast.fact("invalid_client"),
            "error_description": f"{words} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {cast.fact('2026-10-06 08:15:42Z')}",
            "error_codes": [number],
            "timestamp": "2026-10-06 08:15:42Z",
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        }
    )
    cast.fact(f"error?code={number}")
    return entry


def token_response(cast: Cast) -> Entry:
    entry = Entry(cast, "POST", "https://login.microsoftonline.com/common/oauth2/v2.0/token", status=200)
    entry.sent.append(("Content-Type", "application/x-www-form-urlencoded"))
    entry.body = urlencode(
        {
            "grant_type": "authorization_code",
            "code": cast.opaque(),
            "redirect_uri": f"https://{cast.org}.example/cb?user={quote(cast.upn())}",
            "code_verifier": cast.secret(),
            "client_assertion": jwt({"iss": cast.app, "jti": cast.opaque()}),
        }
    )
    claims = cast.claims()
    entry.received += [("Content-Type", "application/json"), ("x-ms-request-id", cast.fact(cast.guid()))]
    entry.answer = json.dumps(
        {
            "token_type": "Bearer",
            "expires_in": 3599,
            "scope": claims["scp"],
            "access_token": jwt(claims),
            "refresh_token": cast.opaque(),
            "id_token": jwt(
                {
                    "aud": cast.app,
                    "name": cast.name(),
                    "preferred_username": cast.upn(),
                    "phone_number": cast.phone(),
                    "address": {"street_address": cast.street()},
                }
            ),
            "client_info": b64encode(json.dumps({"uid": cast.object_id(), "utid": cast.tenant}).encode()).decode(),
        }
    )
    return entry


def saml(cast: Cast) -> Entry:
    assertion = f'<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_{cast.guid()}"><saml:Issuer>https://sts.windows.net/{cast.tenant}/</saml:Issuer><saml:Subject><saml:NameID>{cast.upn()}</saml:NameID></saml:Subject><saml:AttributeStatement><saml:Attribute Name="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname"><saml:AttributeValue>{escape(cast.name())}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>'
    entry = Entry(
        cast,
        "POST",
        f"https://login.microsoftonline.com/{cast.fact(cast.tenant)}/saml2?login_hint={quote(cast.upn())}&client-request-id={cast.fact(cast.guid())}&username={quote(cast.upn())}",
        status=400,
    )
    entry.sent.append(("Content-Type", "application/x-www-form-urlencoded"))
    entry.body = urlencode(
        {
            "SAMLResponse": b64encode(assertion.encode()).decode(),
            "RelayState": any_personal(cast),
            "ctx": cast.opaque(),
            "flowToken": cast.opaque(),
            "canary": cast.opaque(),
            "login": cast.upn(),
            "passwd": cast.password(),
        }
    )
    page = {
        "sErrorCode": "50011",
        "strServiceExceptionMessage": "AADSTS50011: The redirect URI specified in the request does not match the redirect URIs configured for the application.",
        "correlationId": cast.fact(cast.guid()),
        "sUser": cast.upn(),
        "sFT": cast.opaque(),
        "oPost": {"x": cast.name()},
    }
    cast.facts += ["AADSTS50011", "does not match the redirect URIs configured for the application"]
    entry.answer = f"<!DOCTYPE html><html dir=ltr><head><title>Sign in to your account</title><script>//<![CDATA[\n$Config={json.dumps(page)};//]]></script></head><body>{escape(cast.name())}</body></html>"
    entry.received += [("x-ms-request-id", cast.fact(cast.guid())), ("Content-Type", "text/html; charset=utf-8")]
    return entry
