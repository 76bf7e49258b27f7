"""Who may see the pages: everybody on this machine, elsewhere whoever knows WHY403_ADMIN_TOKEN.

The token comes from the environment alone, never from an argument, which every user of a machine can read. A browser
proves once that it knows the token and then carries a cookie made from it, so that any replica with the same token
takes it, and nothing has to be kept.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.setting_values import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.settings import Settings

TOKEN_VARIABLE: Final = "WHY403_ADMIN_TOKEN"  # noqa: S105  # the variable's name
SHORTEST_TOKEN: Final = 16
SESSION_SECONDS: Final = 12 * 3600
_LOCAL_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_MAKE_ONE: Final = f"export {TOKEN_VARIABLE}=$(openssl rand -hex 16)"


class AccessError(Exception):
    """The admin port cannot be opened as it was asked for; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the admin port asks of those who call it. Without a token the pages are open."""

    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    token: str = ""
    protect_metrics: bool = False

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the port."""
        return is_loopback(self.host)

    def answers_to(self, host: str) -> bool:
        """Whether a Host header names us: a web page elsewhere can let its own name resolve to our address."""
        name = host.rpartition(":")[0] if _has_port(host) else host
        own = f"[{self.host}]" if ":" in self.host else self.host
        return name.lower() in {*_LOCAL_NAMES, own, *self.names} and name != ""

    def knows(self, given: str) -> bool:
        """Whether this is the token. Takes the same time whatever is given."""
        return bool(self.token) and hmac.compare_digest(given.encode(), self.token.encode())

    def session(self, now: float) -> str:
        """A cookie for somebody who knows the token; good until a moment it names."""
        ends = str(int(now) + SESSION_SECONDS)
        return f"{ends}.{self._signed(ends)}"

    def in_session(self, cookie: str, now: float) -> bool:
        """Whether a cookie is one of ours, made with this token, and still good."""
        ends, _, signature = cookie.partition(".")
        if not ends.isascii() or not ends.isdecimal() or not self.token:
            return False
        return hmac.compare_digest(signature.encode(), self._signed(ends).encode()) and int(ends) > now

    def _signed(self, ends: str) -> str:
        return hmac.new(self.token.encode(), f"why403 admin session {ends}".encode(), hashlib.sha256).hexdigest()


def admin_access(settings: Settings, environment: Mapping[str, str]) -> Access:
    """What the settings and the environment demand. Raises AccessError where a token is missing or too short."""
    token = environment.get(TOKEN_VARIABLE, "")
    access = Access(settings.admin_host, settings.admin_names, token, settings.protect_metrics)
    if token and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable()):
        raise AccessError(
            f"{TOKEN_VARIABLE} is no good token: it needs at least {SHORTEST_TOKEN} printable ASCII characters. "
            f"Remedy: {_MAKE_ONE}"
        )
    if not token and not access.local:
        raise AccessError(
            f"--admin-host {access.host} shows the pages to other machines, and {TOKEN_VARIABLE} is not set. "
            f"Remedy: {_MAKE_ONE}, or leave --admin-host out"
        )
    if not token and access.protect_metrics:
        raise AccessError(f"--protect-metrics needs a token, and {TOKEN_VARIABLE} is not set. Remedy: {_MAKE_ONE}")
    return access


def _has_port(host: str) -> bool:
    return host.rpartition(":")[2].isdecimal() and not host.endswith("]")
