"""What stands at the end of every verb's help: examples to paste and what the exit codes mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def ending(examples: Sequence[str], codes: Mapping[int, str]) -> str:
    """The epilogue of a verb, in lines nothing wraps."""
    # click's formatter keeps the lines of a paragraph that begins with this sign.
    lines = ["\b", "Examples:", *(f"  {example}" for example in examples), "", "\b", "Exit codes:"]
    return "\n".join([*lines, *(f"  {code:<5}{meaning}" for code, meaning in codes.items())])
