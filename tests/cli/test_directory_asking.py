"""`why403 explain --ask-directory` against the lab: open questions answered, and the rules asked again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from proxy_addons.entra.outbound import send
from proxy_addons.evidence.exchange import Body, Headers, Request
from proxy_addons.lab.accounts import ACCOUNTS
from tests.support.our_own_calls import EWS, GROUPS, OurOwn

if TYPE_CHECKING:
    from pathlib import Path


def _configured(own: OurOwn, name: str = "everything-daemon") -> dict[str, str]:
    app = own.lab.app(name)
    text = f'[identities.admin]\nclient_id = "{app.client_id}"\ntenant = "{own.lab.tenant_id}"\nsecret_env = "ASKER"\n'
    (own.folder / "why403.toml").write_text(text, encoding="utf-8")
    return {"ASKER": app.secret}


def _token(own: OurOwn, host: str, name: str = "mail-daemon", variable: str = "APP_SECRET") -> str:
    ended = own.why403("token", "acquire", *own.app_options(name, variable), "--for", host, "--print")
    return ended.stdout.strip()


def _asked(own: OurOwn, file: Path, name: str = "everything-daemon") -> tuple[dict[str, Any], str]:
    ended = own.why403("explain", file, "--ask-directory", "admin", "--format", "json", **_configured(own, name))
    assert ended.returncode == 0, ended.stderr
    failure: dict[str, Any] = json.loads(ended.stdout)["failures"][0]
    return failure, ended.stderr


def _ungranted_then_granted(own: OurOwn) -> Path:
    app = own.lab.app("mail-daemon")
    own.lab.tenant.change(permissions_removed={app.client_id: ["Group.Read.All"]})
    token = _token(own, "graph.microsoft.com")
    file = own.recorded("groups.har", own.send("GET", GROUPS, token))
    own.lab.tenant.reset()
    return file


def test_a_grant_the_token_lacks_makes_the_stale_token_certain(own: OurOwn) -> None:
    failure, _ = _asked(own, _ungranted_then_granted(own))

    leading = failure["findings"][0]
    assert (leading["cause"], leading["certainty"]) == ("graph-stale-token", "certain")
    assert any(seen["fact"] == "directory.gained_opens" for seen in leading["evidence"])
    assert any("granted: Mail.ReadWrite" in note for note in failure["notes"])
    assert "The directory says that the app is enabled." in failure["notes"]
    assert "The sign-in log says of this token: no error." in failure["notes"]


def test_without_the_grant_the_missing_permission_stays_the_answer(own: OurOwn) -> None:
    file = own.recorded(
        "groups.har",
        own.send("GET", GROUPS, _token(own, "graph.microsoft.com", "directory-reader", "READER_SECRET")),
    )

    failure, _ = _asked(own, file)

    assert failure["findings"][0]["cause"] == "graph-permission-missing-app"
    assert "The directory says that these permissions are granted: User.Read.All." in failure["notes"]


def test_exchange_is_answered_for_too(own: OurOwn) -> None:
    app = own.lab.app("mail-daemon")
    own.lab.tenant.change(permissions_removed={app.client_id: ["full_access_as_app"]})
    token = _token(own, "outlook.office365.com")
    file = own.recorded("ews.har", own.get_folder(token))
    own.lab.tenant.reset()

    failure, _ = _asked(own, file)

    certain = [finding["cause"] for finding in failure["findings"] if finding["certainty"] == "certain"]
    assert "token-older-than-grant" in certain


def test_a_disabled_app_is_told(own: OurOwn) -> None:
    token = _token(own, "graph.microsoft.com")
    own.lab.tenant.change(disabled_apps=["mail-daemon"])
    refused = own.recorded("groups.har", own.send("GET", GROUPS, token))

    failure, _ = _asked(own, refused)

    assert "The directory says that the app is disabled." in failure["notes"]


def test_what_the_directory_will_not_tell_is_told(own: OurOwn) -> None:
    failure, _ = _asked(own, _ungranted_then_granted(own), "directory-reader")

    assert "The directory was asked about the app and answered 403." in failure["notes"]
    assert failure["findings"][0]["cause"] == "graph-permission-missing-app"


def test_the_directory_of_another_tenant_is_not_asked(own: OurOwn) -> None:
    options = [
        "--client-id",
        own.lab.app("mail-daemon").client_id,
        "--tenant",
        "fabrikam.com",
        "--secret-env",
        "APP_SECRET",
    ]
    token = own.why403("token", "acquire", *options, "--for", "outlook.office365.com", "--print").stdout.strip()

    failure, said = _asked(own, own.recorded("ews.har", own.send("POST", EWS, token)))

    assert "its directory was not asked" in said
    assert not any("directory" in note for note in failure["notes"])


def test_nobody_is_asked_unless_somebody_says_so(own: OurOwn) -> None:
    ended = own.why403("explain", _ungranted_then_granted(own), "--format", "json", WHY403_CONNECT_TO="")

    assert "directory" not in json.dumps(json.loads(ended.stdout)["failures"][0]["notes"])


def test_an_identity_nobody_knows_is_one_line(own: OurOwn) -> None:
    ended = own.why403("explain", _ungranted_then_granted(own), "--ask-directory", "nobody")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--identity nobody: no identity of that name" in ended.stderr


@pytest.mark.parametrize("name", ["sasha@contoso.com", "adele@contoso.com"])
def test_a_users_consents_and_roles_are_told(own: OurOwn, name: str) -> None:
    app = own.lab.app("profile-viewer")
    form = {
        "grant_type": "password",
        "client_id": app.client_id,
        "username": name,
        "password": next(each for each in ACCOUNTS if each.address == name).password,
        "scope": "https://graph.microsoft.com/User.Read",
    }
    signed_in = send(
        Request(
            "POST",
            f"https://login.microsoftonline.com/{own.lab.tenant_id}/oauth2/v2.0/token",
            Headers((("Content-Type", "application/x-www-form-urlencoded"),)),
            Body(urlencode(form).encode()),
        ),
        own.route,
    )
    assert signed_in.response is not None
    token = json.loads(signed_in.response.body.text)["access_token"]

    failure, _ = _asked(own, own.recorded("groups.har", own.send("GET", GROUPS, token)))

    role = "Security Reader" if name.startswith("sasha") else "none"
    assert "The directory says that these permissions are granted: User.Read." in failure["notes"]
    assert f"The directory says that these roles are assigned: {role}." in failure["notes"]
