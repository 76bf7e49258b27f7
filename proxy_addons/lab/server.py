"""The lab as a server: one HTTPS port, routed by the Host header to the face of Microsoft 365 the client meant."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.requests import Request

from proxy_addons.lab.accounts import CONTOSO
from proxy_addons.lab.asked import Asked
from proxy_addons.lab.authority import CertificateFiles, write_certificates
from proxy_addons.lab.faces import answer
from proxy_addons.lab.registered_apps import app_named
from proxy_addons.lab.tenant import Tenant, wall_clock
from proxy_addons.lab.well_known import ALL_HOSTS, CONTROL_HOSTS, MICROSOFT_HOSTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from proxy_addons.lab.app_registrations import AppRegistration

    type Witness = Callable[[Asked, Response], None]
    """Sees every request as it arrived and its answer just before it leaves, on the lab's own thread."""

_SHUTDOWN_SECONDS: Final = 3
_BODY_LIMIT: Final = 4 * 1024 * 1024


def _nobody(_asked: Asked, _answered: Response) -> None:
    """The witness of a lab nobody watches."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A running lab: where it listens, whom to trust, and the tenant inside, whose switches may be changed any time."""

    address: str
    """`127.0.0.1:port`, as `--connect-to HOST=ADDRESS` takes it."""
    port: int
    certificates: CertificateFiles
    tenant: Tenant

    @property
    def ca_certificate_path(self) -> Path:
        """The PEM file a client has to trust."""
        return self.certificates.ca

    @property
    def tenant_id(self) -> str:
        """Contoso's tenant id."""
        return CONTOSO.tenant_id

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names to send to `address`."""
        return ALL_HOSTS

    @property
    def connect_to(self) -> tuple[str, ...]:
        """One `HOST=ADDRESS` for each of Microsoft's hosts, ready for the proxy's option."""
        return tuple(f"{host}={self.address}" for host in MICROSOFT_HOSTS)

    @property
    def control_url(self) -> str:
        """Where the switches are read and changed over HTTP."""
        return f"https://{self.address}/tenant"

    def app(self, name: str) -> AppRegistration:
        """A registered application by its short name. Raises `KeyError`, naming those there are."""
        return app_named(name)

    @classmethod
    @contextlib.asynccontextmanager
    async def started(
        cls,
        directory: Path,
        *,
        port: int = 0,
        clock: Callable[[], datetime] = wall_clock,
        witness: Witness = _nobody,
    ) -> AsyncIterator[Lab]:
        """A lab on this event loop; `directory` receives the certificates, port 0 takes any free one.

        Raises `OSError` where the directory cannot be written or the port is taken.
        """
        certificates = write_certificates(directory, (*ALL_HOSTS, *CONTROL_HOSTS), wall_clock())
        tenant = Tenant(clock=clock, client_certificate=certificates.client.read_bytes())
        listener = socket.create_server(("127.0.0.1", port))
        # asyncio does this only where the socket names its protocol; without it every answer waits some 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chosen = int(listener.getsockname()[1])
        server = _EmbeddedServer(_configuration(tenant, certificates, witness))
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield cls(f"127.0.0.1:{chosen}", chosen, certificates, tenant)
        finally:
            server.should_exit = True
            await serving

    @classmethod
    @contextlib.contextmanager
    def running(
        cls,
        directory: Path,
        *,
        port: int = 0,
        clock: Callable[[], datetime] = wall_clock,
        witness: Witness = _nobody,
    ) -> Iterator[Lab]:
        """A lab on a thread of its own, for blocking clients such as exchangelib; else as `started`."""
        ready: Future[Lab] = Future()
        stop = threading.Event()

        async def live() -> None:
            try:
                async with cls.started(directory, port=port, clock=clock, witness=witness) as lab:
                    ready.set_result(lab)
                    await asyncio.to_thread(stop.wait)
            except OSError as problem:
                ready.set_exception(problem)

        thread = threading.Thread(target=lambda: asyncio.run(live()), name="lab", daemon=True)
        thread.start()
        try:
            yield ready.result()
        finally:
            stop.set()
            thread.join()


async def serve(port: int, directory: Path, ready: Callable[[Lab], None] | None = None) -> None:
    """Run a lab until the task is cancelled; for the command line. Raises `OSError` as `Lab.started` does.

    `ready` is called once, when the port takes connections: print the address there.
    """
    async with Lab.started(directory, port=port) as lab:
        if ready is not None:
            ready(lab)
        await asyncio.Event().wait()


class _EmbeddedServer(uvicorn.Server):
    """uvicorn without its signal handlers: Ctrl-C belongs to the program the lab runs in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Hang up first: a client's idle connection would keep the TLS farewell waiting for its answer."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


def _configuration(tenant: Tenant, certificates: CertificateFiles, witness: Witness) -> uvicorn.Config:
    """Microsoft's hosts name their servers themselves, and the Date is the tenant's clock, so uvicorn adds neither."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        asked = await _read(Request(scope, receive))
        response = answer(tenant, asked).sent(tenant.clock())
        witness(asked, response)
        await response(scope, receive, send)

    return uvicorn.Config(
        application,
        ssl_certfile=certificates.server_chain,
        ssl_keyfile=certificates.server_key,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
        lifespan="off",
        server_header=False,
        date_header=False,
        access_log=False,
        log_config=None,
        ws="none",
        http="h11",  # keeps the spelling of header names; httptools is optional
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )


async def _read(request: Request) -> Asked:
    """The whole request. A body beyond the limit is cut: no operation of the lab needs more."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= _BODY_LIMIT:
            chunks.append(chunk)
    host = request.headers.get("host", "").partition(":")[0].lower()
    return Asked(request.method, host, request.url.path, request.url.query, request.headers, b"".join(chunks))
