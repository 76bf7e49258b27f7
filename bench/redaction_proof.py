"""How many planted values survive `why403 sanitize`, and how many facts are kept: `python -m bench.redaction_proof`.

Each seed is one recording of two exchanges with secrets, personal values and facts in their places, drawn by chance in
every encoding (tests/redaction/proof). The finished bytes are read as an examiner would, four decodings deep.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.redaction.proof.proof import prove

_SHOWN = 40


def main() -> int:
    """Run the seeds and print the figures; 1 where anything survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="print what survived and which facts were lost")
    options = parser.parse_args()
    planted = facts = refused = 0
    survivors: Counter[tuple[str, ...]] = Counter()
    lost: Counter[tuple[str, ...]] = Counter()
    for seed in range(options.first, options.first + options.seeds):
        outcome = prove(seed)
        if options.show and outcome.refused:
            sys.stdout.write(f"refused: {seed}\n")
        refused += outcome.refused
        planted += outcome.planted
        facts += outcome.facts
        survivors.update((str(seed), *found) for found in outcome.survivors)
        lost.update(outcome.lost)
    if options.show:
        for found, count in survivors.most_common(_SHOWN) + lost.most_common(_SHOWN):
            sys.stdout.write(f"{count:5} {found}\n")
    kept = 100 * (1 - lost.total() / facts)
    sys.stdout.write(
        f"{options.seeds} recordings, {refused} refused: {planted} values planted, {survivors.total()} survived; "
        f"{facts} facts, {kept:.2f} % kept\n"
    )
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
