"""One lab, one proxy and both ends of the wire for all these tests; the tenant is put back before each."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from proxy_addons.lab import Lab
from tests.clients.clock import Clock
from tests.clients.real_clients import Clients
from tests.clients.watch import Watch
from tests.clients.ways import FORWARD, REVERSE, Way
from tests.clients.wire import Wire
from tests.live.proxy import RunningProxy, running_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def wire() -> Wire:
    """What goes over the wire, seen at both ends."""
    return Wire()


@pytest.fixture(scope="session")
def clock() -> Clock:
    """The tenant's clock, which a test may set forward."""
    return Clock()


@pytest.fixture(scope="session")
def shared_lab(wire: Wire, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The simulated tenant."""
    with Lab.running(tmp_path_factory.mktemp("lab"), clock=clock, witness=wire.witness) as running:
        yield running


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the proxy puts its bundles."""
    return tmp_path_factory.mktemp("bundles")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the proxy keeps its failures, every one in full."""
    return tmp_path_factory.mktemp("store") / "failures.sqlite"


@pytest.fixture(scope="session")
def nowhere() -> Iterator[list[str]]:
    """Hosts of Microsoft's at an address where nobody listens, as `--connect-to` takes them."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        yield [f"{host}=127.0.0.1:{port}" for host in ("graph.microsoft.us", "outlook.office365.us")]


@pytest.fixture(scope="session")
def proxy(
    shared_lab: Lab, nowhere: list[str], bundles: Path, store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningProxy]:
    """A real `why403 run` before the lab."""
    pairs = [part for pair in (*shared_lab.connect_to, *nowhere) for part in ("--connect-to", pair)]
    trust = ["--upstream-ca", str(shared_lab.ca_certificate_path)]
    kept = ["--bundle-dir", str(bundles), "--store", str(store), "--store-group-records", "1000000"]
    options = [*pairs, *trust, *kept]
    with running_proxy(tmp_path_factory.mktemp("proxy"), *options, rules=None) as running:
        yield running


@pytest.fixture(scope="session")
def watch(proxy: RunningProxy, store: Path) -> Iterator[Watch]:
    """Reads what the proxy reports."""
    reader = Watch(proxy, store)
    yield reader
    reader.close()


@pytest.fixture
def lab(shared_lab: Lab, clock: Clock) -> Lab:
    """The tenant as it is on the first day."""
    shared_lab.tenant.reset()
    clock.reset()
    return shared_lab


@pytest.fixture(params=[FORWARD, REVERSE])
def way(request: pytest.FixtureRequest, proxy: RunningProxy) -> Iterator[Way]:
    """How clients reach Microsoft in this test."""
    with Way.opened(request.param, proxy) as chosen:
        yield chosen


@pytest.fixture
def clients(lab: Lab, way: Way, wire: Wire, watch: Watch) -> Iterator[Clients]:
    """Real clients. In the end, everything they got is held against what the lab sent."""
    wire.forget()
    with Clients.opened(lab, way, wire) as opened:
        yield opened
    wire.assert_unchanged(way.base)
    assert watch.verdicts() == [], "failures nobody looked at"
