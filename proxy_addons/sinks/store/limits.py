"""How much the store keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept: for so many days, so many records, so many bytes of them, so many of a group per window."""

    days: int = 30
    records: int = 100_000
    size: int = 1024 * 1024 * 1024
    of_a_group: int = 20
