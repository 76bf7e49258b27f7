import io
import logging
import re
from pathlib import Path

import pytest
from mitmproxy.log import ALERT

from proxy_addons.addons.screen import LogScreen, NoScreen, TerminalScreen, coloured_box
from proxy_addons.diagnosis.report_text import terminal_box
from proxy_addons.sinks.worker import LineWriter
from tests.sinks.reports import NOTHING_FITS, REPORT, UNREACHED, assert_golden, led_by

GOLDEN = Path(__file__).parent / "golden"


def shown(*, coloured: bool) -> str:
    stream = io.StringIO()
    writer = LineWriter(stream, "test-screen")
    TerminalScreen(writer, coloured=coloured).show([REPORT, UNREACHED])
    assert writer.close(timeout=30)
    return stream.getvalue()


def test_a_pipe_gets_plain_boxes() -> None:
    assert shown(coloured=False) == f"{terminal_box(REPORT)}\n{terminal_box(UNREACHED)}\n"


def test_a_terminal_gets_the_same_boxes_in_colour() -> None:
    coloured = shown(coloured=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == shown(coloured=False)
    assert_golden(GOLDEN / "boxes.ansi", coloured)


def test_a_box_that_finds_no_room_is_an_error_of_the_terminal() -> None:
    writer = LineWriter(io.StringIO(), "test-screen")
    assert writer.close(timeout=30)
    with pytest.raises(BlockingIOError):
        TerminalScreen(writer, coloured=False).show([REPORT])


def test_the_frame_has_the_colour_of_the_certainty() -> None:
    frames = {coloured_box(terminal_box(report), report).split("┌")[0] for report in (REPORT, led_by(NOTHING_FITS))}
    assert frames == {"\x1b[31m", "\x1b[35m"}


def test_inside_mitmproxys_tools_the_box_goes_to_the_event_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        LogScreen().show([REPORT])
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (ALERT, f"\n{terminal_box(REPORT)}")


def test_nobody_watching_costs_nothing() -> None:
    NoScreen().show([REPORT])
