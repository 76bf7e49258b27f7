"""The page of all metrics, written in slices so that a scrape never holds up the traffic on the same event loop."""

from __future__ import annotations

import asyncio
from copy import copy
from dataclasses import dataclass
from inspect import isawaitable
from typing import TYPE_CHECKING, Final, Protocol

from prometheus_client.exposition import choose_encoder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Iterator

    from prometheus_client.metrics_core import Metric

SLICE: Final = 100
"""Samples; writing one takes about 15 µs."""
_END: Final = b"# EOF\n"


class Collected(Protocol):
    """Where the metrics come from: a registry, or somebody who has to ask for them first."""

    def collect(self) -> Iterable[Metric] | Awaitable[Iterable[Metric]]:
        """Every metric once."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a family, in the one respect in which an encoder knows a registry."""

    family: Metric

    def collect(self) -> Iterator[Metric]:
        yield self.family


async def metrics_page(source: Collected, accept: str) -> tuple[bytes, str]:
    """The page and its content type: OpenMetrics where `accept` asks for it, else the classic text."""
    encode, content_type = choose_encoder(accept)
    pieces: list[bytes] = []
    ended = False
    found = source.collect()
    for family in await found if isawaitable(found) else found:
        for start in range(0, max(1, len(family.samples)), SLICE):
            part = copy(family)
            part.samples = family.samples[start : start + SLICE]
            text = encode(_Piece(part))
            ended = ended or text.endswith(_END)
            text = text.removesuffix(_END)
            pieces.append(text if start == 0 else _without_heading(text))
            await asyncio.sleep(0)
    return b"".join(pieces) + (_END if ended else b""), content_type


def _without_heading(text: bytes) -> bytes:
    """A family says once what it is."""
    lines = text.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(b"# "))
