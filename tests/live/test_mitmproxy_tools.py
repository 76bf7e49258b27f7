"""The same addons inside mitmproxy's own tools, loaded as a script."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader

from tests.live.proxy import ONE_RULE, REPOSITORY, SECONDS, RunningProxy, process_environment, started, terminal
from tests.live.upstream import Upstream

SCRIPT = REPOSITORY / "proxy_addons" / "main.py"
REFUSAL = b'{"error": {"code": "Authorization_RequestDenied", "message": "no"}}'


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        listeners = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [listener.getsockname()[1] for listener in listeners]


@contextlib.contextmanager
def tool(
    name: str,
    directory: Path,
    upstream: Upstream,
    trust: Path,
    *more: str,
    script: Path = SCRIPT,
    output: int | None = None,
) -> Iterator[RunningProxy]:
    """One of mitmproxy's tools with our script, its forward and admin ports open."""
    forward, admin, web = free_ports(3)
    options = {
        "confdir": directory / "conf",
        "why403_admin_port": admin,
        "why403_rules": ONE_RULE,
        "why403_shipped_rules": "false",
        "why403_connect_to": f"graph.microsoft.com=127.0.0.1:{upstream.port}",
        "ssl_verify_upstream_trusted_ca": trust,
    }
    if name == "mitmweb":
        options |= {"web_port": web, "web_open_browser": "false", "web_password": "in-a-test"}
    settings = [part for option, value in options.items() for part in ("--set", f"{option}={value}")]
    command = [str(Path(sys.executable).with_name(name)), "-s", str(script), "--mode", f"regular@127.0.0.1:{forward}"]
    with started([*command, *settings, *more], directory, output=output) as proxy:
        proxy.forward, proxy.admin, proxy.web = forward, admin, web
        wait_until_ready(proxy)
        yield proxy


def wait_until_ready(proxy: RunningProxy) -> None:
    """Ask the admin port: mitmproxy's tools print no line of ours."""

    def ready() -> bool:
        with contextlib.suppress(OSError):
            return bool(json.load(proxy.admin_get("/readyz"))["ready"])
        return False

    proxy.wait_for(ready)


def refuse_once(proxy: RunningProxy, upstream: Upstream) -> None:
    upstream.on("/v1.0/users", lambda received: received.answer("403 Forbidden", REFUSAL))
    with proxy.through_forward("graph.microsoft.com") as client:
        assert client.get("graph.microsoft.com", "/v1.0/users").body == REFUSAL


def shown_until(proxy: RunningProxy, text: str) -> None:
    while text not in proxy.shown.get(timeout=SECONDS):
        pass


def test_mitmdump_shows_the_box_and_counts(tmp_path: Path, upstream: Upstream, upstream_trust: Path) -> None:
    with tool("mitmdump", tmp_path, upstream, upstream_trust) as proxy:
        refuse_once(proxy, upstream)
        shown_until(proxy, "└─")
        assert proxy.metric('why403_exchanges_total{outcome="forbidden",service="graph"}') == 1
        assert proxy.metric('why403_sink_writes_total{sink="annotation"}') == 1
        assert proxy.stop() == 0


def test_mitmdump_can_have_the_reverse_port_as_well(tmp_path: Path, upstream: Upstream, upstream_trust: Path) -> None:
    (port,) = free_ports(1)
    mode = f"reverse:http://why403.invalid@127.0.0.1:{port}"
    with tool("mitmdump", tmp_path, upstream, upstream_trust, "--mode", mode) as proxy:
        proxy.reverse = port
        with proxy.through_reverse() as client:
            assert client.get("127.0.0.1", "/graph.microsoft.com/v1.0/reverse").status == 200
            assert client.get("127.0.0.1", "/example.org/").status == 421
    assert upstream.request("/v1.0/reverse").name == "graph.microsoft.com"


def test_a_saved_flow_holds_the_diagnosis_and_the_bodies(
    tmp_path: Path, upstream: Upstream, upstream_trust: Path
) -> None:
    saved = tmp_path / "flows"
    with tool("mitmdump", tmp_path, upstream, upstream_trust, "-w", str(saved)) as proxy:
        refuse_once(proxy, upstream)
        assert proxy.stop() == 0
    with saved.open("rb") as file:
        (flow,) = FlowReader(file).stream()
    assert isinstance(flow, HTTPFlow)
    assert flow.response is not None
    (entry,) = flow.metadata["why403"]
    assert flow.comment.startswith(f"{entry['cause']} ({entry['certainty']}): ")
    assert flow.marked.endswith("_circle:")
    assert flow.response.content == REFUSAL


def test_mitmweb_shows_the_diagnosis_and_the_body(tmp_path: Path, upstream: Upstream, upstream_trust: Path) -> None:
    with tool("mitmweb", tmp_path, upstream, upstream_trust) as proxy:
        refuse_once(proxy, upstream)
        shown_until(proxy, "└─")
        known = {"Authorization": "Bearer in-a-test"}
        with httpx.Client(base_url=f"http://127.0.0.1:{proxy.web}", headers=known, timeout=SECONDS) as web:
            (flow,) = web.get("/flows").json()
            kept = web.get(f"/flows/{flow['id']}/response/content.data").content
    assert "fix (" in flow["comment"]
    assert flow["marked"] in {"🔴", "🟠", "🟡", "⚪"}
    assert kept == REFUSAL


def test_the_console_loads_them_without_a_complaint(tmp_path: Path, upstream: Upstream, upstream_trust: Path) -> None:
    with terminal() as screen, tool("mitmproxy", tmp_path, upstream, upstream_trust, output=screen.side) as proxy:
        refuse_once(proxy, upstream)
        proxy.wait_for(lambda: proxy.metric('why403_sink_writes_total{sink="annotation"}') == 1)


def test_reloading_the_script_duplicates_nothing(tmp_path: Path, upstream: Upstream, upstream_trust: Path) -> None:
    script = tmp_path / "main.py"
    shutil.copy(SCRIPT, script)
    with tool("mitmdump", tmp_path, upstream, upstream_trust, script=script) as proxy:
        for _ in range(2):
            os.utime(script, (script.stat().st_atime, script.stat().st_mtime + 10))
            shown_until(proxy, "Loading script")
            wait_until_ready(proxy)
        refuse_once(proxy, upstream)
        shown_until(proxy, "└─")
        page = proxy.admin_get("/metrics").read().decode()
        assert page.count("# TYPE why403_exchanges_total counter") == 1
        assert proxy.metric('why403_exchanges_total{outcome="forbidden",service="graph"}') == 1
        assert not [line for line in proxy.shown.queue if "rror" in line]
        assert proxy.stop() == 0


def test_a_wrong_setting_stops_the_tool(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("mitmdump")), "-s", str(SCRIPT), "--set", "why403_connect_to=nowhere"]
    ended = subprocess.run(
        [*command, "--set", f"confdir={tmp_path}", "--mode", "regular@127.0.0.1:0"],
        env=process_environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 1
    assert "why403_connect_to nowhere: 'nowhere' does not say where to connect to. Remedy: write HOST=" in ended.stdout
    assert "Traceback" not in ended.stderr
