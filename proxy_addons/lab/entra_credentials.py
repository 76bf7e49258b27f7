"""How a client proves which application it is: secret, certificate assertion, or not at all for a public client."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from proxy_addons.lab.entra_refusals import (
    ASSERTION_SUBJECT,
    CERTIFICATE_UNKNOWN,
    CREDENTIAL_MISSING,
    PUBLIC_WITH_CREDENTIAL,
    SECRET_EXPIRED,
    SECRET_WRONG,
    Refused,
)

if TYPE_CHECKING:
    from proxy_addons.lab.app_registrations import AppRegistration
    from proxy_addons.lab.tenant import Tenant

_ALGORITHMS: Final = ["RS256", "PS256"]


def check_credential(tenant: Tenant, app: AppRegistration, form: dict[str, str], *, app_only: bool) -> None:
    """Raise `Refused` where the form does not prove the app; a public client may sign users in without proof."""
    secret, assertion = form.get("client_secret", ""), form.get("client_assertion", "")
    if app.is_public:
        if secret or assertion:
            raise Refused(PUBLIC_WITH_CREDENTIAL)
        if app_only:
            raise Refused(CREDENTIAL_MISSING)
        return
    if assertion:
        _check_assertion(tenant, app, assertion)
    elif not secret:
        raise Refused(CREDENTIAL_MISSING)
    elif not app.secret or secret != app.secret:
        raise Refused(SECRET_WRONG.about(app=app.client_id))
    elif app.credential == "expired-secret":
        raise Refused(SECRET_EXPIRED.about(app=app.client_id))


def _check_assertion(tenant: Tenant, app: AppRegistration, assertion: str) -> None:
    """The signature must be of the lab's client certificate, and only one app has registered that."""
    certificate = x509.load_pem_x509_certificate(tenant.client_certificate) if tenant.client_certificate else None
    presented = _thumbprint(assertion)
    if certificate is None or app.credential != "certificate" or presented not in _thumbprints(certificate):
        raise Refused(CERTIFICATE_UNKNOWN.about(thumbprint=presented, app=app.client_id))
    key = certificate.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    try:
        claims = jwt.decode(assertion, key, _ALGORITHMS, options={"verify_aud": False})
    except jwt.InvalidTokenError:
        raise Refused(CERTIFICATE_UNKNOWN.about(thumbprint=presented, app=app.client_id)) from None
    if claims.get("iss") != app.client_id or claims.get("sub") != app.client_id:
        raise Refused(ASSERTION_SUBJECT)


def _thumbprint(assertion: str) -> str:
    """What the assertion's header says about its certificate, as upper-case hex; empty where it says nothing."""
    try:
        header = jwt.get_unverified_header(assertion)
        encoded = str(header.get("x5t") or header.get("x5t#S256") or "")
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).hex().upper()
    except (jwt.InvalidTokenError, ValueError):
        return ""


def _thumbprints(certificate: x509.Certificate) -> tuple[str, str]:
    """SHA-1 (`x5t`) and SHA-256 (`x5t#S256`), both in use (RFC 7515 sections 4.1.7 and 4.1.8)."""
    raw = certificate.public_bytes(serialization.Encoding.DER)
    return (
        hashlib.sha1(raw, usedforsecurity=False).hexdigest().upper(),
        hashlib.sha256(raw).hexdigest().upper(),
    )
