"""Where exchanges and rules come from: flows, recordings and files, all turned into the core's own values."""
