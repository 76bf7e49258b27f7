"""Asking the admin port of a running proxy, and what is said where it gives no answer."""

from __future__ import annotations

import http.client
import os
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer

from proxy_addons.cli.complaint import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.settings import Settings

TOKEN_VARIABLE: Final = "WHY403_ADMIN_TOKEN"  # noqa: S105  # the variable's name
LONGEST_ANSWER: Final = 64 * 1024 * 1024
_SECONDS: Final = 10.0
_EVERYWHERE: Final[Mapping[str, str]] = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nothing is bound here
_OK, _BAD_REQUEST, _UNAUTHORIZED, _NOT_FOUND = 200, 400, 401, 404

UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        help="The proxy's admin address, like http://127.0.0.1:9403; that of the settings when not given. A token it "
        "wants stands in WHY403_ADMIN_TOKEN.",
    ),
]


class NoAnswerError(Exception):
    """Nothing answered, or what answered broke off; the text says why."""


@dataclass(frozen=True, slots=True)
class AdminPort:
    """Where a proxy's admin port is, and the token for it."""

    scheme: str
    host: str
    port: int
    token: str = ""

    @property
    def url(self) -> str:
        """As one types it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def ask(self, path: str) -> bytes:
        """The answer to GET. Raises NoAnswerError, and Complaint where there is an answer of another kind."""
        with self.opened(path, _SECONDS) as answer:
            try:
                body = answer.read(LONGEST_ANSWER + 1)
            except (OSError, http.client.HTTPException) as error:
                raise NoAnswerError(_reason(error)) from None
        if len(body) > LONGEST_ANSWER:
            raise Complaint(f"{self.url}: answers with more than can be meant. Name the admin port of a proxy: --url")
        return body

    @contextmanager
    def opened(self, path: str, seconds: float) -> Iterator[http.client.HTTPResponse]:
        """An answer to be read as it comes; `seconds` is for how long it may be silent. Raises as `ask` does."""
        connection = self._connection(seconds)
        try:
            try:
                headers = {"Accept": "*/*", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                raise NoAnswerError(_reason(error)) from None
            self._check(answer, path)
            yield answer
        finally:
            connection.close()

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        if self.scheme == "https":
            return http.client.HTTPSConnection(
                self.host, self.port, timeout=seconds, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(self.host, self.port, timeout=seconds)

    def _check(self, answer: http.client.HTTPResponse, path: str) -> None:
        if answer.status == _OK:
            return
        if answer.status == _UNAUTHORIZED:
            wrong = "takes another token" if self.token else "wants a token"
            raise Complaint(f"{self.url} {wrong}. Put the one it was started with into {TOKEN_VARIABLE}")
        if answer.status == _BAD_REQUEST:
            raise Complaint(
                f"{self.url} does not answer to this name. Give its address, or start it with --admin-names {self.host}"
            )
        if answer.status == _NOT_FOUND:
            raise Complaint(f"{self.url} knows no {path.partition('?')[0]}: it is another program or an older why403")
        raise NoAnswerError(f"it answered {answer.status}")


def admin_port(url: str | None, settings: Settings) -> AdminPort:
    """The admin port that was named, else that of the settings. Raises Complaint."""
    token = os.environ.get(TOKEN_VARIABLE, "")
    if url is None:
        if not settings.admin_port:
            raise Complaint("the settings let the system choose the admin port (0). Name the one in use with --url")
        host = _EVERYWHERE.get(settings.admin_host, settings.admin_host)
        return AdminPort("http", host, settings.admin_port, token)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None or parts.query:
        # The text may hold a password and is not repeated.
        raise Complaint(f"--url is no address of an admin port. Write http://127.0.0.1:{settings.admin_port or 9403}")
    return AdminPort(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), token)


def no_proxy_there(place: AdminPort, error: NoAnswerError) -> Complaint:
    """What a person is told where nothing answered."""
    return Complaint(
        f"no proxy answers at {place.url}: {error}. Is `why403 run` running? Name its admin port with --url "
        "(it prints the address as `admin`)"
    )


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {_SECONDS:g} seconds"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or 'handshake'})"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "it speaks no HTTP"
