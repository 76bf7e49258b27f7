"""`why403 lab`: the simulated tenant, for trying things without one of your own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from proxy_addons.cli.complaint import Complaint


def lab(
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8443,
    directory: Annotated[
        Path, typer.Option(metavar="DIRECTORY", help="Where the lab's certificates are written.")
    ] = Path("why403-lab"),
) -> None:
    """Run a simulated Microsoft 365 tenant here.

    It plays Entra, Graph and Exchange, and needs no network and no account. Point the proxy at it with the options it
    prints, and clients may use Microsoft's own host names.
    """
    import asyncio

    try:
        asyncio.run(_serve(port, directory))
    except OSError as error:
        place, option = (directory, "--directory") if error.filename else (f"port {port} on 127.0.0.1", "--port")
        # asyncio puts sentences of its own into strerror; the number says it in the system's words.
        reason = os.strerror(error.errno) if error.errno else "no access"
        raise Complaint(f"the lab cannot start: {place}: {reason}. Choose another with {option}") from None


async def _serve(port: int, directory: Path) -> None:
    import asyncio

    from proxy_addons.lab.server import Lab

    async with Lab.started(directory, port=port) as running:
        typer.echo(f"A simulated tenant (Contoso, {running.tenant_id}) answers on {running.address}.\n")
        typer.echo("Send traffic to it through the proxy:\n")
        options = " \\\n    ".join(f"--connect-to {pair}" for pair in running.connect_to)
        typer.echo(f"  why403 run --upstream-ca {running.ca_certificate_path} \\\n    {options}\n")
        typer.echo(f"Its switches: {running.control_url}   Its apps and users: docs/lab.md   Stop with Ctrl-C.")
        await asyncio.Event().wait()
