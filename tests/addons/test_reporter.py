import asyncio
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from mitmproxy import exceptions
from mitmproxy.flow import Error
from mitmproxy.http import HTTPFlow
from mitmproxy.test import taddons, tflow

from proxy_addons.addons.bundle_writer import BundleWriter
from proxy_addons.addons.capture import Capture
from proxy_addons.addons.failure_store import FailureStore
from proxy_addons.addons.options import Options
from proxy_addons.addons.reporter import Reporter
from proxy_addons.addons.scope import Scope
from proxy_addons.admin.ews_callers import EwsCallers
from proxy_addons.diagnosis.failure_report import FailureReport
from proxy_addons.evidence.exchange import Body, Exchange, Request, Response
from proxy_addons.sinks.metrics import Metrics

ONE_RULE = Path(__file__).parents[1] / "live" / "rules"


@dataclass
class CrackedScreen:
    """A screen that works while it is switched on."""

    on: bool = False

    def show(self, reports: Sequence[FailureReport]) -> None:
        """Fail, quoting what a log must never show."""
        if not self.on:
            raise OSError(f"eyJ.secret {reports[0].id}")


class Wired:
    """The addons behind an exchange, inside a mitmproxy that does not listen."""

    def __init__(self, context: taddons.context, directory: Path) -> None:
        self.options = context.master.options
        self.metrics, self.screen, options = Metrics(), CrackedScreen(), Options()
        store, bundles = FailureStore(options, self.metrics), BundleWriter(options, self.metrics)
        self.reporter = Reporter(options, self.metrics, self.screen, store, bundles)
        scope = Scope(options, self.metrics)
        self.capture = Capture(options, scope, self.reporter, self.metrics, EwsCallers())
        context.master.addons.add(options, scope, self.reporter, self.capture)
        self.options.update(
            confdir=str(directory),
            why403_rules=str(ONE_RULE),
            why403_shipped_rules=False,
            why403_hosts=["graph.microsoft.com"],
        )
        self.options.update(why403_store="off")

    def count(self, name: str, **labels: str) -> float | None:
        """A counter's value."""
        return self.metrics.registry.get_sample_value(f"why403_{name}_total", labels)


@pytest.fixture
def wired(tmp_path: Path) -> Iterator[Wired]:
    with taddons.context() as context:
        yield Wired(context, tmp_path)


def refused(status: int = 403) -> Exchange:
    return Exchange(Request("GET", "https://graph.microsoft.com/v1.0/users"), Response(status))


def test_a_sink_that_fails_is_counted_and_named_once_and_the_others_go_on(
    wired: Wired, caplog: pytest.LogCaptureFixture
) -> None:
    flow = tflow.tflow(resp=True)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            assert wired.reporter.report(flow, refused())
    assert wired.count("sink_failures", sink="terminal") == 3
    assert wired.count("sink_writes", sink="annotation") == wired.count("sink_writes", sink="log") == 3
    assert flow.comment.startswith("graph-refused (likely): ")
    complaints = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(complaints) == 1
    assert complaints[0].startswith("the sink terminal fails: OSError at test_reporter.py:")
    assert "eyJ" not in caplog.text


def test_a_sink_that_works_again_and_fails_again_is_named_again(wired: Wired, caplog: pytest.LogCaptureFixture) -> None:
    for on in (False, True, False):
        wired.screen.on = on
        wired.reporter.report(tflow.tflow(resp=True), refused())
    assert caplog.text.count("the sink terminal fails") == 2
    assert wired.count("sink_writes", sink="terminal") == 1


def test_an_exchange_that_was_not_refused_reaches_no_sink(wired: Wired) -> None:
    flow = tflow.tflow(resp=True)
    assert not wired.reporter.report(flow, refused(status=404))
    assert (flow.comment, wired.count("sink_writes", sink="log")) == ("", 0)


def test_every_refused_item_of_a_batch_counts(wired: Wired) -> None:
    asked = {"requests": [{"id": number, "method": "GET", "url": "/users"} for number in "123"]}
    answered = {"responses": [{"id": number, "status": 403} for number in "123"]}
    batch = Exchange(
        Request("POST", "https://graph.microsoft.com/v1.0/$batch", body=Body(json.dumps(asked).encode())),
        Response(200, body=Body(json.dumps(answered).encode())),
    )
    assert wired.reporter.report(tflow.tflow(resp=True), batch)
    assert wired.count("causes", cause="graph-refused") == 3
    assert wired.count("sink_writes", sink="log") == 3


def test_rules_with_a_mistake_are_refused_and_the_old_ones_stay(wired: Wired, tmp_path: Path) -> None:
    rule = tmp_path / "rules" / "graph" / "broken.yaml"
    rule.parent.mkdir(parents=True)
    rule.write_text("id: broken\ntitle: [unfinished\n")
    before = wired.reporter.ruleset
    assert before
    with pytest.raises(exceptions.OptionsError, match=r"graph/broken\.yaml:\d+:\d+: "):
        wired.options.update(why403_rules=str(tmp_path / "rules"))
    assert wired.reporter.ruleset == before
    assert wired.options.why403_rules == str(ONE_RULE)


def under_way(wired: Wired) -> HTTPFlow:
    """A flow whose response's headers have been seen."""
    flow = tflow.tflow(resp=True)
    flow.request.host, flow.request.scheme, flow.request.port = "graph.microsoft.com", "https", 443
    assert flow.response
    flow.response.status_code = 403
    wired.capture.requestheaders(flow)
    wired.capture.responseheaders(flow)
    return flow


def test_an_exchange_that_ends_twice_counts_once(wired: Wired) -> None:
    async def end_twice() -> None:
        flow = under_way(wired)
        wired.capture.response(flow)
        flow.error = Error("server closed connection")
        wired.capture.error(flow)

    asyncio.run(end_twice())
    assert wired.count("exchanges", service="graph", outcome="forbidden") == 1
    assert wired.count("upstream_errors", cause="reset") == 0


def test_a_refusal_that_breaks_off_is_explained_by_what_came(wired: Wired) -> None:
    async def break_off() -> None:
        flow = under_way(wired)
        flow.error = Error("server closed connection")
        wired.capture.error(flow)
        await asyncio.sleep(0)

    asyncio.run(break_off())
    assert wired.count("upstream_errors", cause="reset") == 1
    assert wired.count("causes", cause="graph-refused") == 1


def test_the_explanation_waits_until_the_event_is_over(wired: Wired) -> None:
    async def end() -> None:
        flow = under_way(wired)
        wired.capture.response(flow)
        assert wired.count("causes", cause="graph-refused") == 0
        await asyncio.sleep(0)
        assert wired.count("causes", cause="graph-refused") == 1

    asyncio.run(end())


def test_a_hook_that_meets_something_unheard_of_counts_it_and_returns(wired: Wired) -> None:
    flow = tflow.tflow()
    flow.request.data.host = None  # type: ignore[assignment]  # what no mitmproxy of today would do
    wired.capture.requestheaders(flow)
    assert wired.count("internal_errors", part="capture") == 1
