"""`python -m proxy_addons.cli` is the `why403` command, for places where scripts are not installed."""

from proxy_addons.cli import main

main()
