"""The `why403` command: a file per verb, and what all verbs share: errors as one line with the remedy, exit codes."""

from __future__ import annotations

import sys

from proxy_addons.cli.exit_codes import ExitCode


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        from proxy_addons.cli.verbs import app

        app(prog_name="why403")
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001  # the last line of defence: a person gets a sentence, never a traceback
        sys.exit(report_error(error))


def report_error(error: Exception) -> int:
    """Tell a person what went wrong, and give the exit code it means.

    The text of an exception nobody expected may hold what came over the wire, so only its kind and place are shown.
    """
    from proxy_addons.cli.complaint import Complaint
    from proxy_addons.diagnosis.ruleset import RuleError

    if isinstance(error, Complaint | RuleError):
        sys.stderr.write(f"why403: {error}\n")
        return ExitCode.USAGE
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "unknown place"
    sys.stderr.write(
        f"why403: an error of why403 itself: {type(error).__name__} at {place}. "
        "Please report it with these two; the message is withheld because it may quote traffic.\n"
    )
    return ExitCode.OWN_ERROR
