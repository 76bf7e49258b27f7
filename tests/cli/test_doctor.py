"""`why403 doctor`: each thing that may be wrong, with its remedy; on this machine and against the lab."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import trustme

from tests.live.proxy import running_proxy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

    from tests.support.our_own_calls import OurOwn

FREE = {"WHY403_REVERSE_PORT": "0", "WHY403_FORWARD_PORT": "0", "WHY403_ADMIN_PORT": "0"}
NOBODY_ASKED = ("reach graph", "reach exchange", "reach sign-in", "clock", "openid metadata")


def _checks(
    own: OurOwn, *arguments: str, code: int = 0, places: Mapping[str, str] = FREE, **variables: str
) -> dict[str, tuple[str, str]]:
    """What was found, by name: its state and its words, the remedy behind them."""
    store = str(own.folder / "failures.sqlite")
    surroundings = {**FREE, "WHY403_CONFDIR": str(own.folder / "conf"), "WHY403_STORE": store, **places, **variables}
    ended = own.why403("doctor", "--format", "json", *arguments, **surroundings)
    told = json.loads(ended.stdout)
    assert (ended.returncode, ended.stderr) == (code, "")
    assert told["schema"] == "why403.doctor/1"
    assert told["healthy"] is (code == 0)
    return {each["name"]: (each["state"], f"{each['told']} {each['remedy']}".strip()) for each in told["checks"]}


def test_a_sound_machine_reaches_microsoft_and_nothing_fails(own: OurOwn) -> None:
    checks = _checks(own)

    assert {checks[name][0] for name in ("python", "mitmproxy", "rules", "port reverse", "disk")} == {"ok"}
    assert checks["reach graph"][1].startswith("graph.microsoft.com answers 401")
    assert "data centre AM0PR10CA0042" in checks["reach exchange"][1]
    assert checks["clock"][0] == "ok"
    assert checks["openid metadata"] == (
        "ok",
        "names https://login.microsoftonline.com/common/oauth2/v2.0/token",
    )


def test_a_certificate_of_somebody_on_the_way_is_noticed(own: OurOwn) -> None:
    state, words = _checks(own)["reach graph"]

    assert state == "warn"
    assert "decrypted on the way" in words


def test_offline_nobody_is_asked(own: OurOwn) -> None:
    checks = _checks(own, "--offline")

    assert {checks[name][0] for name in NOBODY_ASKED} == {"skipped"}


def test_hosts_nobody_answers_for_fail_with_what_to_check(own: OurOwn) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        hosts = ("graph.microsoft.com", "outlook.office365.com", "login.microsoftonline.com")
        pairs = " ".join(f"{host}=127.0.0.1:{bound.getsockname()[1]}" for host in hosts)
        checks = _checks(own, code=3, WHY403_CONNECT_TO=pairs)

    assert checks["reach graph"][0] == "fail"
    assert "Connection refused" in checks["reach graph"][1]
    assert checks["openid metadata"][1] == "not reached See `reach sign-in`."
    assert checks["clock"][0] == "warn"


def test_a_certificate_we_do_not_trust_names_the_option_that_helps(own: OurOwn) -> None:
    state, words = _checks(own, code=3, WHY403_UPSTREAM_CA="")["reach exchange"]

    assert state == "fail"
    assert "--upstream-ca FILE" in words


def test_a_web_filter_in_microsofts_place_is_named(own: OurOwn) -> None:
    own.lab.tenant.change(middlebox="zscaler")

    checks = _checks(own, code=3)

    assert "Zscaler answers in Microsoft's place" in checks["reach graph"][1]
    assert checks["openid metadata"][0] == "fail"


def test_a_wrong_clock_fails(own: OurOwn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy_addons.cli.doctor_network.time.time", lambda: 1.0)

    state, words = _checks(own, code=3)["clock"]

    assert state == "fail"
    assert "behind Microsoft's" in words


def test_a_port_somebody_else_holds_fails_and_a_running_why403_does_not(own: OurOwn, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        state, words = _checks(own, "--offline", code=3, WHY403_FORWARD_PORT=str(held.getsockname()[1]))["port forward"]
    with running_proxy(tmp_path) as proxy:
        running = _checks(own, "--offline", WHY403_FORWARD_PORT=str(proxy.forward), WHY403_ADMIN_PORT=str(proxy.admin))

    assert (state, "choose another with --forward-port" in words) == ("fail", True)
    assert running["port forward"] == ("ok", f"{proxy.forward} on 127.0.0.1 is in use, by a running why403")


def test_the_proxys_authority_and_who_trusts_it_are_told(own: OurOwn) -> None:
    conf = own.folder / "conf"
    conf.mkdir()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(conf / "mitmproxy-ca-cert.pem"))
    other = own.folder / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    places = {
        "REQUESTS_CA_BUNDLE": str(conf / "mitmproxy-ca-cert.pem"),
        "SSL_CERT_FILE": str(other),
        "CURL_CA_BUNDLE": str(own.folder / "missing.pem"),
        "NODE_EXTRA_CA_CERTS": "",
    }

    checks = _checks(own, "--offline", code=3, places=places)

    states = {name: checks[f"trust {name}"][0] for name in places}
    assert checks["proxy CA"][0] == "ok"
    assert states == {
        "REQUESTS_CA_BUNDLE": "ok",
        "SSL_CERT_FILE": "warn",
        "CURL_CA_BUNDLE": "fail",
        "NODE_EXTRA_CA_CERTS": "warn",
    }


def test_a_rule_base_that_cannot_be_loaded_fails(own: OurOwn) -> None:
    rules = own.folder / "rules"
    rules.mkdir()
    (rules / "broken.yaml").write_text("a: [", encoding="utf-8")

    assert _checks(own, "--offline", code=3, WHY403_RULES=str(rules))["rules"][0] == "fail"


def test_quiet_shows_only_what_needs_somebody(own: OurOwn) -> None:
    ended = own.why403("doctor", "--offline", "--quiet", **FREE, WHY403_CONFDIR=str(own.folder / "conf"))

    assert ended.returncode == 0
    assert ended.stdout.startswith("warn     proxy CA ")
    assert "python" not in ended.stdout
    assert "\x1b" not in ended.stdout
