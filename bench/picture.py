"""Pictures of measurements as SVG, drawn here: text in, text out, the same figures give the same file.

`lines` draws panels over one time axis, one below the other. The pieces (`text`, `round_steps`, `document`) serve other
kinds of pictures as well. White ground and dark text are part of the picture: a page may be dark.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH: Final = 960
INK: Final = "#1f2933"
QUIET: Final = "#5f6c7b"
RULE: Final = "#dde3ea"
COLOURS: Final = ("#0b62a4", "#d1495b", "#2e8b57", "#8a5a00")
"""Told apart by people who do not see red and green alike as well: their lightness differs."""
BAND: Final = "#fbe3b6"
_LEFT: Final = 72
_RIGHT: Final = 24
_TOP: Final = 90
_PANEL: Final = 118
_GAP: Final = 46
_FONT: Final = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


@dataclass(frozen=True)
class Series:
    """One line: a name and its points, x in seconds."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """Lines that share one scale, in powers of ten where `decades`. `unit` stands at the top number."""

    title: str
    unit: str
    series: Sequence[Series]
    decades: bool = False


def lines(title: str, subtitle: str, panels: Sequence[Panel], bands: Sequence[tuple[float, float]] = ()) -> str:
    """Panels over time; `bands` are stretches of seconds that are shaded in all of them."""
    end = max((point[0] for panel in panels for line in panel.series for point in line.points), default=1.0) or 1.0
    height = _TOP + len(panels) * (_PANEL + _GAP) + 4
    drawn: list[str] = []
    for number, panel in enumerate(panels):
        top = _TOP + number * (_PANEL + _GAP)
        drawn += _panel(panel, top, end, bands)
    drawn.append(text(WIDTH - _RIGHT, height - 8, "minutes", colour=QUIET, anchor="end"))
    return document(title, subtitle, height, drawn)


def document(title: str, subtitle: str, height: int, drawn: Iterable[str]) -> str:
    """A whole SVG file with its heading."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="{_FONT}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            text(24, 30, title, size=18, weight=600),
            text(24, 50, subtitle, colour=QUIET),
            *drawn,
            "</svg>\n",
        ]
    )


def text(  # noqa: PLR0913 - what a piece of text is
    x: float, y: float, words: str, *, size: int = 12, colour: str = INK, anchor: str = "start", weight: int = 400
) -> str:
    """One line of text."""
    style = f'font-size="{size}" fill="{colour}" text-anchor="{anchor}"'
    bold = f' font-weight="{weight}"' if weight != 400 else ""  # noqa: PLR2004 - the usual weight
    return f'<text x="{x:g}" y="{y:g}" {style}{bold}>{escape(words)}</text>'


def round_steps(top: float, steps: int = 4) -> list[float]:
    """Round numbers from 0 to at least `top`, about so many."""
    if top <= 0:
        return [0.0, 1.0]
    raw = top / steps
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    return [round(number * step, 10) for number in range(math.ceil(top / step - 1e-9) + 1)]


@dataclass(frozen=True)
class _Scale:
    """From a number to its height above the bottom, and the numbers that get a rule."""

    steps: Sequence[float]
    decades: bool

    def up(self, number: float) -> float:
        """Pixels above the bottom."""
        if not self.decades:
            return number / self.steps[-1] * _PANEL
        lowest, highest = (math.log10(self.steps[end]) for end in (0, -1))
        return max(0.0, (math.log10(max(number, 1e-9)) - lowest) / (highest - lowest)) * _PANEL


def _scale(panel: Panel) -> _Scale:
    numbers = [point[1] for line in panel.series for point in line.points] or [1.0]
    if not panel.decades:
        return _Scale(round_steps(max(numbers)), decades=False)
    lowest = math.floor(math.log10(max(min(numbers), 0.1)))
    highest = max(math.ceil(math.log10(max(numbers))), lowest + 1)
    return _Scale([10.0**power for power in range(lowest, highest + 1)], decades=True)


def _panel(panel: Panel, top: float, end: float, bands: Sequence[tuple[float, float]]) -> list[str]:
    right, bottom = WIDTH - _RIGHT, top + _PANEL
    scale = _scale(panel)
    across = (right - _LEFT) / end
    drawn = [
        f'<rect x="{_LEFT + begin * across:.1f}" y="{top}" width="{max(1.0, (stop - begin) * across):.1f}" '
        f'height="{_PANEL}" fill="{BAND}"/>'
        for begin, stop in bands
    ]
    drawn.append(text(_LEFT, top - 8, panel.title, weight=600))
    for step in scale.steps:
        y = bottom - scale.up(step)
        unit = f" {panel.unit}" if step == scale.steps[-1] and panel.unit else ""
        drawn.append(f'<line x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{RULE}"/>')
        drawn.append(text(_LEFT - 8, y + 4, f"{step:g}{unit}", colour=QUIET, anchor="end", size=11))
    for minute in round_steps(end / 60, 10):
        if minute * 60 <= end * 1.001:
            x = _LEFT + minute * 60 * across
            drawn.append(text(x, bottom + 15, f"{minute:g}", colour=QUIET, anchor="middle", size=11))
    legend = right
    for line, colour in reversed([*zip(panel.series, COLOURS, strict=False)]):
        if len(panel.series) > 1:
            drawn.append(text(legend, top - 8, line.name, colour=colour, anchor="end", weight=600))
            legend -= 8 * len(line.name) + 14
        path = " ".join(f"{_LEFT + x * across:.1f},{bottom - scale.up(y):.1f}" for x, y in line.points)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    return drawn
