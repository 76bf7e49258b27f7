"""What docs/reliability.md quotes of the last soak and of the last storms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.speed.entrants import STOCK

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE: Final = Path(__file__).parents[1] / "docs" / "reliability.md"
RESULTS: Final = Path(__file__).parent / "results"
NAMES: Final = ("soak", "storm")


def section(name: str, results: Path = RESULTS) -> str:
    """The table of verdicts, what they were measured on, and the picture."""
    file = results / f"{name}.json"
    if not file.exists():
        return "Not measured yet."
    said: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    machine, counts, samples = said["machine"], said["counts"], said["samples"]
    load = machine["load_average_at_start"][0]
    busy = f"; **others used it as well (load {load})**" if load > 0.7 else ""  # noqa: PLR2004 - nobody else, about
    highest = max(sample["rss"] for sample in samples)
    rows = [
        f"| {verdict['promise']} | {'kept' if verdict['holds'] else '**broken**'} | {verdict['figures']} |"
        for verdict in said["verdicts"]
    ]
    where = f"{machine['processor']}, {machine['cores']} cores (the proxy has one, clients and upstream share another)"
    versions = f"Python {machine['python']}, mitmproxy {machine[STOCK]}"
    came = f"{counts['exchanges']:,} exchanges, {counts['refusals_seen']:,} refusals, {len(said['storms'])} storms"
    return "\n".join(
        [
            f"Measured on {said['measured']} at {said['commit']}, {said['minutes']:g} minutes, on",
            f"{where}, {versions}{busy}.",
            f"{came}; at most {highest:.0f} MB.",
            "",
            "| promise | | figures |",
            "|---|---|---|",
            *rows,
            "",
            f"![Memory, latency, exchanges, descriptors, threads and the store over time](../bench/results/{name}.svg)",
        ]
    )


def with_sections(page: str) -> str:
    """A page with what stands between its marks brought up to date; a page without marks stays as it is."""
    for name in NAMES:
        begin, end = (f"<!-- written by make soak: {name}: {edge} -->" for edge in ("begin", "end"))
        before, mark, rest = page.partition(begin)
        _, closing, after = rest.partition(end)
        if mark and closing:
            page = f"{before}{begin}\n{section(name)}\n{end}{after}"
    return page


def write_page() -> None:
    """Bring the page up to date, where there is one."""
    if PAGE.exists():
        PAGE.write_text(with_sections(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
