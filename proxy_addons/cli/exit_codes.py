"""What the exit code of every verb means; scripts and CI steps rely on these numbers."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The contract of docs/exit-codes.md."""

    CLEAN = 0
    OWN_ERROR = 1
    USAGE = 2
    FINDINGS = 3
    UNSAFE_EXPORT = 4
    INTERRUPTED = 130
