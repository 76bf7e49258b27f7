"""`why403` whose event loop is under cProfile from SIGUSR1 to SIGUSR2: `python -m bench.speed.profiled FILE run ...`.

Starting up is no part of it, and neither is ending.
"""

from __future__ import annotations

import cProfile
import signal
import sys

from proxy_addons.cli import main

if __name__ == "__main__":
    written_to = sys.argv.pop(1)
    profile = cProfile.Profile()
    # Handlers run in the main thread, which is that of the loop, and a profile belongs to the thread that enables it.
    signal.signal(signal.SIGUSR1, lambda *_: profile.enable())
    signal.signal(signal.SIGUSR2, lambda *_: profile.disable())
    try:
        main()
    finally:
        profile.disable()
        profile.dump_stats(written_to)
