"""`why403 verify` against the lab: causes proven by experiment, and what is never sent."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from proxy_addons.entra.acquire import Person, acquire
from proxy_addons.entra.identity import Identity
from tests.cli.test_command import GOLDEN
from tests.live.proxy import running_proxy
from tests.sinks.reports import assert_golden
from tests.support.our_own_calls import EWS_DEFAULT, GRAPH_DEFAULT, GROUPS, OurOwn

if TYPE_CHECKING:
    from pathlib import Path


def _nobody(what: str) -> str:
    raise AssertionError(what)


def _token(own: OurOwn, scope: str, name: str = "mail-daemon") -> str:
    secret = own.folder / "secret"
    secret.write_text(own.lab.app(name).secret, encoding="utf-8")
    identity = Identity(client_id=own.lab.app(name).client_id, tenant=own.lab.tenant_id, secret_file=secret)
    return acquire(identity, [scope], own.route, Person(_nobody, lambda _: None)).access_token


def _stale(own: OurOwn) -> Path:
    """A refusal with a token from before the grant, ten minutes old."""
    tenant = own.lab.tenant
    now = tenant.clock
    tenant.change(permissions_removed={own.lab.app("mail-daemon").client_id: ["Group.Read.All"]})
    tenant.clock = lambda: now() - timedelta(minutes=10)
    token = _token(own, GRAPH_DEFAULT)
    tenant.clock = now
    tenant.reset()
    return own.recorded("stale.har", own.send("GET", GROUPS, token))


def test_a_stale_token_is_proven_by_a_fresh_one(own: OurOwn) -> None:
    ended = own.why403("verify", _stale(own), "--secret-env", "APP_SECRET", "--yes", "--format", "json")

    told = json.loads(ended.stdout)
    leading = told["failure"]["findings"][0]
    assert (ended.returncode, ended.stderr) == (0, "")
    assert told["result"] == "confirmed"
    assert told["turned_by"] == ["fresh-token"]
    assert (leading["cause"], leading["certainty"]) == ("graph-stale-token", "certain")
    assert [(sent["change"], sent["status"]) for sent in told["sent"]] == [
        ("unchanged", 403),
        ("fresh-token", 200),
        ("unchanged", 403),
    ]


def test_everything_that_was_sent_is_listed_for_people(own: OurOwn) -> None:
    ended = own.why403("verify", _stale(own), "--secret-env", "APP_SECRET", "--yes")

    shown = re.sub(r"f-[0-9a-f]{12}", "f-000000000000", ended.stdout)
    shown = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z, [\w ]+ ago", "2026-11-21T12:00:00Z, some time ago", shown)
    listed = shown.partition("┌")[0]
    assert_golden(GOLDEN / "verify.txt", listed)
    assert "eyJ" not in ended.stdout


def test_a_wrong_audience_is_proven_by_a_token_for_the_right_one(own: OurOwn) -> None:
    file = own.recorded("audience.har", own.get_folder(_token(own, GRAPH_DEFAULT)))

    ended = own.why403("verify", file, "--secret-env", "APP_SECRET", "--yes", "--format", "json")

    told = json.loads(ended.stdout)
    leading = told["failure"]["findings"][0]
    assert ended.returncode == 0
    assert told["turned_by"] == ["right-audience"]
    assert (leading["cause"], leading["certainty"]) == ("token-audience-graph", "certain")


def test_a_user_agent_list_is_proven_by_another_user_agent(own: OurOwn) -> None:
    own.lab.tenant.change(ews_policy="EnforceBlockList", ews_block_list=["exchangelib*"])
    file = own.recorded("agent.har", own.get_folder(_token(own, EWS_DEFAULT)))

    ended = own.why403("verify", file, "--yes", "--format", "json")

    told = json.loads(ended.stdout)
    leading = told["failure"]["findings"][0]
    assert ended.returncode == 0
    assert told["turned_by"] == ["other-user-agent"]
    assert (leading["cause"], leading["certainty"]) == ("ews-ua-in-block-list", "certain")


def test_a_post_that_sends_mail_is_never_repeated(own: OurOwn) -> None:
    token = _token(own, GRAPH_DEFAULT, "directory-reader")
    url = "https://graph.microsoft.com/v1.0/users/adele@contoso.com/sendMail"
    file = own.recorded("mail.har", own.send("POST", url, token, b'{"message": {}}', Content_Type="application/json"))

    ended = own.why403("verify", file, "--secret-env", "READER_SECRET", "--yes")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(
        r"why403: f-\w+: not repeated: POST sendMail may write, and nothing that writes is ever repeated. "
        r"Nothing was sent\n",
        ended.stderr,
    )


def test_without_yes_the_plan_is_shown_and_nothing_is_sent(own: OurOwn) -> None:
    own.lab.tenant.change(ews_policy="EnforceBlockList", ews_block_list=["exchangelib*"])
    file = own.recorded("agent.har", own.get_folder(_token(own, EWS_DEFAULT)))

    ended = own.why403("verify", file, "--secret-env", "APP_SECRET", WHY403_CONNECT_TO="")

    assert ended.returncode == 2
    assert "with that token" in ended.stdout
    assert "with the User-Agent why403-verify" in ended.stdout
    assert ended.stdout.endswith("Nothing was sent. Add --yes to send it.\n")


def test_a_refusal_that_has_passed_proves_nothing(own: OurOwn) -> None:
    own.lab.tenant.change(ews_policy="EnforceBlockList", ews_block_list=["exchangelib*"])
    file = own.recorded("agent.har", own.get_folder(_token(own, EWS_DEFAULT)))
    own.lab.tenant.reset()

    ended = own.why403("verify", file, "--yes", "--format", "json")

    told = json.loads(ended.stdout)
    assert ended.returncode == 3
    assert told["result"] == "not-reproduced"
    assert len(told["sent"]) == 1
    assert told["failure"]["findings"][0]["certainty"] != "certain"


def test_where_nothing_helps_the_diagnosis_stays_as_sure_as_it_was(own: OurOwn) -> None:
    token = _token(own, GRAPH_DEFAULT, "directory-reader")
    file = own.recorded("missing.har", own.send("GET", GROUPS, token, User_Agent="x/1", X_Own="1"))

    ended = own.why403(
        "verify", file, "--secret-env", "READER_SECRET", "--without", "X-Own", "--yes", "--format", "json"
    )

    told = json.loads(ended.stdout)
    assert ended.returncode == 3
    assert told["result"] == "nothing-helped"
    assert [sent["change"] for sent in told["sent"]] == [
        "unchanged",
        "fresh-token",
        "other-user-agent",
        "without-header",
    ]
    assert told["failure"]["findings"][0]["cause"] == "graph-permission-missing-app"


def test_the_token_of_another_holder_tells_whether_it_is_the_holder(own: OurOwn) -> None:
    file = own.recorded("missing.har", own.send("GET", GROUPS, _token(own, GRAPH_DEFAULT, "directory-reader")))
    (own.folder / "other").write_text(_token(own, GRAPH_DEFAULT), encoding="ascii")

    ended = own.why403("verify", file, "--other-token-file", "other", "--yes", "--format", "json")

    assert ended.returncode == 0
    assert json.loads(ended.stdout)["turned_by"] == ["other-identity"]


def test_a_running_proxy_remembers_the_refusal_and_only_in_memory(own: OurOwn, tmp_path: Path) -> None:
    file = _stale(own)
    token = json.loads(file.read_text())["log"]["entries"][0]["request"]["headers"][0]["value"]
    options = [part for pair in own.lab.connect_to for part in ("--connect-to", pair)]
    with running_proxy(
        tmp_path, *options, "--upstream-ca", str(own.lab.ca_certificate_path), "--allow-verify", rules=None
    ) as proxy:
        with proxy.through_forward("graph.microsoft.com") as client:
            client.get("graph.microsoft.com", "/v1.0/groups", f"Authorization: {token}")
            failure = proxy.failure(client)["why403.id"]
        places = ("--admin-port", str(proxy.admin), "--secret-env", "APP_SECRET", "--format", "json")
        conf = {"WHY403_CONFDIR": str(proxy.confdir)}
        proven = own.why403("verify", failure, *places, "--yes", **conf)
        unknown = own.why403("verify", "f-000000000000", *places, "--yes", **conf)
        stranger = own.why403("verify", failure, *places, "--yes", WHY403_CONFDIR=str(tmp_path / "elsewhere"))
        kept = [path for path in tmp_path.rglob("*") if path.is_file() and b"eyJ" in path.read_bytes()]

    assert json.loads(proven.stdout)["failure"]["findings"][0]["cause"] == "graph-stale-token"
    assert kept == [file]
    assert "does not, or no longer, remember it" in unknown.stderr
    assert "no proxy on admin port" in stranger.stderr
    assert not [*proxy.confdir.glob("why403-verify-*")]


def test_a_proxy_that_was_not_asked_to_remembers_nothing(own: OurOwn, tmp_path: Path) -> None:
    with running_proxy(tmp_path) as proxy:
        ended = own.why403(
            "verify", "f-000000000000", "--admin-port", str(proxy.admin), "--yes", WHY403_CONFDIR=str(proxy.confdir)
        )

    assert ended.returncode == 2
    assert "Start it with --allow-verify" in ended.stderr


@pytest.mark.parametrize("failure", [(), ("--failure", "f-000000000000")], ids=["several", "none of that id"])
def test_the_refusal_has_to_be_one_of_the_recordings(own: OurOwn, failure: tuple[str, ...]) -> None:
    token = _token(own, GRAPH_DEFAULT, "directory-reader")
    file = own.recorded("two.har", *(own.send("GET", GROUPS, token) for _ in range(2)))

    ended = own.why403("verify", file, *failure, "--yes")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Choose one with --failure: f-" in ended.stderr
