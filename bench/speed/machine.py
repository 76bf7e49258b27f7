"""What a figure was measured on: figures of two machines are no pair."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.speed.entrants import versions

_REPOSITORY: Final = Path(__file__).parents[2]


def describe() -> dict[str, object]:
    """The machine and the versions, and how busy it was."""
    meminfo = Path("/proc/meminfo").read_text(encoding="ascii")
    total = re.search(r"MemTotal:\s+(\d+) kB", meminfo)
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*:\s*(.+)", cpuinfo)
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(int(total[1]) / 1e6, 1) if total else None,
        "kernel": platform.release(),
        "python": platform.python_version(),
        **versions(),
        "load_average_at_start": [round(each, 2) for each in os.getloadavg()],
    }


def moment() -> dict[str, str]:
    """The day and the commit, with a plus where files differ from it."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    changed = "+" if commit and _git("status", "--porcelain", "--untracked-files=no", "--", "proxy_addons") else ""
    return {"measured": datetime.now(UTC).date().isoformat(), "commit": f"{commit or 'unknown'}{changed}"}


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            ["git", *arguments],  # noqa: S607 - found on the PATH, like every tool
            cwd=_REPOSITORY,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
