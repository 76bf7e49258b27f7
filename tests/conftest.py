"""What every test can rely on, however the run was started."""

import signal

# A shell without job control starts what it puts into the background with Ctrl-C ignored, and every process below
# inherits that: a test that ends a command by Ctrl-C would then wait for it forever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
