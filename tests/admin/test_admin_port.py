import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import pytest

from proxy_addons.admin.application import admin_application
from proxy_addons.admin.server import AdminServer, bind
from proxy_addons.sinks.metrics import Metrics


@dataclass
class Port:
    """A running admin port and what it will say about readiness."""

    server: AdminServer
    client: httpx.AsyncClient
    conditions: dict[str, bool] = field(default_factory=dict)


def with_port(check: Callable[[Port], Awaitable[None]]) -> None:
    """Run a check against a real server on a real socket."""

    async def main() -> None:
        conditions: dict[str, bool] = {"listeners": True, "rules": True}
        server = AdminServer(admin_application(Metrics().registry, lambda: conditions), bind(0))
        server.start()
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as client:
                await check(Port(server, client, conditions))
        finally:
            server.stop()
            await server.stopped()

    asyncio.run(main())


def test_metrics_are_the_registrys_in_the_form_that_was_asked_for() -> None:
    async def check(port: Port) -> None:
        classic = await port.client.get("/metrics")
        assert classic.headers["content-type"].startswith("text/plain")
        assert "why403_exchanges_in_flight 0.0" in classic.text
        open_metrics = await port.client.get("/metrics", headers={"Accept": "application/openmetrics-text"})
        assert open_metrics.headers["content-type"].startswith("application/openmetrics-text")
        assert open_metrics.text.endswith("# EOF\n")

    with_port(check)


def test_it_is_alive_while_the_event_loop_is() -> None:
    async def check(port: Port) -> None:
        answer = await port.client.get("/livez")
        assert (answer.status_code, answer.text) == (200, "alive\n")

    with_port(check)


def test_it_is_ready_when_every_condition_holds() -> None:
    async def check(port: Port) -> None:
        ready = await port.client.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
        port.conditions["rules"] = False
        waiting = await port.client.get("/readyz")
        assert waiting.status_code == 503
        assert waiting.json() == {"ready": False, "conditions": {"listeners": True, "rules": False}}

    with_port(check)


@pytest.mark.parametrize("host", ["evil.example", "metrics.evil.example:9403", "10.0.0.1", ""])
def test_a_page_in_a_browser_under_another_name_learns_nothing(host: str) -> None:
    async def check(port: Port) -> None:
        answer = await port.client.get("/metrics", headers={"Host": host})
        assert answer.status_code == 400
        assert "why403" not in answer.text

    with_port(check)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "localhost:9403"])
def test_both_names_of_this_machine_are_good(host: str) -> None:
    async def check(port: Port) -> None:
        assert (await port.client.get("/livez", headers={"Host": host})).status_code == 200

    with_port(check)


def test_there_is_nothing_to_change() -> None:
    async def check(port: Port) -> None:
        assert (await port.client.post("/")).status_code == 405
        assert (await port.client.post("/metrics")).status_code == 405
        assert "server" not in (await port.client.get("/livez")).headers

    with_port(check)


def test_no_other_machine_can_connect() -> None:
    with bind(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_taken_port_is_an_error_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        bind(taken.getsockname()[1])


def test_a_successor_gets_the_port_the_moment_the_old_one_stops() -> None:
    async def check(port: Port) -> None:
        number = port.server.port
        assert (await port.client.get("/livez")).status_code == 200
        port.server.stop()
        successor = AdminServer(admin_application(Metrics().registry, dict), bind(number))
        successor.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{number}", trust_env=False) as client:
            assert json.loads((await client.get("/readyz")).text) == {"ready": False, "conditions": {}}
        successor.stop()
        await successor.stopped()

    with_port(check)
