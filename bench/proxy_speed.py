"""Exchanges a second against stock mitmdump, side by side: `.venv/bin/python -m bench.proxy_speed [--seconds N]`.

Each round drives both proxies in turn, so that a machine that gets slower makes both slower; the ratio of the medians
is what counts. Both sides see the same requests, with a token as Graph gets it, and the same answers of 1 KB.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.stage import (
    GRAPH,
    PROXY_CORE,
    Load,
    Upstream,
    free_port,
    load,
    mitmdump_command,
    need,
    running,
    running_upstream,
    why403_command,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

RESULTS: Final = Path(__file__).parent / "results"
ROUNDS: Final = 3


@dataclass(frozen=True)
class Case:
    """What is asked, and the ratio to reach. `every`: one request in so many is refused; `kinds`: in so many ways."""

    name: str
    every: int
    kinds: int
    target: float


CASES: Final = (
    Case("healthy", 0, 1, 1.8),
    Case("5 % refused", 20, 1, 1.5),
    Case("all refused, one kind", 1, 1, 1.2),
    Case("all refused, 1,000 kinds", 1, 1000, 0.8),
)


@dataclass(frozen=True)
class Row:
    """What came of a case: medians of the rounds, the ratio of the two, and every run behind them."""

    case: str
    target: float
    ratio: float
    per_second: Mapping[str, float]
    p99_milliseconds: Mapping[str, float]
    runs: Mapping[str, list[Load]]


def say(line: str) -> None:
    """A line at once: whoever waits wants to see it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def line_of(row: Row) -> str:
    """A row of the table."""
    rates = (f"{row.per_second[name]:.0f}" for name in ("why403", "mitmdump"))
    slowest = (f"{row.p99_milliseconds[name]:.1f} ms" for name in ("why403", "mitmdump"))
    return "| " + " | ".join([row.case, *rates, f"{row.ratio}", f"{row.target}", *slowest]) + " |"


def compare(upstream: Upstream, directory: Path, case: Case, seconds: int) -> Row:
    """Both proxies with TLS on both sides, through their reverse ports."""
    ours, stock = free_port(), free_port()
    target = f"reverse:https://127.0.0.1:{upstream.tls}"
    runs: dict[str, list[Load]] = {"why403": [], "mitmdump": []}
    script = {"every": case.every, "kinds": case.kinds}
    requests: Mapping[str, tuple[int, str, str]] = {
        "why403": (ours, f"/{GRAPH}", "127.0.0.1"),
        "mitmdump": (stock, "", GRAPH),
    }
    with (
        running(why403_command(upstream, directory, ours, free_port()), ours, core=PROXY_CORE),
        running(mitmdump_command(upstream, directory, stock, target), stock, core=PROXY_CORE),
    ):
        for _ in range(ROUNDS):
            for name, (port, prefix, host) in requests.items():
                paths = {"healthy": f"{prefix}/v1.0/users", "refused": f"{prefix}/refused", "host": host}
                runs[name].append(load(directory, f"https://127.0.0.1:{port}", {**script, **paths}, seconds))
    medians = {name: statistics.median(run.per_second for run in loads) for name, loads in runs.items()}
    p99 = {name: statistics.median(run.p99 for run in loads) for name, loads in runs.items()}
    return Row(case.name, case.target, round(medians["why403"] / medians["mitmdump"], 2), medians, p99, runs)


def main() -> None:
    """Compare, print a table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="length of one run")
    parser.add_argument("--case", help="only the case of this name")
    chosen = parser.parse_args()
    need("nginx", "wrk", "taskset")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch, running_upstream(Path(scratch)) as upstream:
        say("| case | why403 | mitmdump | ratio | target | p99 why403 | p99 mitmdump |")
        say("|---|---:|---:|---:|---:|---:|---:|")
        for case in CASES:
            if chosen.case not in (None, case.name):
                continue
            row = compare(upstream, Path(scratch), case, chosen.seconds)
            rows.append(row)
            say(line_of(row))
    if chosen.case is None:
        RESULTS.mkdir(exist_ok=True)
        measured = {
            "machine": f"{platform.machine()}, proxy and load on a core each",
            "python": platform.python_version(),
            "mitmproxy": version("mitmproxy"),
            "rows": [asdict(row) for row in rows],
        }
        (RESULTS / "proxy_speed.json").write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
