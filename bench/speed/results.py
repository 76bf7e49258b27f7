"""The file of results, and the tables documents quote from it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.speed.figure import Figure, Goal
from bench.speed.goals import GOALS

REPOSITORY: Final = Path(__file__).parents[2]
FOLDER: Final = REPOSITORY / "bench" / "results"
FILE: Final = FOLDER / "speed.json"
BEGIN: Final = "<!-- written by make bench: begin -->"
END: Final = "<!-- written by make bench: end -->"
_QUIET: Final = 0.7
"""The load average below which nobody else has used the machine for a minute or so."""
NOT_YET: Final = "not measured yet"


@dataclass(frozen=True)
class Row:
    """A goal with what came of it. `profile` is a file beside the results; `missing` says why there is no figure."""

    goal: Goal
    figure: Figure | None = None
    missing: str = NOT_YET
    measured: str = ""
    commit: str = ""
    profile: str = ""

    @property
    def verdict(self) -> str:
        """One word."""
        if self.figure is None:
            return "open"
        return "met" if self.figure.met(self.goal) else "missed"

    @property
    def said(self) -> str:
        """The figure, or why there is none."""
        return self.missing if self.figure is None else self.figure.words(self.goal)


@dataclass(frozen=True)
class Results:
    """All rows in the order of the goals, and what they were measured on."""

    machine: dict[str, Any] = field(default_factory=dict)
    rows: tuple[Row, ...] = tuple(Row(goal) for goal in GOALS)

    def with_row(self, row: Row) -> Results:
        """A row anew."""
        return Results(self.machine, tuple(row if each.goal == row.goal else each for each in self.rows))


def read(path: Path = FILE) -> Results:
    """What was measured last; rows nobody has measured are there as well."""
    if not path.exists():
        return Results()
    content = json.loads(path.read_text(encoding="utf-8"))
    written = {row["key"]: row for row in content["rows"]}
    return Results(content["machine"], tuple(_row(goal, written.get(goal.key, {})) for goal in GOALS))


def _row(goal: Goal, written: dict[str, Any]) -> Row:
    figure = None
    if "value" in written:
        names = ("value", "low", "high", "beside", "raw")
        figure = Figure(goal.key, **{name: written[name] for name in names})
    others = ("missing", "measured", "commit", "profile")
    return Row(goal, figure, **{name: written[name] for name in others if name in written})


def as_json(results: Results) -> str:
    """The file's text: goal and verdict stand beside each figure, for readers who have only the file."""
    rows = []
    for row in results.rows:
        said: dict[str, object] = {"key": row.goal.key, "what": row.goal.words, "target": row.goal.aim}
        if row.figure is None:
            said["missing"] = row.missing
        else:
            said |= {"value": row.figure.value, "low": row.figure.low, "high": row.figure.high}
            said |= {"beside": row.figure.beside, "raw": row.figure.raw}
            said |= {"measured": row.measured, "commit": row.commit}
        if row.profile:
            said["profile"] = row.profile
        rows.append({**said, "verdict": row.verdict})
    return json.dumps({"machine": results.machine, "rows": rows}, indent=1, ensure_ascii=False) + "\n"


def machine_line(results: Results) -> str:
    """The machine in a sentence."""
    machine = results.machine
    if not machine:
        return "Not measured yet: `make bench`."
    days = sorted({row.measured for row in results.rows if row.measured})
    load = machine["load_average_at_start"][0]
    busy = f"; others used the machine as well (load average {load:g})" if load > _QUIET else ""
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return (
        f"Measured {when} with `make bench` on {machine['cores']} cores of an {machine['processor']}, "
        f"{machine['memory_gb']:.0f} GB, Python {machine['python']}, mitmproxy {machine['mitmdump']}; "
        f"medians of interleaved rounds{busy}."
    )


def short_table(results: Results) -> str:
    """What README quotes."""
    lines = [machine_line(results), "", "| what | measured | goal | |", "|---|---:|---:|---|"]
    lines += [f"| {row.goal.words} | {_brief(row)} | {row.goal.aim} | {row.verdict} |" for row in results.rows]
    return "\n".join(lines)


def _brief(row: Row) -> str:
    return row.said.partition(" (")[0]


def long_table(results: Results) -> str:
    """What docs/performance.md quotes: with spread, both sides of a ratio, and the profile where a goal is missed."""
    lines = [
        machine_line(results),
        "",
        "| what | measured (rounds' extremes) | goal | | beside it |",
        "|---|---:|---:|---|---|",
    ]
    for row in results.rows:
        beside = [row.figure.beside] if row.figure and row.figure.beside else []
        if row.profile:
            beside.append(f"[profile](../bench/results/{row.profile})")
        lines.append(f"| {row.goal.words} | {row.said} | {row.goal.aim} | {row.verdict} | {'; '.join(beside)} |")
    return "\n".join(lines)


def quoted(document: str, table: str) -> str:
    """A document with a table between the two marks. Raises ValueError where it has none."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document lacks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


DOCUMENTS: Final = {
    REPOSITORY / "README.md": short_table,
    REPOSITORY / "docs" / "performance.md": long_table,
}
"""Which document quotes which table."""
