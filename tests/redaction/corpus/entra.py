"""Calls of Entra's sign-in endpoints."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from tests.redaction.corpus.case import APP, NOON, TENANT, WILHELMINA, Case, exchange, user_token
from tests.support.wire import jwt

_HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "x-ms-request-id": "7a6b5c4d-3e2f-4011-8233-445566778899",
    "x-ms-ests-server": "2.1.19568.7 - WEULR1 ProdSlices",
    "x-ms-srs": "1.P",
    "client-request-id": "1b2c3d4e-5f60-4718-8920-a1b2c3d4e5f6",
    "Set-Cookie": "fpc=AoBcDeFgHiJkLmNoPqRsTuVw; expires=Mon, 21-Dec-2026 12:00:00 GMT; path=/; secure; HttpOnly; SameSite=None",
    "Date": NOON,
}
_FACTS = (
    "7a6b5c4d-3e2f-4011-8233-445566778899",
    "2.1.19568.7 - WEULR1 ProdSlices",
    "1b2c3d4e-5f60-4718-8920-a1b2c3d4e5f6",
    NOON,
    TENANT,
    APP,
)
_TOKEN_URL = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"


def _error(number: int, error: str, text: str, **more: object) -> str:
    trailer = " Trace ID: 7a6b5c4d-3e2f-4011-8233-445566778899 Correlation ID: 1b2c3d4e-5f60-4718-8920-a1b2c3d4e5f6 Timestamp: 2026-11-21 12:00:00Z"
    return json.dumps(
        {
            "error": error,
            "error_description": f"AADSTS{number}: {text}{trailer}",
            "error_codes": [number],
            "timestamp": "2026-11-21 12:00:00Z",
            "trace_id": "7a6b5c4d-3e2f-4011-8233-445566778899",
            "correlation_id": "1b2c3d4e-5f60-4718-8920-a1b2c3d4e5f6",
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
            **more,
        }
    )


_ASSERTION = jwt(
    {"aud": _TOKEN_URL, "iss": APP, "sub": APP, "jti": "j7t9Q2w4E6r8", "exp": 1_795_263_000}, x5t="f3Jb7pQ"
)
_OBO = user_token(aud=f"api://{APP}")
_REFRESH = "0.AXoAGixrXkN_Dk2aOyyNHg96ZdTJ8LJuGjVMjyeQrTvhx_J6ADo.AgABAwEAAADW6jl31mB3T7ugrWTT8pFeAwDs_wUA9P-zQx8"

CASES = (
    Case(
        "a wrong client secret",
        exchange(
            "POST",
            _TOKEN_URL,
            401,
            sent={
                "Content-Type": "application/x-www-form-urlencoded",
                "User-Agent": "msal.python/1.31.0",
                "x-client-SKU": "MSAL.Python",
                "x-client-Ver": "1.31.0",
            },
            body=urlencode(
                {
                    "client_id": APP,
                    "client_secret": "hT~8Q~mZp4xWvB2nL7qR9sKdFgYcJ1uEaOiX5bNt",
                    "grant_type": "client_credentials",
                    "scope": "https://graph.microsoft.com/.default",
                }
            ),
            received=_HEADERS,
            answer=_error(
                7000215,
                "invalid_client",
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client "
                f"secret ID, for a secret added to app '{APP}'.",
            ),
        ),
        secrets=("hT~8Q~mZp4xWvB2nL7qR9sKdFgYcJ1uEaOiX5bNt", "AoBcDeFgHiJkLmNoPqRsTuVw"),
        facts=(
            *_FACTS,
            "AADSTS7000215",
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID",
            "grant_type=client_credentials",
            "https%3A%2F%2Fgraph.microsoft.com%2F.default",
            "invalid_client",
            "https://login.microsoftonline.com/error?code=7000215",
            "2026-11-21 12:00:00Z",
            "msal.python/1.31.0",
        ),
    ),
    Case(
        "a secret id sent for the secret",
        exchange(
            "POST",
            _TOKEN_URL,
            401,
            body=urlencode(
                {
                    "client_id": APP,
                    "client_secret": "d4c3b2a1-0f9e-4d8c-8b7a-695847362514",
                    "grant_type": "client_credentials",
                    "scope": "https://outlook.office365.com/.default",
                }
            ),
            received=_HEADERS,
            answer=_error(7000215, "invalid_client", "Invalid client secret provided."),
        ),
        secrets=("d4c3b2a1-0f9e-4d8c-8b7a-695847362514",),
        facts=(*_FACTS, "AADSTS7000215", "<secret:guid:"),
    ),
    Case(
        "a password grant that needs a second factor",
        exchange(
            "POST",
            f"https://login.microsoftonline.com/{TENANT}/oauth2/token",
            400,
            sent={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(
                {
                    "client_id": APP,
                    "grant_type": "password",
                    "username": "wilhelm.straub@kestrel-labs.example",
                    "password": "Möwe&Hafen=97",
                    "resource": "https://outlook.office365.com/",
                }
            ),
            received=_HEADERS,
            answer=_error(
                50076,
                "interaction_required",
                "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor "
                "authentication to access '00000002-0000-0ff1-ce00-000000000000'. User wilhelm.straub@kestrel-labs.example.",
                suberror="basic_action",
                claims='{"access_token":{"capolids":{"essential":true,"values":["9ab03e19-ed42-4168-b6b7-7001fb3e933a"]}}}',
            ),
        ),
        secrets=("Möwe&Hafen=97", "M%C3%B6we%26Hafen%3D97"),
        personal=("wilhelm.straub@kestrel-labs.example", "wilhelm.straub"),
        facts=(
            *_FACTS,
            "AADSTS50076",
            "interaction_required",
            "basic_action",
            "9ab03e19-ed42-4168-b6b7-7001fb3e933a",
            "multi-factor authentication",
            "00000002-0000-0ff1-ce00-000000000000",
        ),
    ),
    Case(
        "a certificate assertion",
        exchange(
            "POST",
            _TOKEN_URL,
            401,
            body=urlencode(
                {
                    "client_id": APP,
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    "client_assertion": _ASSERTION,
                    "grant_type": "client_credentials",
                    "scope": "https://graph.microsoft.com/.default",
                }
            ),
            received=_HEADERS,
            answer=_error(
                700027,
                "invalid_client",
                "Client assertion failed signature validation. [Reason - The key was not found., Thumbprint of key used by client: '7F726DE9']",
            ),
        ),
        secrets=(_ASSERTION, *_ASSERTION.split(".")[1:], "j7t9Q2w4E6r8"),
        facts=(*_FACTS, "AADSTS700027", "jwt-bearer", "f3Jb7pQ", "1795263000"),
    ),
    Case(
        "on behalf of a user",
        exchange(
            "POST",
            _TOKEN_URL,
            400,
            body=urlencode(
                {
                    "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                    "assertion": _OBO,
                    "requested_token_use": "on_behalf_of",
                    "client_id": APP,
                    "client_secret": "w8Q~kLmNoPqRsTuVwXyZ0123456789AbCdEf",
                    "scope": "https://graph.microsoft.com/User.Read",
                }
            ),
            received=_HEADERS,
            answer=_error(
                50013, "invalid_grant", "Assertion failed signature validation. The user is Wilhelmina Ostrowski."
            ),
        ),
        secrets=(_OBO, *_OBO.split(".")[1:], "w8Q~kLmNoPqRsTuVwXyZ0123456789AbCdEf"),
        personal=WILHELMINA,
        facts=(*_FACTS, "AADSTS50013", "on_behalf_of", f"api://{APP}", "https%3A%2F%2Fgraph.microsoft.com%2FUser.Read"),
    ),
    Case(
        "a dead refresh token",
        exchange(
            "POST",
            _TOKEN_URL,
            400,
            body=urlencode(
                {
                    "client_id": APP,
                    "grant_type": "refresh_token",
                    "refresh_token": _REFRESH,
                    "client_info": "1",
                    "claims": '{"access_token":{"xms_cc":{"values":["cp1"]}}}',
                }
            ),
            received=_HEADERS,
            answer=_error(
                700082,
                "invalid_grant",
                "The refresh token has expired due to inactivity. The token was issued on 2026-08-01T10:11:12.1234567Z and was inactive for 90.00:00:00.",
                suberror="bad_token",
            ),
        ),
        secrets=(_REFRESH, _REFRESH[5:40]),
        facts=(
            *_FACTS,
            "AADSTS700082",
            "bad_token",
            "refresh_token",
            "cp1",
            "expired due to inactivity",
            "2026-08-01T10:11:12.1234567Z",
        ),
    ),
    Case(
        "a successful sign-in",
        exchange(
            "POST",
            _TOKEN_URL,
            200,
            body=urlencode(
                {
                    "client_id": APP,
                    "grant_type": "authorization_code",
                    "code": "0.AXoAGixrXkN_Dk2a.AgABBAIAAADW6jl31mB3T7ugrWTT8pFe",
                    "redirect_uri": "http://localhost:8400/cb?user=wilhelmina",
                    "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                }
            ),
            received=_HEADERS,
            answer=json.dumps(
                {
                    "token_type": "Bearer",
                    "scope": "User.Read openid profile",
                    "expires_in": 4512,
                    "access_token": user_token(),
                    "refresh_token": _REFRESH,
                    "id_token": user_token(aud=APP, nonce="678910nonce", email="wilhelmina@privat.example"),
                    "client_info": "eyJ1aWQiOiIwZDlmOGU3Yy02YjVhLTQ5MzgtODI3MS02MDVmNGUzZDJjMWIiLCJ1dGlkIjoiNWU2YjJjMWEifQ",
                }
            ),
        ),
        secrets=(
            "0.AXoAGixrXkN_Dk2a.AgABBAIAAADW6jl31mB3T7ugrWTT8pFe",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            _REFRESH,
            "678910nonce",
            "eyJ1aWQiOiIwZDlmOGU3Yy02YjVhLTQ5MzgtODI3MS02MDVmNGUzZDJjMWIi",
        ),
        personal=(*WILHELMINA, "wilhelmina@privat.example"),
        facts=(*_FACTS, "User.Read openid profile", "4512", "authorization_code", "http://localhost:8400/cb", "Bearer"),
    ),
    Case(
        "a redirect carrying an error",
        exchange(
            "GET",
            f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize?client_id={APP}&response_type=code&redirect_uri=https%3A%2F%2Fapp.kestrel-labs.example%2Fsignin&scope=openid%20Mail.Read&login_hint=tilda%40kestrel-labs.example&state=aGVsbG8tc3RhdGU0NTY&nonce=n-0S6_WzA2Mj&domain_hint=kestrel-labs.example",
            302,
            sent={"Cookie": "ESTSAUTHPERSISTENT=0.AXoAz8y7x6w5v4u3; buid=0.AXoA1234abcd5678; weird name=Grünspecht99"},
            received={
                **_HEADERS,
                "Location": "https://app.kestrel-labs.example/signin?error=access_denied&error_description=AADSTS65004%3a+User+tilda%40kestrel-labs.example+declined+to+consent+to+access+the+app.&state=aGVsbG8tc3RhdGU0NTY#code=0.AXoAfragment123456",
            },
            answer="",
        ),
        secrets=(
            "aGVsbG8tc3RhdGU0NTY",
            "n-0S6_WzA2Mj",
            "0.AXoAz8y7x6w5v4u3",
            "0.AXoA1234abcd5678",
            "Grünspecht99",
            "0.AXoAfragment123456",
        ),
        personal=("tilda@kestrel-labs.example", "tilda%40kestrel-labs.example"),
        facts=(
            *_FACTS,
            "access_denied",
            "AADSTS65004",
            "response_type=code",
            "https%3A%2F%2Fapp.kestrel-labs.example%2Fsignin",
            "openid%20Mail.Read",
            "ESTSAUTHPERSISTENT=",
        ),
    ),
    Case(
        "an error page of the sign-in",
        exchange(
            "GET",
            "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=11111111-aaaa-4bbb-8ccc-222222222222",
            400,
            received={**_HEADERS, "Content-Type": "text/html; charset=utf-8"},
            answer='<!DOCTYPE html><html><head><title>Sign in to your account</title><script>$Config={"sFT":"AQABIQEAAAD-DLA3VO7QrddgJg7WevrA","sCtx":"rQIIAXWRPW_TUBSG7aQ","sErrorCode":"50011","strServiceExceptionMessage":"AADSTS50011: The redirect URI specified in the request does not match","correlationId":"1b2c3d4e-5f60-4718-8920-a1b2c3d4e5f6","sPOST_Username":"oskar.blum@kestrel-labs.example"};</script></head><body><!-- build for oskar.blum --><h1>Sorry, oskar.blum@kestrel-labs.example</h1><form><input name="canary" value="C4n4ryValue991827"/></form><p>We could not sign you in.</p></body></html>',
        ),
        secrets=("AQABIQEAAAD-DLA3VO7QrddgJg7WevrA", "rQIIAXWRPW_TUBSG7aQ", "C4n4ryValue991827"),
        personal=("oskar.blum",),
        facts=(
            "AADSTS50011",
            "redirect URI specified in the request does not match",
            "1b2c3d4e-5f60-4718-8920-a1b2c3d4e5f6",
            "Sign in to your account",
        ),
    ),
    Case(
        "an application nobody knows in this tenant",
        exchange(
            "POST",
            "https://login.microsoftonline.com/kestrellabs.onmicrosoft.com/oauth2/v2.0/token",
            400,
            body=urlencode(
                {
                    "client_id": APP,
                    "client_secret": "Zb8Q~correcthorsebatterystaple-9_x",
                    "grant_type": "client_credentials",
                    "scope": "api://9a8b7c6d-5e4f-4321-8098-76543210fedc/.default",
                }
            ),
            received=_HEADERS,
            answer=_error(
                700016,
                "unauthorized_client",
                f"Application with identifier '{APP}' was not found in the directory 'Kestrel Laboratorien GmbH'. This can happen if the application has "
                "not been installed by the administrator of the tenant or consented to by any user in the tenant.",
            ),
        ),
        secrets=("Zb8Q~correcthorsebatterystaple-9_x",),
        personal=("Kestrel Laboratorien",),
        facts=(
            "AADSTS700016",
            "unauthorized_client",
            "kestrellabs.onmicrosoft.com",
            "9a8b7c6d-5e4f-4321-8098-76543210fedc",
            "was not found in the directory",
        ),
    ),
    Case(
        "a device code",
        exchange(
            "POST",
            _TOKEN_URL,
            400,
            body=urlencode(
                {
                    "client_id": APP,
                    "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                    "device_code": "CAQABAAEAAAD--DLA3VO7QrddgJg7WevrRmV5",
                }
            ),
            received=_HEADERS,
            answer=_error(
                70016,
                "authorization_pending",
                "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
            ),
        ),
        secrets=("CAQABAAEAAAD--DLA3VO7QrddgJg7WevrRmV5",),
        facts=(
            *_FACTS,
            "AADSTS70016",
            "authorization_pending",
            "device_code",
            "Authorization is pending. Continue polling.",
        ),
    ),
    Case(
        "a federated credential",
        exchange(
            "POST",
            _TOKEN_URL,
            400,
            body=urlencode(
                {
                    "client_id": APP,
                    "grant_type": "client_credentials",
                    "client_assertion": jwt(
                        {
                            "iss": "https://token.actions.githubusercontent.com",
                            "sub": "repo:kestrel-geheim/falkenberg:ref:refs/heads/main",
                            "aud": "api://AzureADTokenExchange",
                            "actor": "tildaoctocat",
                        }
                    ),
                }
            ),
            received=_HEADERS,
            answer=_error(
                700213,
                "invalid_request",
                "No matching federated identity record found for presented assertion subject 'repo:kestrel-geheim/falkenberg:ref:refs/heads/main'.",
            ),
        ),
        personal=("kestrel-geheim", "tildaoctocat", "falkenberg"),
        facts=(
            *_FACTS,
            "AADSTS700213",
            "api://AzureADTokenExchange",
            "https://token.actions.githubusercontent.com",
            "No matching federated identity record found",
        ),
    ),
)
