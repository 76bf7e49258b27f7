"""What looking a permission up costs: `.venv/bin/python -m bench.permission_speed [permissions.json]`.

Four figures: loading the compiled index, the memory it takes, one look-up at the median over all concrete forms of the
table's own paths, and the least set of permissions for 1,000 operations. Loading and the set are told in CPU time; a
look-up is too short for that clock. With Microsoft's published table where a file is named, else with the one that
comes with why403.
"""

from __future__ import annotations

import random
import re
import statistics
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.accepted import Scheme
from proxy_addons.diagnosis.permissions.observed import minimum
from proxy_addons.diagnosis.permissions.permission_data import PermissionData
from proxy_addons.diagnosis.permissions.published_table import read_published
from proxy_addons.intake.permission_index import pack, unpack
from proxy_addons.intake.rule_files import built_in_tables

if TYPE_CHECKING:
    from proxy_addons.diagnosis.permissions.table import PermissionTable

LOOK_UPS: Final = 20_000
OPERATIONS: Final = 1000
ROUNDS: Final = 5
_KEY: Final = "b1f5c7e2-4d34-4c8a-9b1e-0f5a7c3d9e21"


def concrete(template: str) -> str:
    """A path somebody could send for a template."""
    return "/v1.0" + re.sub(r"\{[^}]*\}", _KEY, template)


def loading(content: bytes) -> tuple[float, float]:
    """Milliseconds to load an index at the median, and the mebibytes it then holds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        unpack(content)
        taken.append(time.process_time() - started)
    tracemalloc.start()
    held = unpack(content)
    memory, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(held)  # noqa: S101  # keeps the table alive while memory is measured
    return statistics.median(taken) * 1e3, memory / (1 << 20)


def look_up(table: PermissionTable) -> float:
    """Microseconds of one look-up at the median."""
    calls = [(operation.method, concrete(operation.template)) for operation in table]
    random.Random(403).shuffle(calls)  # noqa: S311  # the same order in every run
    taken = []
    for method, path in (calls * (LOOK_UPS // len(calls) + 1))[:LOOK_UPS]:
        started = time.perf_counter()
        table.find(method, path)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1e6


def cover(table: PermissionTable) -> tuple[float, bool]:
    """Seconds for the least set of 1,000 operations in the slower of two schemes, and whether both sets are exact."""
    operations = [*table]
    random.Random(403).shuffle(operations)  # noqa: S311  # the same choice in every run
    seen = dict.fromkeys(operations[:OPERATIONS], 1)
    slowest, exact = 0.0, True
    for scheme in (Scheme.DELEGATED_WORK, Scheme.APPLICATION):
        started = time.process_time()
        found = minimum(scheme, seen, PermissionData((table,)))
        slowest, exact = max(slowest, time.process_time() - started), exact and found.exact
    return slowest, exact


def main() -> None:
    """Measure, and print a line per figure."""
    if len(sys.argv) > 1:
        table = read_published(Path(sys.argv[1]).read_bytes(), source=sys.argv[1], day="")
    else:
        (table,) = built_in_tables().permissions.graph
    milliseconds, mebibytes = loading(pack(table))
    seconds, exact = cover(table)
    sys.stdout.write(
        f"table     {len(table)} operations on {len(table.templates)} paths\n"
        f"loading   {milliseconds:.1f} ms, {mebibytes:.1f} MiB\n"
        f"look-up   {look_up(table):.1f} us at the median of {LOOK_UPS}\n"
        f"least set {seconds:.2f} s for {OPERATIONS} operations, {'exact' if exact else 'cut off'}\n"
    )


if __name__ == "__main__":
    main()
