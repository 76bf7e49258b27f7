"""What a running proxy tells of its own health."""

import ssl
import time

import pytest

from tests.live.proxy import RunningProxy
from tests.live.upstream import Upstream


def test_each_exchange_is_timed_for_the_upstream_and_for_us(proxy: RunningProxy, upstream: Upstream) -> None:
    upstream.on("/v1.0/timed", lambda received: received.answer("200 OK"))
    before = proxy.metric("why403_overhead_seconds_count")
    waited = proxy.metric('why403_upstream_response_seconds_count{service="graph"}')
    with proxy.through_reverse() as client:
        client.get("h", "/graph.microsoft.com/v1.0/timed")
        proxy.wait_for(lambda: proxy.metric("why403_overhead_seconds_count") == before + 1)
    assert proxy.metric('why403_upstream_response_seconds_count{service="graph"}') == waited + 1


def test_open_connections_are_counted_on_both_sides_and_forgotten_when_they_close(proxy: RunningProxy) -> None:
    def both() -> tuple[float, float]:
        return proxy.metric('why403_connections{side="client"}'), proxy.metric('why403_connections{side="server"}')

    proxy.wait_for(lambda: both() == (0, 0))
    with proxy.through_reverse() as client:
        client.get("h", "/graph.microsoft.com/v1.0/me")
        assert both() == (1, 1)
    proxy.wait_for(lambda: both() == (0, 0))


def test_a_client_that_does_not_trust_us_is_counted(proxy: RunningProxy) -> None:
    sample = 'why403_tls_handshake_failures_total{side="client"}'
    before = proxy.metric(sample)
    stranger = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError), proxy.through_forward("graph.microsoft.com", stranger):
        pass
    proxy.wait_for(lambda: proxy.metric(sample) == before + 1)


def test_the_authoritys_last_day_is_told(proxy: RunningProxy) -> None:
    year = 365 * 24 * 3600
    assert proxy.metric('why403_certificate_not_after_timestamp_seconds{certificate="ca"}') > time.time() + year


def test_the_loop_is_looked_at(proxy: RunningProxy) -> None:
    proxy.wait_for(lambda: proxy.metric("why403_event_loop_lag_seconds_count") > 0)


def test_what_the_process_uses_is_told(proxy: RunningProxy) -> None:
    assert proxy.metric("process_resident_memory_bytes") > 0
    assert proxy.metric("process_open_fds") > 0
