"""Which failures are meant, and what people copy out of their tracing tools."""

import pytest

from proxy_addons.sinks.failure_filters import Filters, trace_id_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("copied", "trace"),
    [
        (TRACE, TRACE),
        (f" {TRACE.upper()}\n", TRACE),
        (f"00-{TRACE}-00f067aa0ba902b7-01", TRACE),
        (f"00-{TRACE}-00F067AA0BA902B7-01", TRACE),
        ("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", TRACE),
        ("a3ce929d0e0e4736", "0000000000000000a3ce929d0e0e4736"),
        (TRACE[1:], f"0{TRACE[1:]}"),
    ],
)
def test_a_trace_id_is_read_as_tracing_tools_show_it(copied: str, trace: str) -> None:
    assert trace_id_of(copied) == trace


@pytest.mark.parametrize(
    "copied",
    ["", "0" * 32, "4bf9", TRACE[:-1] + "g", TRACE + "0", TRACE[:-1] + "\u0661", f"00-{TRACE}-00f067aa0ba902b7"],
)
def test_what_is_no_trace_id_is_none(copied: str) -> None:
    assert trace_id_of(copied) is None


def test_only_what_chooses_becomes_a_parameter() -> None:
    assert Filters(since=1).parameters == {}
    assert Filters(request_id="r", trace=TRACE).parameters == {"request-id": "r", "trace": TRACE}
