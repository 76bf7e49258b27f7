from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given, settings, strategies as st
from mitmproxy.io import FlowWriter, tnetstring
from mitmproxy.test import tflow
from mitmproxy.version import FLOW_FORMAT_VERSION

from proxy_addons.evidence.exchange import Exchange
from proxy_addons.intake.flow_file import read_flow_file
from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry


def flow_file(*kinds: str) -> bytes:
    """What mitmproxy writes of flows of these kinds."""
    made = {"http": tflow.tflow(resp=True), "tcp": tflow.ttcpflow(), "dns": tflow.tdnsflow(), "udp": tflow.tudpflow()}
    raw = io.BytesIO()
    writer = FlowWriter(raw)
    for kind in kinds:
        writer.add(made[kind])
    return raw.getvalue()


WHOLE = flow_file("http", "http")


def read(raw: bytes) -> list[Exchange | UnreadableEntry]:
    return list(read_flow_file(io.BytesIO(raw)))


def test_every_http_flow_is_read_and_no_other() -> None:
    found = read(flow_file("http", "tcp", "dns", "udp", "http"))

    assert [item.request.url for item in found if isinstance(item, Exchange)] == ["http://address:22/path"] * 2
    assert len(found) == 2


@pytest.mark.parametrize("cut", [1, 200, len(WHOLE) // 2 - 3])
def test_a_file_that_breaks_off_yields_what_came_before_and_says_where(cut: int) -> None:
    reading = read_flow_file(io.BytesIO(WHOLE[:-cut]))

    assert isinstance(next(reading), Exchange)
    with pytest.raises(RecordingError, match=r"flow 1: the file breaks off here; everything before it was read\. Stop"):
        next(reading)


@pytest.mark.parametrize("rest", [b"rubbish", b":", b"12", b"1234567890123:"])
def test_what_follows_a_flow_and_is_none_ends_the_reading(rest: bytes) -> None:
    with pytest.raises(RecordingError, match="flow 2: the file breaks off here"):
        read(WHOLE + rest)


@pytest.mark.parametrize(
    "strange",
    [
        b"5:hello,",
        b"14:4:type,4:http,}",
        b"2:{},",
        b"14:4:type,4:xxxx,}",
        b"1:x?",
        b"%d:%b]" % (4 * 3000, b"]" * 4 * 3000),
    ],
    ids=["text", "no version", "brackets", "no type", "no tag", "deep"],
)
def test_a_flow_mitmproxy_cannot_read_costs_only_itself(strange: bytes) -> None:
    found = read(strange + flow_file("http"))

    assert found[0] == UnreadableEntry("flow 0", "is damaged, or of a version this mitmproxy cannot read")
    assert isinstance(found[1], Exchange)


def test_a_flow_of_a_newer_mitmproxy_is_said_to_be_one() -> None:
    state = tflow.tflow(resp=True).get_state()
    newer = tnetstring.dumps({**state, "version": 999, "shiny": True})

    found = read(newer + flow_file("http"))

    problem = f"its format is 999, and {FLOW_FORMAT_VERSION} is the last that can be read here"
    assert found[0] == UnreadableEntry("flow 0", f"was written by a newer mitmproxy: {problem}")
    assert isinstance(found[1], Exchange)


@pytest.mark.parametrize("moment", [1e300, float("inf"), float("nan"), -1.0])
def test_a_time_no_calendar_holds_is_no_time(moment: float) -> None:
    state = tflow.tflow(resp=True).get_state()
    state["request"]["timestamp_start"] = state["response"]["timestamp_end"] = moment

    (exchange,) = read(tnetstring.dumps(state))

    assert isinstance(exchange, Exchange)
    assert (exchange.started, exchange.ended) == (None, None)


def test_a_flow_that_is_too_large_is_passed_over() -> None:
    large = b"9999:" + b"x" * 9999 + b","

    found = list(read_flow_file(io.BytesIO(large + flow_file("http")), largest=9_000))

    assert found[0] == UnreadableEntry("flow 0", "is larger than any flow worth reading")
    assert isinstance(found[1], Exchange)


def test_a_length_nobody_has_the_bytes_for_takes_no_memory() -> None:
    with pytest.raises(RecordingError, match="flow 0: the file breaks off"):
        read(b"999999999999:short")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_whatever_happens_to_a_file_the_reader_says_so_itself(changes: list[tuple[int, int]]) -> None:
    raw = bytearray(WHOLE)
    for place, value in changes:
        raw[place] = value
    with suppress(RecordingError):
        read(bytes(raw))
