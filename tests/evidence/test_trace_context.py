import pytest

from proxy_addons.evidence.exchange import Headers
from proxy_addons.evidence.trace_context import TraceContext, read_traceparent, trace_context

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SEEN = TraceContext(TRACE, SPAN)


@pytest.mark.parametrize(
    "value",
    [
        f"00-{TRACE}-{SPAN}-01",
        f" 00-{TRACE}-{SPAN}-00\t",
        f"01-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01-what-a-later-version-says",
    ],
)
def test_a_trace_is_read(value: str) -> None:
    assert read_traceparent(value) == SEEN


@pytest.mark.parametrize(
    "value",
    [
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE[:-1]}\u0661-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01 Bearer eyJhbGciOiJSUzI1NiJ9",
        f"cc-{TRACE}-{SPAN}-01-{'x' * 1_000_000}",
        "\x1b[31m" + f"00-{TRACE}-{SPAN}-01",
    ],
)
def test_what_the_standard_has_no_place_for_is_no_trace(value: str) -> None:
    assert read_traceparent(value) is None


def test_the_header_is_found_under_any_spelling() -> None:
    assert trace_context(Headers((("TraceParent", f"00-{TRACE}-{SPAN}-01"),))) == SEEN


@pytest.mark.parametrize("times", [0, 2])
def test_a_header_that_is_missing_or_sent_twice_tells_nothing(times: int) -> None:
    assert trace_context(Headers((("traceparent", f"00-{TRACE}-{SPAN}-01"),) * times)) is None
