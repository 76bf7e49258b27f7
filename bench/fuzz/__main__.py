"""Fuzz every parser in turn: `make fuzz`, or `python -m bench.fuzz [TARGET ...]` for some of them.

FUZZ_SECONDS (600) is divided over the targets, each a process of its own on one core. Inputs that broke a promise lie
in `build/fuzz/findings` with their tracebacks; what was learnt about paths stays in `build/fuzz/corpus` for the next
run.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.fuzz.catalogue import TARGETS
from bench.fuzz.engine import Tally

REPOSITORY: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = REPOSITORY / "build" / "fuzz"
_SECONDS: Final = 600
_GRACE: Final = 120
"""How long a process may go on when its time is over: an input it hangs on is a finding."""
_ROW: Final = "{:24} {:>12} {:>9} {:>9}\n"


def main() -> int:
    """Run the targets, print a row for each; 1 where a promise was broken."""
    names = sys.argv[1:] or list(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        sys.stderr.write(f"fuzz: {unknown[0]} is no target. Name some of: {', '.join(TARGETS)}\n")
        return 2
    seconds = float(os.environ.get("FUZZ_SECONDS") or _SECONDS) / len(names)
    environment = _environment()
    if environment is None:
        sys.stdout.write("fuzz: atheris is not installed here, so hypothesis draws the inputs: fewer, and by chance\n")
    FOLDER.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(_ROW.format("target", "executions", "seconds", "findings"))
    tallies = []
    for name in names:
        tally = _one(name, seconds, environment)
        tallies.append(tally)
        sys.stdout.write(
            _ROW.format(tally.target, f"{tally.executions:,}", f"{tally.seconds:.0f}", len(tally.findings))
        )
        sys.stdout.writelines(f"    {finding}\n" for finding in tally.findings)
        sys.stdout.flush()
    executions, findings = (sum(each.executions for each in tallies), sum(len(each.findings) for each in tallies))
    spent = sum(each.seconds for each in tallies)
    sys.stdout.write(_ROW.format("all", f"{executions:,}", f"{spent:.0f}", findings))
    return int(findings > 0)


def _environment() -> dict[str, str] | None:
    """Where the fuzzer is found; None where it could not be installed. It lives apart, so that no test needs it."""
    if importlib.util.find_spec("atheris") is not None:
        return dict(os.environ)
    found = next(iter(REPOSITORY.glob(".venv-fuzz/lib/python*/site-packages/atheris")), None)
    return None if found is None else {**os.environ, "PYTHONPATH": str(found.parent)}


def _one(name: str, seconds: float, environment: dict[str, str] | None) -> Tally:
    """A target's run; a process that ends without its tally is a finding, and its log says more."""
    log = FOLDER / f"{name}.log"
    command = [sys.executable, "-m", "bench.fuzz.engine", name, str(seconds), str(FOLDER)]
    with log.open("wb") as errors:
        try:
            ended = subprocess.run(  # noqa: S603  # our own module
                command, stdout=subprocess.PIPE, stderr=errors, env=environment, timeout=seconds + _GRACE, check=False
            )
        except subprocess.TimeoutExpired:
            return Tally(name, "", 0, seconds, [f"hangs, see {log}"])
    try:
        return Tally(**json.loads(ended.stdout.splitlines()[-1]))
    except (IndexError, ValueError):
        return Tally(name, "", 0, seconds, [f"ended with {ended.returncode} and without a word, see {log}"])


if __name__ == "__main__":
    sys.exit(main())
