"""Every way to get a token, against the lab; and what is left of a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest

from proxy_addons.entra.acquire import Person, TokenRefusedError, acquire
from proxy_addons.entra.identity import Flow, Identity, IdentityError
from proxy_addons.entra.outbound import Route
from tests.support.our_own_calls import EWS_DEFAULT, GRAPH_DEFAULT, OurOwn

if TYPE_CHECKING:
    from pathlib import Path


def _nobody(what: str) -> str:
    raise AssertionError(f"nobody is to be asked for the {what}")


NOBODY = Person(_nobody, lambda _: None)


def _claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def _identity(own: OurOwn, name: str = "mail-daemon", /, **more: object) -> Identity:
    return Identity.model_validate({"client_id": own.lab.app(name).client_id, "tenant": own.lab.tenant_id, **more})


def test_a_secret_from_a_variable_gets_an_apps_token(own: OurOwn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_SECRET", own.lab.app("mail-daemon").secret)

    acquired = acquire(_identity(own, secret_env="THE_SECRET"), [EWS_DEFAULT], own.route, NOBODY)

    assert _claims(acquired.access_token)["roles"] == ["full_access_as_app"]
    assert acquired.expires_in > 3000
    assert acquired.access_token not in repr(acquired)


def test_a_secret_from_a_file_gets_one_too(own: OurOwn) -> None:
    file = own.folder / "secret.txt"
    file.write_text(f"{own.lab.app('mail-daemon').secret}\n", encoding="utf-8")

    acquired = acquire(_identity(own, secret_file=file), [GRAPH_DEFAULT], own.route, NOBODY)

    assert "Group.Read.All" in _claims(acquired.access_token)["roles"]


def test_a_secret_somebody_types_gets_one_too(own: OurOwn) -> None:
    person = Person(lambda _: own.lab.app("mail-daemon").secret, lambda _: None)

    acquired = acquire(_identity(own, flow=Flow.CLIENT_CREDENTIALS), [GRAPH_DEFAULT], own.route, person)

    assert _claims(acquired.access_token)["idtyp"] == "app"


def test_a_certificate_proves_an_app(own: OurOwn) -> None:
    identity = _identity(own, "certificate-daemon", certificate=own.lab.certificates.client)

    acquired = acquire(identity, [GRAPH_DEFAULT], own.route, NOBODY)

    assert _claims(acquired.access_token)["appidacr"] == "2"


def test_a_device_code_signs_a_user_in_and_brings_a_refresh_token_that_works(
    own: OurOwn, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        code = line.rsplit(" ", 1)[1].rstrip(".")
        own.lab.tenant.approve_device(code, "adele@contoso.com")

    identity = _identity(own, "desktop")
    acquired = acquire(identity, ["User.Read"], own.route, Person(_nobody, tell))
    monkeypatch.setenv("THE_REFRESH_TOKEN", acquired.refresh_token)
    again = acquire(
        _identity(own, "desktop", refresh_token_env="THE_REFRESH_TOKEN", cae=True), ["User.Read"], own.route, NOBODY
    )

    assert told[0].startswith("Open https://microsoft.com/devicelogin and enter the code ")
    assert _claims(acquired.access_token)["upn"] == "adele@contoso.com"
    assert _claims(again.access_token)["scp"] == "User.Read"


def test_a_client_that_declares_it_is_told_so_in_its_token(own: OurOwn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_SECRET", own.lab.app("mail-daemon").secret)

    acquired = acquire(_identity(own, secret_env="THE_SECRET", cae=True), [GRAPH_DEFAULT], own.route, NOBODY)

    assert _claims(acquired.access_token)["xms_cc"] == ["cp1"]


def test_a_refusal_brings_its_exchange_along(own: OurOwn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_SECRET", "wrong")

    with pytest.raises(TokenRefusedError, match="invalid_client") as raised:
        acquire(_identity(own, secret_env="THE_SECRET"), [GRAPH_DEFAULT], own.route, NOBODY)

    answers = [exchange.response.body.text for exchange in raised.value.exchanges if exchange.response]
    assert any("AADSTS7000215" in text for text in answers)


def test_a_sign_in_nobody_answers_is_a_refusal_with_a_reason(own: OurOwn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_SECRET", "x")
    identity = _identity(own, secret_env="THE_SECRET")

    with pytest.raises(TokenRefusedError) as raised:
        acquire(identity, [GRAPH_DEFAULT], Route(own.route.connect_to, None), NOBODY)

    assert "certificate" in raised.value.exchanges[-1].transport_error


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"secret_env": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE is empty or not set"),
        ({"secret_env": "PATH", "tenant": "organizations"}, "name it with --tenant"),
        ({"certificate": "missing.pem"}, "missing.pem: No such file"),
    ],
    ids=["variable", "tenant", "certificate"],
)
def test_an_identity_that_cannot_work_says_what_is_missing(
    own: OurOwn, more: dict[str, object], complaint: str
) -> None:
    with pytest.raises(IdentityError, match=complaint):
        acquire(_identity(own, **more), [GRAPH_DEFAULT], own.route, NOBODY)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", "holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n", "holds no private key"),
    ],
    ids=["key alone", "certificate alone"],
)
def test_half_a_certificate_is_named_as_such(own: OurOwn, tmp_path: Path, content: str, complaint: str) -> None:
    file = tmp_path / "half.pem"
    file.write_text(content, encoding="ascii")

    with pytest.raises(IdentityError, match=complaint):
        acquire(_identity(own, certificate=file), [GRAPH_DEFAULT], own.route, NOBODY)
