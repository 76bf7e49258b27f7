"""One measured figure: what it is, what it should be, what it was, and how it is said."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Goal:
    """A line of the table: its key, its words, the limit and its unit (`x` for a ratio)."""

    key: str
    words: str
    limit: float
    unit: str
    at_least: bool = False

    @property
    def aim(self) -> str:
        """The limit in words."""
        return f"{'>=' if self.at_least else '<='} {_number(self.limit, self.unit)}"


@dataclass(frozen=True)
class Figure:
    """What came of a goal. `low` and `high` are the rounds' extremes; `beside` are the figures a ratio is made of."""

    key: str
    value: float
    low: float
    high: float
    beside: str = ""
    raw: Mapping[str, object] = field(default_factory=dict)

    def met(self, goal: Goal) -> bool:
        """Whether the goal is reached, as printed: what rounds to the limit is the limit."""
        value = round(self.value, _digits(goal.limit, goal.unit))
        return value >= goal.limit if goal.at_least else value <= goal.limit

    def words(self, goal: Goal) -> str:
        """The value with its spread."""
        said = _number(self.value, goal.unit)
        low, high = _number(self.low, goal.unit), _number(self.high, goal.unit)
        return said if low == high == said else f"{said} ({low} to {high})"

    def as_json(self, when: Mapping[str, str]) -> dict[str, object]:
        """For the file of results; `when` says when, and of what."""
        return {**asdict(self), **when}


def _digits(limit: float, unit: str) -> int:
    return 2 if unit == "x" else 0 if limit >= 100 else 1  # noqa: PLR2004 - three figures are enough


def _number(value: float, unit: str) -> str:
    if unit == "x":
        return f"{value:.2f} x"
    return f"{value:.0f} {unit}" if abs(value) >= 100 or value == int(value) else f"{value:.1f} {unit}"  # noqa: PLR2004 - see _digits
