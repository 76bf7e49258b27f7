"""All verbs of the command line, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from proxy_addons import __version__
from proxy_addons.cli import bundle, demo, explain, lab, rules, run

app = typer.Typer(
    name="why403",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # its table cuts off long option names and addresses at the width of the terminal
    pretty_exceptions_enable=False,  # rich tracebacks print local variables, and a token may be one
    help="Says why Microsoft 365 refused a call: a debugging proxy, and the same eyes for recordings.",
)
app.command()(run.run)
app.command()(explain.explain)
app.add_typer(bundle.app, name="bundle")
app.command()(lab.lab)
app.command()(demo.demo)
app.add_typer(rules.app, name="rules")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"why403 {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, help="Print the version and leave.", is_eager=True)
    ] = False,
) -> None:
    """Take the options that belong to no verb."""
