"""Every refusal of the lab's token endpoint: AADSTS number, OAuth error, suberror, HTTP status and text.

Source: Entra's error code reference and observed responses. The texts are Entra's own, because a client, and the
diagnosis, meets exactly those.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from proxy_addons.lab.answers import Answer, json_answer
from proxy_addons.lab.identifiers import stable_guid

if TYPE_CHECKING:
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant

_UNAUTHORIZED: Final = 401
_BAD_REQUEST: Final = 400
SERVER: Final = "2.1.22164.5 - NEULR1 ProdSlices"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One AADSTS error. `text` has `{}` fields filled by `about`."""

    number: int
    error: str
    text: str
    suberror: str = ""
    has_claims: bool = False

    @property
    def status(self) -> int:
        """`invalid_client` is answered with 401, everything else with 400 (observed)."""
        return _UNAUTHORIZED if self.error == "invalid_client" else _BAD_REQUEST

    def about(self, **facts: str) -> Refusal:
        """The refusal with its text filled in."""
        return replace(self, text=self.text.format(**facts))

    def interactive(self) -> Refusal:
        """The form where a browser could help: `interaction_required` with the claims to satisfy."""
        return replace(self, error="interaction_required", has_claims=True)


SECRET_WRONG: Final = Refusal(
    7000215,
    "invalid_client",
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the "
    "client secret ID, for a secret added to app '{app}'.",
)
SECRET_EXPIRED: Final = Refusal(
    7000222,
    "invalid_client",
    "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to create new keys for your "
    "app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: "
    "https://aka.ms/certCreds.",
)
CREDENTIAL_MISSING: Final = Refusal(
    7000218,
    "invalid_client",
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
)
PUBLIC_WITH_CREDENTIAL: Final = Refusal(
    700025,
    "invalid_client",
    "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
)
CERTIFICATE_UNKNOWN: Final = Refusal(
    700027,
    "invalid_client",
    "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The "
    "key was not found., Thumbprint of key used by client: '{thumbprint}', Please visit the Azure Portal, Graph "
    "Explorer or directly use MS Graph to see configured keys for app Id '{app}'.]",
)
ASSERTION_SUBJECT: Final = Refusal(50048, "invalid_client", "Subject must match Issuer claim in the client assertion.")
APP_NOT_FOUND: Final = Refusal(
    700016,
    "unauthorized_client",
    "Application with identifier '{app}' was not found in the directory '{tenant}'. This can happen if the application "
    "has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have "
    "sent your authentication request to the wrong tenant.",
)
SERVICE_PRINCIPAL_MISSING: Final = Refusal(
    7000229,
    "invalid_client",
    "The client application {app} is missing service principal in the tenant {tenant}. See instructions here: "
    "https://go.microsoft.com/fwlink/?linkid=2225119",
)
APP_DISABLED: Final = Refusal(7000112, "unauthorized_client", "Application '{app}'({name}) is disabled.")
TENANT_NOT_FOUND: Final = Refusal(
    90002,
    "invalid_request",
    "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct "
    "cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the "
    "tenant.",
)
TENANT_UNNAMED: Final = Refusal(
    50059,
    "invalid_request",
    "No tenant-identifying information found in either the request or implied by any provided credentials.",
)
RESOURCE_NOT_FOUND: Final = Refusal(
    500011,
    "invalid_resource",
    "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the "
    "application has not been installed by the administrator of the tenant or consented to by any user in the tenant. "
    "You might have sent your authentication request to the wrong tenant.",
)
SCOPE_INVALID: Final = Refusal(
    70011,
    "invalid_scope",
    "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' "
    "is not valid. The scope {scope} is not valid.",
)
SCOPE_NOT_DEFAULT: Final = Refusal(
    1002012,
    "invalid_scope",
    "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default "
    "suffixed to the resource identifier (application ID URI).",
)
RESOURCE_PARAMETER: Final = Refusal(901002, "invalid_request", "The 'resource' request parameter is not supported.")
PARAMETER_MISSING: Final = Refusal(
    900144, "invalid_request", "The request body must contain the following parameter: '{parameter}'."
)
GRANT_UNSUPPORTED: Final = Refusal(
    70003, "unsupported_grant_type", "The app requested an unsupported grant type '{grant}'."
)
ONLY_POST: Final = Refusal(
    900561, "invalid_request", "The endpoint only accepts POST requests. Received a GET request."
)
CONSENT_REQUIRED: Final = Refusal(
    65001,
    "invalid_grant",
    "The user or administrator has not consented to use the application with ID '{app}' named '{name}'. Send an "
    "interactive authorization request for this user and resource.",
    suberror="consent_required",
)
MFA_REQUIRED: Final = Refusal(
    50076,
    "invalid_grant",
    "Due to a configuration change made by your administrator, or because you moved to a new location, you must use "
    "multi-factor authentication to access '{resource}'.",
    suberror="basic_action",
)
BLOCKED: Final = Refusal(
    53003,
    "invalid_grant",
    "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    suberror="message_only",
    has_claims=True,
)
DEVICE_NOT_COMPLIANT: Final = Refusal(
    53000,
    "invalid_grant",
    "Device is not in required device state: compliant. Conditional Access policy requires a compliant device, and the "
    "device is not compliant. The user must enroll their device with an approved MDM provider like Intune.",
    suberror="additional_action",
    has_claims=True,
)
PASSWORD_WRONG: Final = Refusal(
    50126, "invalid_grant", "Error validating credentials due to invalid username or password."
)
USER_NOT_FOUND: Final = Refusal(
    50034,
    "invalid_grant",
    "The user account {{EUII Hidden}} does not exist in the {tenant} directory. To sign into this application, the "
    "account must be added to the directory.",
)
USER_DISABLED: Final = Refusal(50057, "invalid_grant", "The user account is disabled.")
USER_ELSEWHERE: Final = Refusal(
    50020,
    "invalid_grant",
    "User account '{account}' from identity provider '{provider}' does not exist in tenant '{tenant}' and cannot "
    "access the application '{app}'({name}) in that tenant. The account needs to be added as an external user in the "
    "tenant first. Sign out and sign in again with a different Azure Active Directory user account.",
)
NOT_ASSIGNED: Final = Refusal(
    50105,
    "invalid_grant",
    "Your administrator has configured the application {name} ('{app}') to block users unless they are specifically "
    "granted ('assigned') access to the application. The signed in user '{account}' is blocked because they are not a "
    "direct member of a group with access, nor had access directly assigned by an administrator. Please contact your "
    "administrator to assign access to this application.",
)
GRANT_EXPIRED: Final = Refusal(
    70008,
    "invalid_grant",
    "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
    "authorization request for this user and resource.",
    suberror="token_expired",
)
GRANT_MALFORMED: Final = Refusal(
    70000, "invalid_grant", "Provided grant is invalid or malformed.", suberror="bad_token"
)
GRANT_REVOKED: Final = Refusal(
    50173,
    "invalid_grant",
    "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have "
    "changed or reset their password. The grant was issued on '{issued}' and the TokensValidFrom date (before which "
    "tokens are not valid) for this user is '{valid_from}'.",
    suberror="bad_token",
)
CODE_REDEEMED: Final = Refusal(
    54005,
    "invalid_grant",
    "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh "
    "token.",
)
REDIRECT_MISMATCH: Final = Refusal(
    50011,
    "invalid_request",
    "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the application "
    "'{app}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure "
    "portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to fix this.",
)
VERIFIER_WRONG: Final = Refusal(
    501481,
    "invalid_grant",
    "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
)
ASSERTION_INVALID: Final = Refusal(50013, "invalid_grant", "Assertion failed signature validation.")
ASSERTION_AUDIENCE: Final = Refusal(
    500131,
    "invalid_grant",
    "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was "
    "'{audience}' and the expected audience is 'api://{app}' or one of the Application Uris of this application with "
    "App ID '{app}'({name}).",
)
DEVICE_PENDING: Final = Refusal(
    70016,
    "authorization_pending",
    "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
)
DEVICE_CODE_UNKNOWN: Final = Refusal(
    70018,
    "bad_verification_code",
    "Bad verification code. User typed in wrong user code for device code flow.",
)
DEVICE_CODE_EXPIRED: Final = Refusal(
    70019, "expired_token", "Verification code expired. Have the user retry the sign-in."
)


class Refused(Exception):  # noqa: N818 - named after what happened to the request, like the answer it becomes
    """A sign-in that ends in a refusal; the endpoint turns it into the answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"AADSTS{refusal.number}: {refusal.text}")
        self.refusal = refusal


def refusal_answer(tenant: Tenant, asked: Asked, refusal: Refusal) -> Answer:
    """The JSON error of the token endpoint with the ids and headers support asks for."""
    moment = tenant.clock()
    trace_id, correlation_id = str(uuid.uuid4()), asked.client_request_id
    stamp = f"{moment:%Y-%m-%d %H:%M:%SZ}"
    content: dict[str, object] = {
        "error": refusal.error,
        "error_description": (
            f"AADSTS{refusal.number}: {refusal.text} Trace ID: {trace_id} Correlation ID: {correlation_id} "
            f"Timestamp: {stamp}"
        ),
        "error_codes": [refusal.number],
        "timestamp": stamp,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
        "error_uri": f"https://login.microsoftonline.com/error?code={refusal.number}",
    }
    if refusal.suberror:
        content["suberror"] = refusal.suberror
    if refusal.has_claims:
        policy = stable_guid("conditional-access-policy", str(refusal.number))
        wanted = {"access_token": {"capolids": {"essential": True, "values": [policy]}}}
        content["claims"] = json.dumps(wanted, separators=(",", ":"))
    return entra_answer(asked, refusal.status, content, trace_id, f"1,{refusal.number},0,,")


def entra_answer(asked: Asked, status: int, content: object, trace_id: str = "", telemetry: str = "1,0,0,,") -> Answer:
    """A JSON answer with the headers of the sign-in service, its cookies among them."""
    return json_answer(
        status,
        content,
        ("Cache-Control", "no-store, no-cache"),
        ("Pragma", "no-cache"),
        ("Expires", "-1"),
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
        ("X-Content-Type-Options", "nosniff"),
        ("P3P", 'CP="DSP CUR OTPi IND OTRi ONL FIN"'),
        ("client-request-id", asked.client_request_id),
        ("x-ms-request-id", trace_id or asked.request_id),
        ("x-ms-ests-server", SERVER),
        ("x-ms-clitelem", telemetry),
        ("x-ms-srs", "1.P"),
        ("X-XSS-Protection", "0"),
        ("Set-Cookie", f"fpc=Al{asked.request_id[:8]}; path=/; secure; HttpOnly; SameSite=None"),
        ("Set-Cookie", "x-ms-gateway-slice=estsfd; path=/; secure; httponly"),
        ("Set-Cookie", "stsservicecookie=estsfd; path=/; secure; httponly"),
        kind="application/json; charset=utf-8",
    )
