"""What verbs say on standard output: whole, countable, and never lost without a word."""

from __future__ import annotations

import os
import sys

from proxy_addons.cli.complaint import Complaint


def counted(number: int, noun: str) -> str:
    """`1 exchange`, `2 exchanges`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_out(text: str, *, encoding: str = "") -> None:
    """Write to standard output, in the terminal's encoding unless another is named; what it lacks becomes `?`.

    A reader that has seen enough (`| head`) is no failure. Raises Complaint where the text could not be kept.
    """
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode(encoding or sys.stdout.encoding, errors="replace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Python flushes standard output once more when it ends, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Complaint(
            f"standard output: {error.strerror or 'cannot be written'}. Send it somewhere with room"
        ) from None
