"""`why403` with its event loop under cProfile: `python -m bench.speed.profiled FILE run ...`."""

from __future__ import annotations

import cProfile
import sys

from proxy_addons.cli import main

if __name__ == "__main__":
    written_to = sys.argv.pop(1)
    profile = cProfile.Profile()
    try:
        profile.runcall(main)
    finally:
        profile.dump_stats(written_to)
