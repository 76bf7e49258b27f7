"""Holds every locked package against the published vulnerabilities, with pip-audit: `make audit`.

Ends with 0 where none is known, 1 where some are, 3 where the vulnerability service could not be asked about all: a
package nobody looked up is not a clean one. Arguments go to pip-audit; `-s osv` asks osv.dev in place of PyPI.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

LOCKS: Final = Path(__file__).parent / "locks"
NAMES: Final = ("test", "tools", "deploy")
"""What the image and the demo hold is part of `test`, which tests/infrastructure proves."""
CLEAN, VULNERABLE, UNKNOWN = 0, 1, 3


def say(line: str) -> None:
    """A line at once: the look-ups take a while."""
    sys.stdout.write(f"why403 audit: {line}\n")
    sys.stdout.flush()


def ask(lock: Path, more: list[str]) -> list[dict[str, object]]:
    """What pip-audit says of every package of a lock. Raises ValueError with its last words where it says nothing."""
    command = [str(Path(sys.executable).with_name("pip-audit")), "--require-hashes", "--disable-pip", "-r", str(lock)]
    said = subprocess.run(  # noqa: S603 - our own command line
        [*command, "--format", "json", "--progress-spinner", "off", *more], capture_output=True, text=True, check=False
    )
    try:
        answer = json.loads(said.stdout)
        return list(answer["dependencies"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(said.stderr.strip().rpartition("\n")[2][:300] or f"it ended with {said.returncode}") from None


def audit(lock: Path, more: list[str]) -> int:
    """Ask about one lock, and tell what is wrong."""
    try:
        packages = ask(lock, more)
    except ValueError as problem:
        say(f"{lock.name}: not checked, the vulnerability service cannot be asked from here: {problem}")
        return UNKNOWN
    skipped = [str(package["name"]) for package in packages if "skip_reason" in package]
    known = [(package, flaw) for package in packages for flaw in package.get("vulns", [])]
    for package, flaw in known:
        fixed = ", ".join(flaw["fix_versions"]) or "no release"
        say(f"{lock.name}: {package['name']} {package['version']}: {flaw['id']}, fixed in {fixed}")
    if skipped:
        which = "none of its packages" if len(skipped) == len(packages) else f"not {', '.join(skipped)}"
        say(f"{lock.name}: not checked: the service knows {which}. Mirrors of PyPI often have no such data")
    if known:
        return VULNERABLE
    if skipped or not packages:
        return UNKNOWN
    say(f"{lock.name}: {len(packages)} packages, no known vulnerability")
    return CLEAN


def main() -> int:
    """All locks; the worst that was found."""
    ends = {audit(LOCKS / f"{name}.txt", sys.argv[1:]) for name in NAMES}
    if VULNERABLE in ends:
        say("Remedy: `make lock UPGRADE=1`, then `make test`")
        return VULNERABLE
    if UNKNOWN in ends:
        say("This is no verdict. Remedy: run it where the package index answers, or ask OSV with `.ci/audit -s osv`")
        return UNKNOWN
    return CLEAN


if __name__ == "__main__":
    sys.exit(main())
