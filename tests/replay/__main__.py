"""`python -m tests.replay`: replay the corpus and print the figures, and every case that was not answered well.

With a name only the parts of the corpus are replayed whose names hold it: `python -m tests.replay third-look`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.replay.examine import examine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.replay.examine import Mark


def table(marks: Sequence[Mark]) -> str:
    """The figures per service as a Markdown table."""
    lines = [
        "| recordings | failures | right first | within three | wrong `certain` | silent exchanges | reported |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    services = sorted({mark.service for mark in marks})
    for name in (*services, "all"):
        chosen = [mark for mark in marks if name in (mark.service, "all")]
        failures = [mark for mark in chosen if mark.is_failure]
        silent = [mark for mark in chosen if not mark.is_failure]
        cells = (
            name,
            str(len(failures)),
            _share(sum(mark.is_right for mark in failures), len(failures)),
            _share(sum(mark.is_within_three for mark in failures), len(failures)),
            str(sum(bool(mark.wrong_certain) for mark in chosen)),
            str(len(silent)),
            str(sum(not mark.is_right for mark in silent)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.1f} %)" if whole else "-"


def misses(marks: Sequence[Mark]) -> str:
    """Every case that was not answered as expected, with what was said instead."""
    lines = []
    for mark in marks:
        if mark.is_right and not mark.wrong_certain:
            continue
        said = ", ".join(f"{cause} ({certainty})" for cause, certainty in mark.said[:5]) or "nothing"
        wrong = f"; WRONG CERTAIN {', '.join(mark.wrong_certain)}" if mark.wrong_certain else ""
        lines.append(f"{mark.part}: {mark.case}: expected {'/'.join(sorted(mark.expected))}; said {said}{wrong}")
    return "\n".join(lines)


def main() -> None:
    """Print figures and misses."""
    marks = examine(*sys.argv[1:2])
    sys.stdout.write(f"{table(marks)}\n\n{misses(marks)}\n")


if __name__ == "__main__":
    main()
