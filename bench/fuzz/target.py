"""What is fuzzed: one function that may raise nothing, and the inputs it begins with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class Target:
    """One parser under fire. `holds` raises for a broken promise only: documented errors it takes itself.

    `seeds` are whole inputs to begin with; `words` are what mutations should know. A target with a `shape` draws its
    inputs from it (exchanges, say) instead of from bytes.
    """

    name: str
    holds: Callable[..., None]
    seeds: Sequence[bytes] = ()
    words: Sequence[bytes] = ()
    shape: SearchStrategy[object] | None = None
    longest: int = 16 * 1024


def promise(kept: object, broken: str) -> None:
    """Say which promise was broken, in an error no parser raises by itself."""
    if not kept:
        raise AssertionError(broken)
