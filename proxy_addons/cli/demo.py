"""`why403 demo`: a simulated tenant, the real proxy, real clients; every refusal explained as it happens."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.request import urlopen

import typer

from proxy_addons.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.cli.demo_clients import Scene
    from proxy_addons.lab.server import Lab

_CLIENTS: Final = ("exchangelib", "msal", "httpx")
_START_SECONDS: Final = 30
_BOX_SECONDS: Final = 10
_LONG: Final = 150


def demo(
    directory: Annotated[
        Path, typer.Option(metavar="DIRECTORY", help="Where the demo keeps its certificates and its bundles.")
    ] = Path("why403-demo"),
) -> None:
    """Watch real clients being refused, each refusal explained. Needs no network and no account."""
    missing = [name for name in _CLIENTS if importlib.util.find_spec(name) is None]
    if missing:
        raise typer.BadParameter(
            f"the demo drives real clients, and {', '.join(missing)} is not installed: pip install 'why403[demo]'"
        )
    from proxy_addons.lab.server import Lab  # noqa: PLC0415  # keeps --help fast

    bundles = directory / "bundles"
    bundles.mkdir(parents=True, exist_ok=True)
    with Lab.running(directory / "lab") as lab, _proxy(lab, directory, bundles) as proxy:
        explained = _play(lab, proxy)
        _summary(proxy, bundles)
    if explained < len(proxy.scenes):
        typer.echo(f"{len(proxy.scenes) - explained} refusals were not explained.", err=True)
        raise typer.Exit(ExitCode.OWN_ERROR)


class Proxy:
    """A running `why403 run`: its boxes one by one, and where its admin port is."""

    def __init__(self, process: subprocess.Popen[str], scenes: tuple[Scene, ...]) -> None:
        self.process = process
        self.scenes = scenes
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="proxy output", daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def next_line(self, seconds: float) -> str | None:
        """The next line the proxy prints, or None where none comes in time or the proxy has ended."""
        try:
            return self.lines.get(timeout=seconds)
        except queue.Empty:
            return None

    def boxes(self) -> Iterator[str]:
        """The boxes of what was just refused: waits for the first, then takes those that have come already."""
        box: list[str] = []
        patience: float = _BOX_SECONDS
        while (line := self.next_line(patience)) is not None:
            if line.startswith("┌"):
                box = []
            box.append(line)
            if line.startswith("└"):
                patience = 0.3
                yield "\n".join(box)


@contextlib.contextmanager
def _proxy(lab: Lab, directory: Path, bundles: Path) -> Iterator[Proxy]:
    from proxy_addons.cli.demo_clients import scenes  # noqa: PLC0415  # imports the clients, seconds of work

    command = [sys.executable, "-m", "proxy_addons", "run", "--reverse-port", "0", "--forward-port", "0"]
    command += ["--admin-port", "0", "--confdir", str(directory / "proxy"), "--upstream-ca", str(lab.ca_certificate_path)]
    command += ["--bundle-dir", str(bundles), *(part for pair in lab.connect_to for part in ("--connect-to", pair))]
    log = (directory / "proxy.log").open("w", encoding="utf-8")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8")  # noqa: S603  # our own command
    try:
        proxy = Proxy(process, scenes(lab))
        yield proxy
    finally:
        process.terminate()
        process.wait(_START_SECONDS)
        log.close()
