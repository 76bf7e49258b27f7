"""contoso.sharepoint.com, as far as its refusals go: SharePoint's REST API with tokens for other APIs, or by secret.

Source: observed answers; SharePoint numbers its `x-ms-diagnostics` in a range of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.lab.accounts import CONTOSO
from proxy_addons.lab.answers import Answer, json_answer
from proxy_addons.lab.tokens_presented import FaultyToken, TokenFault, read_bearer
from proxy_addons.lab.well_known import SHAREPOINT

if TYPE_CHECKING:
    from proxy_addons.lab.answers import HeaderFields
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant

_CHALLENGE: Final = (
    f'Bearer realm="{CONTOSO.tenant_id}",client_id="{SHAREPOINT.app_id}",'
    'trusted_issuers="00000001-0000-0000-c000-000000000000@*,D3776938-3DBA-481F-A652-4BEDFCAB7CD8@*,'
    'https://sts.windows.net/*/,https://login.microsoftonline.com/*/v2.0",'
    'authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
)


def answer_sharepoint(tenant: Tenant, asked: Asked) -> Answer:
    """A request to the tenant's SharePoint."""
    read = read_bearer(tenant, asked.headers.get("authorization"), SHAREPOINT)
    if isinstance(read, FaultyToken):
        if read.fault is TokenFault.WRONG_AUDIENCE:
            reason = f"Invalid audience Uri '{read.audience}'."
            said = "Exception of type 'Microsoft.IdentityModel.Tokens.AudienceUriValidationFailedException' was thrown."
            return _unauthorized(asked, said, f'3000003;reason="{reason}";category="invalid_client"')
        return _unauthorized(asked, "Attempted to perform an unauthorized operation.", "")
    if read.is_app and read.app.credential != "certificate":
        return _unauthorized(asked, "Unsupported app only token.", "")
    if not read.permissions:
        return json_answer(403, {"odata.error": {"code": "-2147024891", "message": "Access denied."}}, *_fields(asked))
    return json_answer(200, {"Title": "Contoso", "Url": f"https://{asked.host}"}, *_fields(asked))


def _unauthorized(asked: Asked, said: str, diagnostics: str) -> Answer:
    extra = (("x-ms-diagnostics", diagnostics),) if diagnostics else ()
    return json_answer(401, {"error_description": said}, *_fields(asked), ("WWW-Authenticate", _CHALLENGE), *extra)


def _fields(asked: Asked) -> HeaderFields:
    return (
        ("Cache-Control", "private, max-age=0"),
        ("SPRequestGuid", asked.request_id),
        ("request-id", asked.request_id),
        ("MicrosoftSharePointTeamServices", "16.0.0.25507"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-MS-InvokeApp", "1; RequireReadOnly"),
    )
