"""`why403 demo`: a simulated tenant, the real proxy, real clients; every refusal explained as it happens."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.request import ProxyHandler, build_opener

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from proxy_addons.cli.demo_clients import Scene
    from proxy_addons.cli.demo_proxy import DemoProxy
    from proxy_addons.lab.server import Lab

_CLIENTS: Final = ("exchangelib", "msal", "httpx")
_WIDTH: Final = 88
_LONGEST_COMPLAINT: Final = 240
_COUNTED: Final = ("why403_exchanges_total", "why403_failures_total", "why403_tokens_total", "why403_redactions_total")


def demo(
    directory: Annotated[
        Path, typer.Option(metavar="DIRECTORY", help="Where the demo keeps its certificates and its bundles.")
    ] = Path("why403-demo"),
) -> None:
    """Watch real clients being refused, and why.

    Real clients make calls which a simulated tenant refuses; each refusal is explained as it happens. It needs no
    network and no account.
    """
    missing = [name for name in _CLIENTS if importlib.util.find_spec(name) is None]
    if missing:
        raise Complaint(
            f"the demo drives real clients, and {', '.join(missing)} is not installed: pip install 'why403[demo]'"
        )
    from proxy_addons.cli.demo_clients import scenes
    from proxy_addons.cli.demo_proxy import running_proxy
    from proxy_addons.lab.server import Lab

    directory.mkdir(parents=True, exist_ok=True)
    with Lab.running(directory / "lab") as lab, running_proxy(lab, directory) as proxy:
        os.environ.update(proxy.client_environment)
        played = scenes(lab)
        typer.echo(
            f"Contoso, a simulated tenant, answers on {lab.address}; why403 stands before it.\n{len(played)} calls "
            "follow that Microsoft 365 would refuse: first what the client says, then what why403 says.\n"
        )
        unexplained = sum(not _play(number, scene, lab, proxy) for number, scene in enumerate(played, 1))
        _summary(proxy, directory)
        _show_page(proxy, directory)
    if unexplained:
        typer.echo(f"{unexplained} refusals were not explained; {directory}/proxy.log may say why.", err=True)
        raise typer.Exit(ExitCode.OWN_ERROR)


def _play(number: int, scene: Scene, lab: Lab, proxy: DemoProxy) -> bool:
    """Play one scene and show both accounts of it; False where why403 had nothing to say."""
    lab.tenant.change_to(scene.switches)
    typer.secho(f"{number}. {scene.title}", bold=True)
    try:
        scene.play(lab)
        complaint = "nothing: the call went through"
    except Exception as error:  # noqa: BLE001  # whatever a client throws at its user is what the demo is about
        complaint = f"{type(error).__name__}: {error}" if type(error) is not RuntimeError else str(error)
    finally:
        lab.tenant.reset()
    said = textwrap.shorten(" ".join(complaint.split()), _LONGEST_COMPLAINT, placeholder=" ...")
    typer.echo(textwrap.fill(f"The client says: {said}", _WIDTH, initial_indent="   ", subsequent_indent="   "))
    boxes = proxy.boxes()
    for box in dict.fromkeys(boxes):
        typer.echo(box)
    typer.echo("")
    return bool(boxes)


def _summary(proxy: DemoProxy, directory: Path) -> None:
    """What a dashboard would show, and where the evidence lies."""
    opener = build_opener(ProxyHandler({}))
    with opener.open(f"{proxy.admin}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    typer.secho(f"In numbers ({proxy.admin}/metrics)", bold=True)
    for line in lines:
        name, _, value = line.rpartition(" ")
        if name.startswith(_COUNTED) and float(value) > 0:
            typer.echo(f"  {name}  {float(value):g}")
    bundles = sorted((directory / "bundles").glob("*.zip"), key=lambda path: path.stat().st_mtime)
    typer.secho("\nFor a support case", bold=True)
    typer.echo(f"  {len(bundles)} bundles, swept for secrets and names, in {directory / 'bundles'}")
    if bundles:
        typer.echo(f"  the last one: {bundles[-1]}")


def _show_page(proxy: DemoProxy, directory: Path) -> None:
    """The address of the live page. Where nobody sits before a terminal nobody is waited for."""
    typer.secho("\nIn a browser", bold=True)
    if sys.stdin.isatty() and sys.stdout.isatty():
        typer.echo(f"  {proxy.admin} shows all of this, live. Press Enter to end the demo.")
        # Ctrl-C and Ctrl-D end it as well.
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            input()
    else:
        again = f"why403 run --store {directory / 'failures.sqlite'}"
        typer.echo(f"  {proxy.admin} showed all of this, live. `{again}` shows it again.")
