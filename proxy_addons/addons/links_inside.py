"""An address of Microsoft's turned into one that leads through the reverse port: `https://<here>/<host>...`.

Only the beginning changes, scheme and host; path, query and their escapes stay byte for byte, so that a page's token is
never read. An address of a host the proxy does not reach stays as it is, and so does one on another port than 443.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

LONGEST_BEGINNING: Final = 300
"""No scheme and host is longer (RFC 1035 allows a host 253), however its slashes are written."""

_BEGINNING: Final = re.compile(
    rb"(?P<blank>\s*)https:(?P<slash>\\?/)\\?/(?P<host>[A-Za-z0-9_.-]{1,253}?)\.?(?::443)?(?=[/?#\\\"<\s]|\Z)",
    re.IGNORECASE,
)
"""JSON may write a slash as `\\/`."""

_CALLED: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?\Z")


@dataclass(frozen=True, slots=True)
class Inside:
    """How one client reaches the reverse port, and which hosts it reaches through it."""

    base: str
    """`https://127.0.0.1:8403`: the scheme and host the client itself called."""
    hosts: Container[str]
    by_name: str = ""
    """Set where the client calls a host of Microsoft's by name, and DNS leads it here: that host in lower case."""

    def address(self, text: bytes) -> bytes:
        """The address that `text` begins with, leading through here; the same text where it stays as it is."""
        found = _BEGINNING.match(text)
        if found is None:
            return text
        host = found["host"].lower()
        if host.decode() not in self.hosts or (self.by_name and host.decode() != self.by_name):
            return text
        slash = found["slash"]
        base = self.base.encode().replace(b"/", slash)
        return found["blank"] + (base if self.by_name else base + slash + host) + text[found.end() :]


def called_as(host_header: str, otherwise: str) -> str:
    """Host and port a client called, from its Host header; `otherwise` where that is none anybody could call again."""
    return host_header if _CALLED.match(host_header) else otherwise
