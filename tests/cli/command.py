"""The `why403` command as its users run it: a process of its own."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
COMMAND: Final = (sys.executable, "-m", "proxy_addons.cli")
LONGEST_SECONDS: Final = 60
NO_DATA: Final = Path(tempfile.mkdtemp(prefix="why403-tests-")) / "data"
"""A data folder of the tests' own, so that nobody's imported tables decide and none of theirs are written to."""


def environment(**changes: str) -> dict[str, str]:
    """What the command sees: a terminal of 100 columns, and nothing by which this machine would change what it says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WHY403_", "NO_COLOR"))}
    kept.pop("CI", None)
    modules = os.pathsep.join(filter(None, (changes.pop("PYTHONPATH", ""), str(REPOSITORY))))
    return {
        **kept,
        "COLUMNS": "100",
        "PYTHONUTF8": "1",
        "WHY403_DATA_DIR": str(NO_DATA),
        **changes,
        "PYTHONPATH": modules,
    }


def why403(
    *arguments: str | Path, given: str | bytes = b"", folder: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end; `given` is its standard input, `folder` where it runs, `variables` its environment."""
    raw = given.encode() if isinstance(given, str) else given
    ended = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=raw,
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    return subprocess.CompletedProcess(ended.args, ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def on_a_terminal(*arguments: str | Path) -> tuple[int, str]:
    """Run a verb with a terminal as its standard output; its exit code and what a person would see."""
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(terminal)
        seen = b""
        # The other side of a terminal ends with an error on Linux and with nothing elsewhere.
        with contextlib.suppress(OSError):
            while chunk := os.read(controller, 65536):
                seen += chunk
        status = process.wait(LONGEST_SECONDS)
    os.close(controller)
    return status, seen.decode()
