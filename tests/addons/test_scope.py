import re
from collections.abc import Iterator

import pytest
from mitmproxy.connection import Client
from mitmproxy.options import Options as MitmproxyOptions
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import taddons

from proxy_addons.addons.options import Options
from proxy_addons.addons.scope import REVERSE_HOST, ConnectionOptions, HostPatterns, Scope
from proxy_addons.evidence.services import MICROSOFT_HOST_PATTERNS
from proxy_addons.sinks.metrics import Metrics


class Wired:
    """Options and scope inside a mitmproxy that does not listen."""

    def __init__(self, context: taddons.context) -> None:
        self.mitmproxy = context
        self.options = Options()
        self.scope = Scope(self.options, Metrics())
        context.master.addons.add(self.options, self.scope)

    def set(self, **values: object) -> None:
        """Set options, as `--set` does."""
        self.mitmproxy.master.options.update(**values)

    def decrypts(self, host: str) -> bool:
        """Whether mitmproxy would decrypt a host."""
        allowed = self.mitmproxy.master.options.allow_hosts
        return any(re.search(pattern, f"{host}:443", re.IGNORECASE) for pattern in allowed)


@pytest.fixture
def wired() -> Iterator[Wired]:
    with taddons.context() as context:
        yield Wired(context)


@pytest.mark.parametrize(
    "host", ["graph.microsoft.com", "contoso.sharepoint.com", "contoso-my.sharepoint.com", "login.microsoftonline.com"]
)
def test_the_defaults_mean_microsofts_hosts(wired: Wired, host: str) -> None:
    wired.set(why403_hosts=["microsoft"])
    assert host in wired.scope
    assert wired.decrypts(host)


@pytest.mark.parametrize(
    "host",
    [
        "sharepoint.com",
        "evilsharepoint.com",
        "graph.microsoft.com.evil.example",
        "evil-graph.microsoft.com",
        "www.microsoft.com",
        "example.org",
    ],
)
def test_a_host_that_only_looks_like_one_of_them_stays_outside(wired: Wired, host: str) -> None:
    wired.set(why403_hosts=["microsoft"])
    assert host not in wired.scope
    assert not wired.decrypts(host)


@pytest.mark.parametrize("pattern", MICROSOFT_HOST_PATTERNS)
def test_mitmproxy_and_capture_agree_about_every_default(pattern: str) -> None:
    patterns, host = HostPatterns([pattern]), pattern.replace("*", "some.label")
    assert host in patterns
    assert re.search(patterns.as_allow_hosts()[0], f"{host}:443")


def test_the_reverse_ports_own_name_is_not_passed_on_as_raw_bytes(wired: Wired) -> None:
    wired.set(why403_hosts=["mail.contoso.com"])
    assert wired.decrypts(REVERSE_HOST)


def test_new_hosts_replace_the_old_ones(wired: Wired) -> None:
    wired.set(why403_hosts=["mail.contoso.com"])
    wired.set(why403_hosts=["mail.fabrikam.com"])
    assert not wired.decrypts("mail.contoso.com")
    assert wired.decrypts("mail.fabrikam.com")


def test_what_the_user_of_mitmproxy_decided_about_hosts_stays(wired: Wired) -> None:
    wired.set(allow_hosts=["^only-this"])
    wired.set(why403_hosts=["mail.contoso.com"])
    assert wired.mitmproxy.master.options.allow_hosts == ["^only-this"]


def test_a_reverse_mode_of_the_user_brings_its_host_into_scope(wired: Wired) -> None:
    wired.set(why403_hosts=["microsoft"], mode=["reverse:https://Mail.Contoso.com@8500", "regular", "reverse:::"])
    assert "mail.contoso.com" in wired.scope
    assert wired.decrypts("mail.contoso.com")


@pytest.mark.parametrize(
    ("address", "strategy"),
    [
        (None, "lazy"),
        ((REVERSE_HOST, 80), "lazy"),
        (("graph.microsoft.com", 443), "lazy"),
        (("GRAPH.microsoft.com", 443), "lazy"),
        (("example.org", 443), "eager"),
        (("127.0.0.1", 22), "eager"),
    ],
)
def test_only_what_is_decrypted_is_connected_to_lazily(
    wired: Wired, address: tuple[str, int] | None, strategy: str
) -> None:
    wired.set(why403_hosts=["microsoft"])
    client = Client(
        peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), proxy_mode=ProxyMode.parse("regular"), timestamp_start=0
    )
    context = Context(client, MitmproxyOptions())
    seen = ConnectionOptions(context.options, context, wired.scope)
    context.server.address = address
    assert seen.connection_strategy == strategy


def test_every_other_option_is_mitmproxys(wired: Wired) -> None:
    options = wired.mitmproxy.master.options
    client = Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), timestamp_start=0)
    seen = ConnectionOptions(options, Context(client, options), wired.scope)
    assert seen.http2 is options.http2
    assert "http2" in seen
    assert "no-such-option" not in seen
