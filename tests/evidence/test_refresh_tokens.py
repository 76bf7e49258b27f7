"""A refresh token sent as a bearer token is told as what it is."""

from __future__ import annotations

from proxy_addons.evidence.bearer_token import read_authorization


def test_a_refresh_token_with_two_dots_is_no_broken_jwt() -> None:
    """Entra's refresh tokens have three parts as well, but no JSON in the first."""
    token = read_authorization("Bearer 0.AXoAfl8fazQtikybHg9afD2eIRV-mjxCb4tNsKF.AgABAAEAAADnfolh.JpSnRYB1SVj")
    assert token.kind == "refresh-token"
