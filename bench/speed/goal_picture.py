"""The results as a picture: how far beyond its goal, or short of it, each figure is."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Final

from bench.picture import COLOURS, INK, QUIET, RULE, WIDTH, document, text
from bench.speed.results import machine_line

if TYPE_CHECKING:
    from bench.speed.results import Results, Row

_TOP: Final = 104
_STEP: Final = 30
_BAR: Final = 16
_LINE: Final = 620
"""Where the goals stand, above one another."""
_OCTAVE: Final = 78
_MOST: Final = 2.0
_LABELS: Final = 452
_LONGEST: Final = 78
"""Letters that fit left of the bars."""
_SCALE: Final = {-2: "1/4", -1: "1/2", 1: "2 x better", 2: "4 x"}


def goal_picture(results: Results) -> str:
    """SVG: bars to the right of the line are better than the goal, bars to the left are worse; a rule is a factor 2."""
    height = _TOP + len(results.rows) * _STEP + 44
    bottom = _TOP + len(results.rows) * _STEP
    drawn = []
    for octave, words in _SCALE.items():
        x = _LINE + octave * _OCTAVE
        drawn.append(f'<line x1="{x}" x2="{x}" y1="{_TOP - 10}" y2="{bottom}" stroke="{RULE}"/>')
        drawn.append(text(x, _TOP - 16, words, colour=QUIET, anchor="middle", size=11))
    drawn.append(text(_LINE, _TOP - 16, "goal", colour=INK, anchor="middle", size=11, weight=600))
    for number, row in enumerate(results.rows):
        drawn += _bar(row, _TOP + number * _STEP)
    drawn.append(f'<line x1="{_LINE}" x2="{_LINE}" y1="{_TOP - 10}" y2="{bottom}" stroke="{INK}" stroke-width="1.5"/>')
    met = sum(row.verdict == "met" for row in results.rows)
    drawn.append(text(24, height - 14, f"{met} of {len(results.rows)} goals met", weight=600))
    # In one line they go beyond the picture's edge.
    machine, _, manner = machine_line(results).replace("`", "").partition("; ")
    drawn.append(text(24, 66, manner, colour=QUIET))
    return document("why403 against its speed goals", machine, height, drawn)


def _bar(row: Row, top: float) -> list[str]:
    middle = top + _STEP / 2
    drawn = [text(_LABELS, middle + 4, _short(row.goal.words), anchor="end", size=11)]
    if row.figure is None:
        return [*drawn, text(_LINE + 8, middle + 4, row.missing[:40], colour=QUIET, size=11)]
    good, bad = COLOURS[2], COLOURS[1]
    worth = _octaves(row)
    length = abs(worth) * _OCTAVE
    x = _LINE if worth >= 0 else _LINE - length
    colour = good if row.verdict == "met" else bad
    place = f'x="{x:.1f}" y="{middle - _BAR / 2:g}" width="{max(length, 2):.1f}" height="{_BAR}"'
    title = escape(f"{row.goal.words}: {row.said}, goal {row.goal.aim}")
    drawn.append(f'<rect {place} rx="2" fill="{colour}"><title>{title}</title></rect>')
    said = row.said.partition(" (")[0]
    drawn.append(text(_LINE + 2 * _OCTAVE + 12, middle + 4, said, size=11, weight=600, colour=colour))
    drawn.append(text(WIDTH - 24, middle + 4, row.goal.aim, size=11, colour=QUIET, anchor="end"))
    return drawn


def _octaves(row: Row) -> float:
    """How many factors of two better than the goal; worse is negative."""
    assert row.figure is not None  # noqa: S101 - asked by the caller
    value, limit = row.figure.value, row.goal.limit
    if value <= 0:
        return -_MOST if row.goal.at_least else _MOST
    better = value / limit if row.goal.at_least else limit / value
    return max(-_MOST, min(_MOST, math.log2(better)))


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."
