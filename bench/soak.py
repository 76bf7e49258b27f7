"""Hours of use in minutes: a real `why403 run` under mixed traffic and storms. `make soak [SOAK_MINUTES=6] [STORM=1]`.

Prints verdicts, writes `bench/results/soak.json` and `soak.svg` (with --storm `storm.json` and `storm.svg`), and ends
with 1 where a promise was broken. The proxy has one core for itself, Microsoft and the clients share another.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bench.processes import need
from bench.soak_page import write_page
from bench.soak_plan import soak_plan, storm_plan
from bench.soak_report import picture, verdicts
from bench.soak_run import Soak, say
from bench.soak_stage import staged
from bench.speed.entrants import STOCK
from bench.speed.machine import describe, moment

RESULTS: Final = Path(__file__).parent / "results"


def main() -> int:
    """Run, print verdicts, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--storm", action="store_true", help="storms of every kind in place of everyday use")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the JSON and the picture go")
    chosen = parser.parse_args()
    need()
    machine = describe()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    plan = (storm_plan if chosen.storm else soak_plan)(chosen.minutes)
    say(f"why403 {plan.name}: {chosen.minutes:g} minutes, {len(plan.storms)} storms")
    with tempfile.TemporaryDirectory() as scratch, staged(Path(scratch)) as (doors, process):
        soak = Soak(plan, doors, process, Path(scratch))
        counts = asyncio.run(soak.run())
    found = verdicts(soak.samples, soak.storms, counts)
    for verdict in found:
        say(f"  {'kept  ' if verdict.holds else 'BROKEN'}  {verdict.promise}: {verdict.figures}")
    measured = {
        **moment(),
        "machine": machine,
        "minutes": chosen.minutes,
        "verdicts": [asdict(verdict) for verdict in found],
        "storms": [asdict(storm) for storm in soak.storms],
        "counts": asdict(counts),
        "samples": [asdict(sample) for sample in soak.samples],
    }
    chosen.results.mkdir(exist_ok=True, parents=True)
    (chosen.results / f"{plan.name}.json").write_text(json.dumps(measured) + "\n", encoding="utf-8")
    heading = f"why403 under {'storms' if chosen.storm else 'mixed traffic'}, {chosen.minutes:g} minutes"
    below = f"{measured['measured']}, Python {machine['python']}, mitmproxy {machine[STOCK]}; storms are shaded"
    (chosen.results / f"{plan.name}.svg").write_text(
        picture(soak.samples, soak.storms, heading, below), encoding="utf-8"
    )
    if chosen.results == RESULTS:
        write_page()
    broken = sum(not verdict.holds for verdict in found)
    say(f"why403 {plan.name}: {'every promise kept' if not broken else f'{broken} broken'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
