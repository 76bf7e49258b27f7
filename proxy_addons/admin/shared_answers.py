"""One answer for everybody who asks the same thing at once: two hundred open pages cost what one does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SHARED_SECONDS: Final = 0.5
"""Less than a page waits after it was told of a change, so that it never gets an answer from before that."""
KEPT_AT_MOST: Final = 64


class SharedAnswers:
    """The answers under way and those of the last moment."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, asyncio.Future[bytes]]] = {}

    async def get(self, question: str, answer: Callable[[], Awaitable[bytes]]) -> bytes:
        """The answer to a question: the one there is, else a new one. Raises what `answer` raises."""
        now = asyncio.get_running_loop().time()
        self._kept = {name: kept for name, kept in self._kept.items() if kept[0] > now or not kept[1].done()}
        kept = self._kept.get(question)
        if kept is None:
            if len(self._kept) >= KEPT_AT_MOST:
                return await answer()
            kept = self._kept[question] = (now + SHARED_SECONDS, asyncio.ensure_future(answer()))
        # Whoever leaves does not take the answer away from the others.
        return await asyncio.shield(kept[1])
