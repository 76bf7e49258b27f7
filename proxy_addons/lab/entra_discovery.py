"""The public documents of the sign-in service: instance discovery, OpenID configuration, signing keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from proxy_addons.lab.accounts import find_organization
from proxy_addons.lab.entra_refusals import TENANT_NOT_FOUND, entra_answer, refusal_answer
from proxy_addons.lab.well_known import LOGIN_HOST, LOGIN_HOSTS

if TYPE_CHECKING:
    from proxy_addons.lab.answers import Answer
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant

SHARED_AUTHORITIES: Final = ("common", "organizations")
"""Authorities which stand for the tenant of whoever signs in."""


def instance_discovery(asked: Asked) -> Answer:
    """What MSAL asks first: which login hosts belong together, and where the OpenID configuration is."""
    authority = asked.parameters.get("authorization_endpoint", f"https://{LOGIN_HOST}/common/oauth2/v2.0/authorize")
    segment = urlsplit(authority).path.strip("/").partition("/")[0] or "common"
    return entra_answer(
        asked,
        200,
        {
            "tenant_discovery_endpoint": f"https://{LOGIN_HOST}/{segment}/v2.0/.well-known/openid-configuration",
            "api-version": asked.parameters.get("api-version", "1.1"),
            "metadata": [
                {
                    "preferred_network": LOGIN_HOST,
                    "preferred_cache": "login.windows.net",
                    "aliases": [*LOGIN_HOSTS, "login.microsoft.com", "sts.windows.net"],
                }
            ],
        },
    )


def openid_configuration(tenant: Tenant, asked: Asked, segment: str, *, is_v2: bool) -> Answer:
    """The configuration of a tenant, named by id or domain, or of the shared authorities; 400 for an unknown tenant."""
    organization = find_organization(segment)
    if organization is None and segment.lower() not in SHARED_AUTHORITIES:
        # The documents say invalid_tenant where the token endpoint says invalid_request (observed).
        return refusal_answer(tenant, asked, replace(TENANT_NOT_FOUND.about(tenant=segment), error="invalid_tenant"))
    tenant_id = organization.tenant_id if organization else "{tenantid}"
    base = f"https://{LOGIN_HOST}/{organization.tenant_id if organization else segment}"
    version = "/v2.0" if is_v2 else ""
    issuer = f"https://{LOGIN_HOST}/{tenant_id}/v2.0" if is_v2 else f"https://sts.windows.net/{tenant_id}/"
    return entra_answer(
        asked,
        200,
        {
            "token_endpoint": f"{base}/oauth2{version}/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{base}/discovery{version}/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
            "authorization_endpoint": f"{base}/oauth2{version}/authorize",
            "device_authorization_endpoint": f"{base}/oauth2{version}/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{base}/oauth2{version}/logout",
            "claims_supported": [
                "sub",
                "iss",
                "aud",
                "exp",
                "iat",
                "nonce",
                "preferred_username",
                "name",
                "tid",
                "ver",
            ],
            "tenant_region_scope": "EU" if organization else None,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
            "rbac_url": "https://pas.windows.net",
        },
    )


def user_realm(asked: Asked, address: str) -> Answer:
    """What MSAL asks before a password sign-in: every domain of the lab is managed, none federated."""
    return entra_answer(
        asked,
        200,
        {
            "ver": "1.0",
            "account_type": "Managed",
            "domain_name": address.rpartition("@")[2],
            "cloud_instance_name": "microsoftonline.com",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        },
    )


def signing_keys(tenant: Tenant, asked: Asked) -> Answer:
    """The JWKS."""
    return entra_answer(asked, 200, tenant.signing_key.jwks())
