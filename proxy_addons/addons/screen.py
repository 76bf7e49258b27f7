"""The box a person sees when a call is refused."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Final, Protocol

from mitmproxy.log import ALERT

from proxy_addons.diagnosis.report_text import DEFAULT_WIDTH, terminal_box
from proxy_addons.diagnosis.verdict import UNDETERMINED, Certainty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.verdict import Finding
    from proxy_addons.sinks.worker import LineWriter

_logger = logging.getLogger(__name__)

COLOURS: Final[Mapping[Certainty, str]] = {
    Certainty.CERTAIN: "red",
    Certainty.LIKELY: "yellow",
    Certainty.POSSIBLE: "cyan",
}
_UNDETERMINED_COLOUR: Final = "magenta"


class Screen(Protocol):
    """Shows redacted reports to a person, without ever making the caller wait."""

    def show(self, reports: Sequence[FailureReport]) -> None:
        """Show one box per report."""


class NoScreen:
    """Nobody is watching."""

    def show(self, reports: Sequence[FailureReport]) -> None:
        """Show nothing."""


class LogScreen:
    """Inside mitmdump, mitmweb and the console: their event log, because the terminal is theirs."""

    def show(self, reports: Sequence[FailureReport]) -> None:
        """Log one box per report."""
        for report in reports:
            # The log puts its own time in front of the first line, which would shift the frame.
            _logger.log(ALERT, "\n%s", terminal_box(report))


class TerminalScreen:
    """Standard output of `why403 run`; in colour on a terminal only."""

    def __init__(self, writer: LineWriter, *, coloured: bool, width: int = DEFAULT_WIDTH) -> None:
        self._writer = writer
        self._coloured = coloured
        self._width = width

    def show(self, reports: Sequence[FailureReport]) -> None:
        """Queue one box per report; BlockingIOError where nobody reads them."""
        for report in reports:
            box = terminal_box(report, self._width)
            if not self._writer.put(coloured_box(box, report) if self._coloured else box):
                raise BlockingIOError("too many boxes wait for the terminal")


def coloured_box(box: str, report: FailureReport) -> str:
    """A box with its frame in the colour of its certainty and its title in bold."""
    from rich.console import Console
    from rich.text import Text

    leading = report.diagnosis.leading
    frame = _colour(leading)
    lines = box.splitlines()
    text = Text()
    text.append(f"{lines[0]}\n", style=frame)
    for number, line in enumerate(lines[1:-1]):
        text.append(line[:2], style=frame)
        text.append(line[2:-2], style="bold" if number == 0 else "")
        text.append(f"{line[-2:]}\n", style=frame)
    text.append(lines[-1], style=frame)
    out = io.StringIO()
    Console(file=out, force_terminal=True, color_system="standard", width=len(lines[0]), legacy_windows=False).print(
        text, end="", no_wrap=True, overflow="ignore", crop=False
    )
    return out.getvalue()


def _colour(leading: Finding) -> str:
    return _UNDETERMINED_COLOUR if leading.cause == UNDETERMINED else COLOURS[leading.certainty]
