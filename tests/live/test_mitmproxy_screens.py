"""What people see and type in mitmproxy's own screens: `why403 run --ui web`, content view, commands."""

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live.proxy import ONE_RULE, SECONDS, RunningProxy, started, terminal, why403_command
from tests.live.test_mitmproxy_tools import REFUSAL, refuse_once
from tests.live.upstream import Upstream

TOKEN = "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJhdWQiOiJodHRwczovL2dyYXBoLm1pY3Jvc29mdC5jb20ifQ.c2ln"

XSRF = "0a" * 16
"""Tornado compares a cookie with a header, as a page of its own would send them."""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, towards_upstream: list[str]) -> Iterator[tuple[RunningProxy, str]]:
    """`why403 run --ui web` and where its page is."""
    directory = tmp_path_factory.mktemp("web")
    ports = ["--reverse-port", "0", "--forward-port", "0", "--admin-port", "0", "--confdir", str(directory / "conf")]
    command = why403_command("run", *ports, "--rules", str(ONE_RULE), "--ui", "web", *towards_upstream)
    with started(command, directory) as proxy:
        ready = proxy.next_line("why403.ready")
        proxy.forward, proxy.reverse = ready["why403.forward_port"], ready["why403.reverse_port"]
        proxy.admin = ready["why403.admin_port"]
        page = ""
        while not page:
            words = proxy.shown.get(timeout=SECONDS).split()
            page = words[1] if words[:1] == ["screen"] else ""
        yield proxy, page


@contextlib.contextmanager
def browser(page: str) -> Iterator[httpx.Client]:
    """A client that has signed in with the token of the banner, and may use commands as the page does."""
    base, _, token = page.partition("?token=")
    known = {"Authorization": f"Bearer {token}", "X-XSRFToken": XSRF}
    with httpx.Client(base_url=base, headers=known, cookies={"_mitmproxy_xsrf": XSRF}, timeout=SECONDS) as client:
        yield client


def refused(proxy: RunningProxy, upstream: Upstream, client: httpx.Client) -> dict[str, Any]:
    """A refused flow as the page knows it, once it has its comment."""
    upstream.on(
        "/v1.0/users", lambda received: received.answer("403 Forbidden", REFUSAL, "Content-Type: application/json")
    )
    with proxy.through_forward("graph.microsoft.com") as through:
        through.get("graph.microsoft.com", "/v1.0/users", TOKEN)
    proxy.wait_for(lambda: any(flow["comment"] for flow in client.get("/flows").json()))
    found: dict[str, Any] = next(flow for flow in client.get("/flows").json() if flow["comment"])
    return found


def command(client: httpx.Client, name: str, *arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(f"/commands/{name}", json={"arguments": list(arguments)}).json()
    return answer


def test_the_page_says_why_in_its_list_and_instead_of_the_error_body(
    web: tuple[RunningProxy, str], upstream: Upstream
) -> None:
    proxy, page = web
    with browser(page) as client:
        flow = refused(proxy, upstream, client)
        assert flow["marked"]
        view = client.get(f"/flows/{flow['id']}/response/content/auto.json").json()
        columns = client.get("/options.json").json()["web_columns"]["value"]
        request = client.get(f"/flows/{flow['id']}/request/content/auto.json").json()
    assert view["view_name"] == "why403"
    assert "Token, decoded and not verified" in view["text"]
    assert "comment" in columns
    assert request["view_name"] != "why403"


def test_commands_explain_a_flow_read_its_token_and_write_a_bundle(
    web: tuple[RunningProxy, str], upstream: Upstream, tmp_path: Path
) -> None:
    proxy, page = web
    with browser(page) as client:
        refused(proxy, upstream, client)
        explained = command(client, "why403.explain", "@all")
        token = command(client, "why403.token", "~c 403")
        bundled = command(client, "why403.bundle", "~marked", str(tmp_path / "case.zip"))
        nobody = command(client, "why403.explain", "~m NOBODY")
    assert any("403" in line for line in explained["value"])
    assert any("the API the token is for" in line for line in token["value"])
    assert not any(part in line for line in token["value"] for part in TOKEN.rsplit(maxsplit=1)[-1].split("."))
    assert "error" not in bundled, bundled
    with zipfile.ZipFile(tmp_path / "case.zip") as members:
        assert "diagnosis.json" in members.namelist()
    assert "no flow was chosen" in str(nobody)


def test_the_console_opens_and_takes_the_terminal(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    ports = ["--reverse-port", "0", "--forward-port", "0", "--admin-port", "0", "--confdir", str(tmp_path / "conf")]
    command_line = why403_command("run", *ports, "--rules", str(ONE_RULE), "--ui", "console", *towards_upstream)
    with terminal() as screen, started(command_line, tmp_path, output=screen.side) as proxy:
        ready = proxy.next_line("why403.ready")
        proxy.forward, proxy.admin = ready["why403.forward_port"], ready["why403.admin_port"]
        refuse_once(proxy, upstream)
        proxy.wait_for(lambda: b"403" in screen.shown)
        assert proxy.metric('why403_sink_writes_total{sink="annotation"}') == 1
