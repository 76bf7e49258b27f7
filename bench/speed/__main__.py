"""`make bench`: every goal of speed measured in one go, printed, written to bench/results and into the documents.

Each measurement starts what it needs and ends it again, has a time it may take, and does not cost the others anything
when it fails. The quick form prints the same table and writes nothing into the repository.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.processes import CannotMeasureError, need
from bench.speed import lasting, own_cpu, read_answers, several, starting, throughput, transfers
from bench.speed.goal_picture import goal_picture
from bench.speed.goals import BY_KEY
from bench.speed.machine import describe, moment
from bench.speed.profiles import profile_name, profile_of
from bench.speed.results import DOCUMENTS, FILE, FOLDER, Results, Row, as_json, quoted, read
from bench.speed.stage import Stage
from bench.speed.upstream import running_upstream
from bench.time_limit import at_most

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from bench.speed.figure import Figure

    type Measurement = Callable[[Stage], Sequence[Figure]]

MEASUREMENTS: Final[dict[str, tuple[Measurement, tuple[str, ...]]]] = {
    "plain": (throughput.plain, ("plain", "plain-p99")),
    "tls": (throughput.tls, ("tls", "tls-p99")),
    "some-refused": (throughput.some_refused, ("some-refused",)),
    "thousand-kinds": (throughput.thousand_kinds, ("thousand-kinds",)),
    "one-kind": (throughput.one_kind, ("one-kind",)),
    "own-cpu": (own_cpu.own_cpu, ("own-cpu",)),
    "connections": (throughput.connections, ("connections",)),
    "transfers": (transfers.transfers, ("download-memory", "upload-memory", "first-byte")),
    "reading": (read_answers.read_answers, ("batch", "ews")),
    "start": (starting.start, ("start",)),
    "help": (starting.help_page, ("help",)),
    "workers": (several.workers, ("workers",)),
    "replicas": (several.replicas, ("replicas",)),
    "memory": (lasting.lasting_memory, ("lasting-memory",)),
}
"""What can be asked for by name, and the goals it answers."""
LONG: Final = "memory"
_LONG_LIMIT: Final = 3600
_LIMIT: Final = 240
_PROFILE_LIMIT: Final = 120


def say(line: str) -> None:
    """A line at once: whoever waits wants to see it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure what is asked for, print the table, write it down."""
    chosen = _arguments()
    need("wrk", "nginx", "haproxy")
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    began = time.monotonic()
    results = replace(read(), machine=describe())
    when = moment()
    with tempfile.TemporaryDirectory(prefix="why403-bench-") as scratch:
        directory = Path(scratch)
        with running_upstream(directory / "upstream") as upstream:
            rounds, seconds = (2, 1) if chosen.quick else (5, 4)
            stage = Stage(upstream, directory, rounds, seconds, chosen.quick, say)
            for name in chosen.only:
                results = _measured(name, stage, results, when)
                if not chosen.quick:
                    _write_file(results)
            if not chosen.quick:
                results = _profiled(chosen.only, stage, results)
    say(f"\n{_table(results, chosen.only)}\n")
    say(f"{round(time.monotonic() - began)} s in all")
    if chosen.quick:
        say("QUICK: nothing written; short runs are hints")
        return
    _write_file(results)
    (FOLDER / "speed.svg").write_text(goal_picture(results), encoding="utf-8")
    for path, table in DOCUMENTS.items():
        path.write_text(quoted(path.read_text(encoding="utf-8"), table(results)), encoding="utf-8")
    say("written: bench/results, README.md, docs/performance.md")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short runs that are hints; nothing is written")
    parser.add_argument("--long", action="store_true", help="the million calls as well, about 15 minutes")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=MEASUREMENTS, help=", ".join(MEASUREMENTS))
    chosen = parser.parse_args()
    if not chosen.only:
        chosen.only = [name for name in MEASUREMENTS if name != LONG or chosen.long]
    return chosen


def _measured(name: str, stage: Stage, results: Results, when: dict[str, str]) -> Results:
    measure, keys = MEASUREMENTS[name]
    try:
        with at_most(_LONG_LIMIT if name == LONG else _LIMIT):
            figures = measure(stage)
    except Exception as error:  # noqa: BLE001 - one measurement that fails must not cost the others
        why = str(error) if isinstance(error, CannotMeasureError | TimeoutError) else f"{type(error).__name__}: {error}"
        say(f"{name}: {why}")
        for key in keys:
            results = results.with_row(Row(BY_KEY[key], missing=_one_line(why)))
        return results
    for figure in figures:
        row = Row(BY_KEY[figure.key], figure, measured=when["measured"], commit=when["commit"])
        say(f"{row.goal.words}: {row.said} ({row.verdict}: {row.goal.aim}) {figure.beside}")
        results = results.with_row(row)
    return results


def _profiled(names: Sequence[str], stage: Stage, results: Results) -> Results:
    """Where the time goes, beside every goal that was measured now and missed."""
    asked = {key for name in names for key in MEASUREMENTS[name][1]}
    for key in asked:
        (FOLDER / profile_name(key)).unlink(missing_ok=True)
    written: set[Path] = set()
    for row in results.rows:
        if row.goal.key not in asked:
            continue
        if row.verdict != "missed":
            continue
        path = FOLDER / profile_name(row.goal.key)
        if path in written:
            results = results.with_row(replace(row, profile=path.name))
            continue
        try:
            with at_most(_PROFILE_LIMIT):
                found = profile_of(row.goal.key, stage)
        except Exception as error:  # noqa: BLE001 - a profile explains a figure and must not cost it
            say(f"profile of {row.goal.key}: {error}")
            continue
        path.write_text(found, encoding="utf-8")
        written.add(path)
        results = results.with_row(replace(row, profile=path.name))
    return results


def _leave(number: int, _frame: FrameType | None) -> None:
    """End as with Ctrl-C, so that everything started is ended."""
    raise SystemExit(128 + number)


def _one_line(words: str) -> str:
    return " ".join(words.replace("|", "/").split())[:160]


def _table(results: Results, names: Sequence[str]) -> str:
    """For the terminal: what was measured now."""
    asked = {key for name in names for key in MEASUREMENTS[name][1]}
    rows = [("what", "measured", "goal", "")]
    rows += [(row.goal.words, row.said, row.goal.aim, row.verdict) for row in results.rows if row.goal.key in asked]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{what:<{widths[0]}}  {said:>{widths[1]}}  {aim:>{widths[2]}}  {verdict}".rstrip()
        for what, said, aim, verdict in rows
    )


def _write_file(results: Results) -> None:
    FOLDER.mkdir(exist_ok=True)
    FILE.write_text(as_json(results), encoding="utf-8")


if __name__ == "__main__":
    main()
