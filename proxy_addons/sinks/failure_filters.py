"""Which failures somebody wants to see: one choice for stored ones, lines of the log and the pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETERS: Final[Mapping[str, str]] = {
    "group": "group",
    "cause": "cause",
    "service": "service",
    "app": "app",
    "request-id": "request_id",
}
"""What the texts of a choice are called in an address, and the field of each."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which failures; an empty text and None mean all. `since` is in milliseconds since 1970.

    `request_id` is the service's or the client's.
    """

    since: int | None = None
    group: str = ""
    cause: str = ""
    service: str = ""
    app: str = ""
    request_id: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """The texts that choose, as parameters of an address; none where nothing is left out but by time."""
        texts = {name: str(getattr(self, field)) for name, field in PARAMETERS.items()}
        return {name: text for name, text in texts.items() if text}
