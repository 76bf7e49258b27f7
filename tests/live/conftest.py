"""The shared upstream and the shared proxy: a process per test file is enough where settings do not differ."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.live.proxy import RunningProxy, running_proxy
from tests.live.upstream import HOSTS, Upstream, running_upstream, write_authority


@pytest.fixture(scope="session")
def upstream_authority() -> trustme.CA:
    """Who signed the upstream's certificate."""
    return trustme.CA()


@pytest.fixture(scope="session")
def upstream_trust(upstream_authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file for --upstream-ca."""
    return write_authority(upstream_authority, tmp_path_factory.mktemp("upstream") / "authority.pem")


@pytest.fixture(scope="module")
def upstream(upstream_authority: trustme.CA) -> Iterator[Upstream]:
    """A server behind every name of HOSTS."""
    with running_upstream(upstream_authority) as running:
        yield running


@pytest.fixture(scope="module")
def towards_upstream(upstream: Upstream, upstream_trust: Path) -> list[str]:
    """The options that point a proxy at the upstream."""
    pairs = [part for host in HOSTS for part in ("--connect-to", f"{host}=127.0.0.1:{upstream.port}")]
    return [*pairs, "--upstream-ca", str(upstream_trust)]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory, towards_upstream: list[str]) -> Iterator[RunningProxy]:
    """A proxy that knows the upstream."""
    with running_proxy(tmp_path_factory.mktemp("proxy"), *towards_upstream) as running:
        yield running
