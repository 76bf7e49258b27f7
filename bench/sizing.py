"""What docs/sizing.md is made of: `.venv/bin/python -m bench.sizing`, with `--write` into the page itself.

Measured here, in less than a minute: what one stored failure takes in SQLite and, where its programs are installed, in
PostgreSQL, what its line in the log takes, how many series Prometheus gets. How many exchanges a core carries is taken
from the last `make bench`. Everything else on the page is arithmetic with these figures.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import text

from bench.store_speed import corpus, renamed
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.redaction.originals import Originals
from proxy_addons.sinks.event_log import failure_fields
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.store.buffer import Entry, Tally, parts_of
from proxy_addons.sinks.store.database import open_store
from proxy_addons.sinks.store.writing import make_ready, write
from tests.sinks.store.postgresql import HOW_TO_INSTALL, binaries, running_server

REPOSITORY: Final = Path(__file__).parents[1]
PAGE: Final = REPOSITORY / "docs" / "sizing.md"
RESULTS: Final = REPOSITORY / "bench" / "results" / "speed.json"
BEGIN, END = "<!-- written by bench.sizing: begin -->\n", "<!-- written by bench.sizing: end -->"
RECORDS: Final = 2000
_BATCH: Final = 200
_SPEEDS: Final = ("tls", "some-refused", "workers", "lasting-memory")


def stored(place: str) -> None:
    """That many failures of the redaction's corpus, four of a kind."""
    clean = [replace(record, originals=Originals()) for record in corpus()]
    database, now = open_store(place), int(time.time() * 1000)
    for start in range(0, RECORDS, _BATCH):
        entries = [
            Entry(renamed(clean[number % len(clean)], number, number // 4), "bench", now)
            for number in range(start, start + _BATCH)
        ]
        tallies = {entry.fingerprint: Tally(parts_of(entry.record), 4, now, now) for entry in entries}
        ready, unsafe = make_ready(entries)
        with database.writing() as connection:
            write(connection, tallies, ready, unsafe, 20)
    database.close()


def in_sqlite() -> float:
    """Bytes of a failure."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "failures.sqlite"
        stored(str(place))
        return sum(file.stat().st_size for file in place.parent.iterdir()) / RECORDS


def in_postgresql() -> float | None:
    """Bytes of a failure with its indexes; None where PostgreSQL is not installed."""
    programs = binaries()
    if programs is None:
        return None
    with running_server(programs) as server:
        place = server.database()
        open_store(place).close()
        before = _database_size(place)
        stored(place)
        return (_database_size(place) - before) / RECORDS


def _database_size(place: str) -> int:
    database = open_store(place)
    try:
        with database.reading() as connection:
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    finally:
        database.close()


def series() -> int:
    """How many Prometheus gets of one proxy with the rules that ship."""
    logging.getLogger().setLevel(logging.ERROR)
    metrics = Metrics()
    ruleset = read_rules()
    metrics.announce_rules(ruleset.revision, [rule.id for rule in ruleset.rules])
    return sum(len(family.samples) for family in metrics.registry.collect())


def log_line() -> float:
    """Bytes of a failure's line, on the average."""
    lines = [orjson.dumps(failure_fields(record.report)) for record in corpus()]
    # What every line has besides: time, level, logger, message, service.
    return sum(map(len, lines)) / len(lines) + 200


def speeds() -> list[tuple[str, str]]:
    """What the last `make bench` says of speed and memory."""
    rows = {row["key"]: row for row in json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]}
    found = [rows[key] for key in _SPEEDS if key in rows]
    return [(row["what"], str(row.get("beside") or row.get("missing") or row.get("value"))) for row in found]


def table() -> str:
    """The measured figures as the page shows them."""
    postgresql = in_postgresql()
    rows = [
        ("one failure stored whole, SQLite with indexes", f"{in_sqlite() / 1000:.1f} kB"),
        (
            "one failure stored whole, PostgreSQL with indexes",
            HOW_TO_INSTALL if postgresql is None else f"{postgresql / 1000:.1f} kB",
        ),
        ("one failure's line in the log", f"{log_line() / 1000:.1f} kB"),
        ("Prometheus series of one proxy, shipped rules", f"{series():,}"),
        *speeds(),
    ]
    lines = [f"| {what} | {measured} |" for what, measured in rows]
    return "\n".join(("| what | measured |", "|---|---|", *lines, ""))


def main() -> None:
    """Print the figures, or write them into the page."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true", help="write them into docs/sizing.md")
    found = table()
    if not arguments.parse_args().write:
        sys.stdout.write(found)
        return
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{found}{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
