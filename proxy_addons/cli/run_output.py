"""Where a run's log lines and boxes go, and how they look."""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.report_text import DEFAULT_WIDTH

if TYPE_CHECKING:
    from typing import TextIO

    from proxy_addons.settings import Settings

FLUSH_SECONDS: Final = 2.0
"""How long lines that wait are written at the end, to somebody who reads slowly."""
_NARROWEST_BOX: Final = 60
_WIDEST_BOX: Final = 110


@dataclass(frozen=True, slots=True)
class BoxLook:
    """How a box is drawn."""

    coloured: bool
    width: int


def box_look(stream: TextIO) -> BoxLook:
    """As wide as the terminal allows, in colour on one that has not been asked to leave it out."""
    terminal = stream.isatty()
    width = min(shutil.get_terminal_size().columns, _WIDEST_BOX) if terminal else DEFAULT_WIDTH
    return BoxLook(terminal and "NO_COLOR" not in os.environ, max(width, _NARROWEST_BOX))


def logs_json(settings: Settings, stream: TextIO, *, for_client: bool) -> bool:
    """Whether the log is JSON: where it was asked for, or where no person and no client's output is beside it."""
    if settings.log_format != "auto":
        return settings.log_format == "json"
    return not for_client and not stream.isatty()


def log_level(settings: Settings, *, as_json: bool, for_client: bool) -> int:
    """A person reads both streams on one terminal, and the box has said already what the line would."""
    return logging.WARNING if (not settings.quiet or for_client) and not as_json else logging.INFO
