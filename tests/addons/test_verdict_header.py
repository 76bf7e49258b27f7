from mitmproxy.test import tflow

from proxy_addons.addons.verdict_header import HEADER, add_verdict_header, verdict_header
from tests.sinks.reports import REPORT


def test_the_header_holds_words_from_rule_files_and_an_id() -> None:
    assert verdict_header(REPORT) == "graph-scope-missing; certainty=certain; gate=permission; id=f-0123456789ab"


def test_a_response_that_was_held_back_gets_it() -> None:
    flow = tflow.tflow(resp=True)
    add_verdict_header(flow, [REPORT])
    assert flow.response
    assert flow.response.headers[HEADER] == verdict_header(REPORT)


def test_a_response_that_has_left_already_stays_as_it_is() -> None:
    flow = tflow.tflow(resp=True)
    assert flow.response
    flow.response.stream = True
    add_verdict_header(flow, [REPORT])
    assert HEADER not in flow.response.headers


def test_no_response_and_no_failure_mean_no_header() -> None:
    flow = tflow.tflow(resp=True)
    add_verdict_header(flow, [])
    assert flow.response
    assert HEADER not in flow.response.headers
    add_verdict_header(tflow.tflow(), [REPORT])
