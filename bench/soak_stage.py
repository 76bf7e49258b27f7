"""The stage of a soak: Microsoft and a real `why403 run` as processes, and what the proxy tells of itself."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.processes import OTHER_CORE, PROXY_CORE, free_port, running
from bench.soak_line import Doors
from bench.soak_upstream import HOSTS, write_certificates

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

RULE: Final = Path(__file__).parent / "graph-soak.yaml"


def _command(directory: Path, upstream: int, admin: int, reverse: int, forward: int) -> list[str]:
    """`why403 run` with everything on."""
    return [
        *(sys.executable, "-m", "proxy_addons.cli", "run", "--quiet", "--log-format", "json"),
        *("--reverse-port", str(reverse), "--forward-port", str(forward), "--admin-port", str(admin)),
        *("--confdir", str(directory / "conf"), "--upstream-ca", str(directory / "authority.pem")),
        *(part for host in HOSTS for part in ("--connect-to", f"{host}=127.0.0.1:{upstream}")),
        *("--store", str(directory / "failures.sqlite"), "--bundle-dir", str(directory / "bundles")),
        *("--rules", str(directory / "rules")),
    ]


@contextlib.contextmanager
def staged(directory: Path) -> Iterator[tuple[Doors, subprocess.Popen[bytes]]]:
    """Microsoft and the proxy, running."""
    write_certificates(directory)
    (directory / "rules" / "graph").mkdir(parents=True)
    shutil.copy(RULE, directory / "rules" / "graph")
    upstream, admin, reverse, forward = (free_port() for _ in range(4))
    microsoft = [sys.executable, "-m", "bench.soak_upstream", str(directory), str(upstream)]
    command = _command(directory, upstream, admin, reverse, forward)
    with (
        running(microsoft, upstream, directory / "microsoft.log", core=OTHER_CORE),
        running(command, forward, directory / "log", core=PROXY_CORE) as process,
    ):
        trust = ssl.create_default_context(cafile=str(directory / "conf" / "mitmproxy-ca-cert.pem"))
        yield Doors(reverse, forward, admin, trust), process


def metrics(page: str) -> dict[str, float]:
    """The series of a metrics page, by name and labels."""
    found = re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", page, re.MULTILINE)
    return {name: float(value) for name, value in found}


def total(series: dict[str, float], name: str) -> float:
    """A metric over all its labels."""
    return sum(value for key, value in series.items() if key.partition("{")[0] == name)


def log_errors(path: Path) -> list[str]:
    """Error lines of the log; the ones about the rule that is wrong now and then are wanted."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if entry["log.level"] in {"error", "critical"} and entry.get("event.name") != "why403.rules":
                found.append(str(entry["message"])[:300])
    return found


def written_rule(number: int) -> str:
    """The rule as it stands after so many changes; every fourth time it cannot be used."""
    text = RULE.read_text(encoding="utf-8").replace("title: ", f"title: {number}. ")
    return text if number % 4 else text.replace("gate:", "door:")
