"""The two ways a client reaches Microsoft through why403."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.proxy import RunningProxy

FORWARD: Final = "forward"
REVERSE: Final = "reverse"
TRUST: Final = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Way:
    """`forward`: HTTPS_PROXY, Microsoft's own addresses. `reverse`: addresses below the reverse port, no proxy."""

    name: str
    base: str = ""
    """`https://127.0.0.1:port` of the reverse port; empty for the forward port."""

    @classmethod
    @contextlib.contextmanager
    def opened(cls, name: str, proxy: RunningProxy) -> Iterator[Way]:
        """A way through this proxy; meanwhile the environment says what its user would have set."""
        with pytest.MonkeyPatch.context() as patch:
            for variable in TRUST:
                patch.setenv(variable, str(proxy.authority))
            patch.setenv("NO_PROXY", "127.0.0.1")
            if name == REVERSE:
                patch.delenv("HTTPS_PROXY", raising=False)
                yield cls(name, f"https://127.0.0.1:{proxy.reverse}")
            else:
                patch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.forward}")
                yield cls(name)

    def url(self, meant: str) -> str:
        """The address to give a client for one of Microsoft's."""
        return f"{self.base}/{meant.removeprefix('https://')}" if self.base else meant

    def host(self, meant: str) -> str:
        """The host a client will find in its address."""
        return urlsplit(self.url(f"https://{meant}/")).hostname or ""


class ReverseSession(requests.Session):
    """A session that takes every call its way.

    msal and azure-identity learn the token endpoint from the discovery document, where it stands with Microsoft's own
    host; `http_client` and `transport` are the places where they let their user say otherwise.
    """

    def __init__(self, way: Way) -> None:
        super().__init__()
        self._way = way

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Address a request below the reverse port, if that is the way and it is not there already."""
        meant = str(request.url)
        if not (self._way.base and meant.startswith(self._way.base)):
            request.url = self._way.url(meant)
        return super().prepare_request(request)
