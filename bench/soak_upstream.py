"""Microsoft as the soak plays it: one TLS port whose answers are chosen by the path, in a process of its own.

`python -m bench.soak_upstream DIRECTORY PORT` serves until it is ended; `bench.soak` starts it. nginx would do for the
healthy calls, but not for refusals of many kinds, answers that come late and answers that break off.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trustme

if TYPE_CHECKING:
    from collections.abc import Iterable

GRAPH: Final = "graph.microsoft.com"
EXCHANGE: Final = "outlook.office365.com"
ENTRA: Final = "login.microsoftonline.com"
HOSTS: Final = (GRAPH, EXCHANGE, ENTRA)

HEALTHY: Final = json.dumps(
    {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata", "value": "y" * 940}
).encode()
_PIECE: Final = bytes(64 * 1024)
_REQUEST_ID: Final = "7f1d6f0e-6a5b-4f0e-9a3e-0d1c2b3a4f5e"
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many",
}


def _graph_error(code: str, message: str) -> bytes:
    inner = {"date": "2026-11-21T09:00:00", "request-id": _REQUEST_ID, "client-request-id": _REQUEST_ID}
    return json.dumps({"error": {"code": code, "message": message, "innerError": inner}}).encode()


_CHALLENGE: Final = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
_REFUSALS: Final = (
    (403, "", _graph_error("Authorization_RequestDenied", "Insufficient privileges to complete the operation.")),
    (403, "", _graph_error("ErrorAccessDenied", "Access is denied. Check credentials and try again.")),
    (403, "", _graph_error("accessDenied", "Either scp or roles claim need to be present in the token.")),
    (401, _CHALLENGE, _graph_error("InvalidAuthenticationToken", "Access token has expired or is not yet valid.")),
    (401, _CHALLENGE, _graph_error("InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")),
    (403, "", _graph_error("Forbidden", "Application is not allowed to perform this operation.")),
)
_BATCH: Final = json.dumps(
    {
        "responses": [
            {"id": "1", "status": 200, "headers": {"Content-Type": "application/json"}, "body": {"value": "x" * 900}},
            {"id": "2", "status": 403, "headers": {}, "body": json.loads(_REFUSALS[0][2])},
        ]
    }
).encode()
_EWS: Final = (
    b'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    b'<m:GetFolderResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><m:ResponseMessages>'
    b'<m:GetFolderResponseMessage ResponseClass="Error"><m:MessageText>Access is denied. Check credentials and try '
    b"again.</m:MessageText><m:ResponseCode>ErrorAccessDenied</m:ResponseCode></m:GetFolderResponseMessage>"
    b"</m:ResponseMessages></m:GetFolderResponse></s:Body></s:Envelope>"
)
_ISSUED: Final = itertools.count(10_000_000)


def made_token(number: int, *, users: int = 0, audience: str = f"https://{GRAPH}") -> str:
    """A token no other number has, of the usual length; its signature is nothing. With `users` it is one of so many."""

    def part(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    person = f"{number % users:012d}" if users else ""
    whose: dict[str, object] = (
        {
            "idtyp": "user",
            "scp": "User.Read Mail.Read",
            "oid": f"5e2a7c41-90d3-4b6f-8a15-{person}",
            "upn": f"person{person}@contoso.com",
        }
        if users
        else {"idtyp": "app", "roles": ["User.Read.All", "Mail.Read"], "wids": ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"]}
    )
    claims = {
        "aud": audience,
        "iss": "https://sts.windows.net/6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21/",
        "iat": 1_790_000_000,
        "nbf": 1_790_000_000,
        "exp": 1_990_000_000,
        "appid": f"3c9a7e15-6f42-4d8b-b0a1-{number % 50:012d}",
        "tid": "6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21",
        "uti": f"soak{number:018d}",
        "ver": "1.0",
        "xms_filler": "x" * 300,
        **whose,
    }
    header = part({"typ": "JWT", "alg": "RS256", "kid": "x5t", "nonce": "n" * 40})
    return f"{header}.{part(claims)}.{base64.urlsafe_b64encode(b's' * 256).decode().rstrip('=')}"


class Microsoft(asyncio.Protocol):
    """One connection: requests one after the other, their bodies counted and thrown away."""

    def __init__(self) -> None:
        self._buffer = b""
        self._head = b""
        self._missing = 0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = transport

    def pause_writing(self) -> None:
        """Wait: the reader is slower than we are."""
        self._flowing.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self._flowing.set()

    def connection_lost(self, _: Exception | None) -> None:
        """Stop answering."""
        self._flowing.set()
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Take in a head, then its body, then the next one."""
        while data or self._buffer:
            if self._missing:
                taken = min(self._missing, len(data))
                self._missing, data = self._missing - taken, data[taken:]
                if self._missing:
                    return
                self._answer()
                continue
            head, mark, rest = (self._buffer + data).partition(b"\r\n\r\n")
            if not mark:
                self._buffer = head
                return
            self._head, self._buffer, data = head, b"", rest
            self._missing = _length(head)
            if not self._missing:
                self._answer()

    def _answer(self) -> None:
        path = self._head.split(b" ", 2)[1].decode("latin-1")
        head, _, rest = path.removeprefix("/").partition("/")
        if head == "large":
            self._task = asyncio.ensure_future(self._large(int(rest)))
        elif head == "late":
            asyncio.get_running_loop().call_later(float(rest) / 1000, self._send, 200, HEALTHY)
        elif head == "broken":
            self._send(200, HEALTHY[:100], length=len(HEALTHY))
            self._close()
        elif head == "refused":
            status, challenge, body = _REFUSALS[int(rest.partition("/")[0]) % len(_REFUSALS)]
            self._send(status, body, *([f"WWW-Authenticate: {challenge}"] if challenge else []))
        elif path.endswith("$batch"):
            self._send(200, _BATCH)
        elif head == "EWS":
            self._send(200, _EWS, kind="text/xml; charset=utf-8")
        elif path.endswith("/oauth2/v2.0/token"):
            answer = {"token_type": "Bearer", "expires_in": 3599, "access_token": made_token(next(_ISSUED))}
            self._send(200, json.dumps(answer).encode())
        else:
            self._send(200, HEALTHY)

    def _send(
        self, status: int, body: bytes, *more: str, length: int | None = None, kind: str = "application/json"
    ) -> None:
        self._write(_head(status, len(body) if length is None else length, kind, more) + body)

    async def _large(self, size: int) -> None:
        self._write(_head(200, size, "application/octet-stream", ()))
        while size:
            await self._flowing.wait()
            piece = _PIECE[: min(size, len(_PIECE))]
            size -= len(piece)
            self._write(piece)

    def _write(self, data: bytes) -> None:
        if isinstance(self._transport, asyncio.WriteTransport) and not self._transport.is_closing():
            self._transport.write(data)

    def _close(self) -> None:
        self._transport.close()


def _head(status: int, length: int, kind: str, more: Iterable[str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {_REASONS[status]}",
        f"Content-Type: {kind}",
        f"Content-Length: {length}",
        f"request-id: {_REQUEST_ID}",
        'x-ms-ags-diagnostic: {"ServerInfo":{"DataCenter":"West Europe","Ring":"5"}}',
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def write_certificates(directory: Path) -> Path:
    """Certificate and key for the hosts in a directory; the file with the authority to trust."""
    authority = trustme.CA()
    certificate = authority.issue_cert(*HOSTS)
    certificate.private_key_and_cert_chain_pem.write_to_path(str(directory / "upstream.pem"))
    authority.cert_pem.write_to_path(str(directory / "authority.pem"))
    return directory / "authority.pem"


async def serve(directory: Path, port: int) -> None:
    """Serve for ever."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "upstream.pem")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Microsoft, "127.0.0.1", port, ssl=context, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
