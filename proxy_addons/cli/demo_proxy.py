"""The demo's proxy: a real `why403 run` in a process of its own, with its boxes taken one by one."""

from __future__ import annotations

import contextlib
import queue
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proxy_addons.cli.complaint import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from proxy_addons.lab.server import Lab

_START_SECONDS: Final = 60
_FIRST_BOX_SECONDS: Final = 15
_NEXT_BOX_SECONDS: Final = 0.4
_STOP_SECONDS: Final = 20


@dataclass(slots=True)
class DemoProxy:
    """What is known of the running proxy: its ports, its authority, and the lines it has shown."""

    forward: str = ""
    admin: str = ""
    authority: str = ""
    _lines: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)

    @property
    def client_environment(self) -> dict[str, str]:
        """What a client has to know, as users would set it."""
        trust = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
        return {"HTTPS_PROXY": self.forward, "NO_PROXY": "127.0.0.1", **dict.fromkeys(trust, self.authority)}

    def put(self, line: str | None) -> None:
        """Take a line the proxy printed; None says that it has ended."""
        self._lines.put(line)

    def next_line(self, seconds: float) -> str | None:
        """The next line, or None where none comes in time or the proxy has ended."""
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            return None

    def read_banner(self) -> bool:
        """Learn ports and authority from what the proxy says when it is ready; False where it never does."""
        while not (self.forward and self.admin and self.authority):
            line = self.next_line(_START_SECONDS)
            if line is None:
                return False
            match = re.match(r"\s+(forward|admin|trust)\s+(\S+)", line)
            if match:
                setattr(self, {"trust": "authority"}.get(match[1], match[1]), match[2])
        return True

    def boxes(self) -> list[str]:
        """The boxes of what was just refused: waits for the first, then takes those that follow closely."""
        found: list[str] = []
        box: list[str] = []
        while (line := self.next_line(_NEXT_BOX_SECONDS if found else _FIRST_BOX_SECONDS)) is not None:
            if line.startswith("┌"):
                box = []
            box.append(line)
            if line.startswith("└"):
                found.append("\n".join(box))
        return found


@contextlib.contextmanager
def running_proxy(lab: Lab, directory: Path) -> Iterator[DemoProxy]:
    """Start the proxy before the lab, hand it out when it is ready, stop it afterwards."""
    command = [sys.executable, "-m", "proxy_addons.cli", "run"]
    command += ["--reverse-port", "0", "--forward-port", "0", "--admin-port", "0"]
    command += ["--confdir", str(directory / "proxy"), "--bundle-dir", str(directory / "bundles")]
    command += ["--store", str(directory / "failures.sqlite")]
    command += ["--upstream-ca", str(lab.ca_certificate_path)]
    command += [part for pair in lab.connect_to for part in ("--connect-to", pair)]
    (directory / "proxy").mkdir(exist_ok=True)
    log = directory / "proxy.log"
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(  # noqa: S603  # our own command, our own arguments
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, encoding="utf-8"
        )
        proxy = DemoProxy()
        threading.Thread(target=_collect, args=(process, proxy), name="proxy output", daemon=True).start()
        try:
            if not proxy.read_banner():
                raise Complaint(f"the proxy did not start; see {log}")
            yield proxy
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def _collect(process: subprocess.Popen[str], proxy: DemoProxy) -> None:
    for line in process.stdout or ():
        proxy.put(line.rstrip("\n"))
    proxy.put(None)
