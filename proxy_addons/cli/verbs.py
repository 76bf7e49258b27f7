"""All verbs of the command line, put together."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

import typer

from proxy_addons import __version__
from proxy_addons.cli.verb_group import Verb, VerbGroup

VERBS: Final[tuple[Verb, ...]] = (
    Verb("run", "proxy_addons.cli.run:run", "Open the proxy and explain refusals as they happen."),
    Verb("ca", "proxy_addons.cli.ca:app", "Show the proxy's certificate authority; have it trusted or not."),
    Verb("explain", "proxy_addons.cli.explain:explain", "Explain every refusal in recordings."),
    Verb("token", "proxy_addons.cli.tokens:app", "Read tokens, and get them with MSAL."),
    Verb("preflight", "proxy_addons.cli.preflight:preflight", "Judge a call's token before the call is sent."),
    Verb("verify", "proxy_addons.cli.verify:verify", "Repeat a refused call with single changes, to prove its cause."),
    Verb("diff", "proxy_addons.cli.diff:diff", "Show what differs between two calls."),
    Verb("fixture", "proxy_addons.cli.fixture:fixture", "Turn a refusal into a replayable test."),
    Verb(
        "sanitize",
        "proxy_addons.cli.sanitize:sanitize",
        "Take secrets out of a recording and write a HAR that is safe to send.",
    ),
    Verb("status", "proxy_addons.cli.status:status", "Show how a running proxy is."),
    Verb("logs", "proxy_addons.cli.logs:logs", "Print refused calls, a line each; with -f as they happen."),
    Verb("failures", "proxy_addons.cli.failures:app", "Look at the failures the proxy has stored."),
    Verb(
        "pseudonym",
        "proxy_addons.cli.pseudonym:pseudonym",
        "Print how a person is called in the log and the failure store of this installation.",
    ),
    Verb("bundle", "proxy_addons.cli.bundle:app", "Make evidence bundles that are safe to send."),
    Verb("doctor", "proxy_addons.cli.doctor:doctor", "Check what stands between a client and an explanation."),
    Verb("config", "proxy_addons.cli.config:app", "Show and check the settings of why403.toml."),
    Verb("lab", "proxy_addons.cli.lab:lab", "Run a simulated Microsoft 365 tenant here."),
    Verb("demo", "proxy_addons.cli.demo:demo", "Watch real clients being refused, and every refusal explained."),
    Verb(
        "permissions",
        "proxy_addons.cli.permissions:app",
        "Say which permission a call needs, and which an app could do without.",
    ),
    Verb("rules", "proxy_addons.cli.rules:app", "Check, list and document the rules."),
)
"""Every verb. It is imported when it is used, so its first sentence is told twice; the tests hold them together."""


class _Verbs(VerbGroup):
    verbs: ClassVar[tuple[Verb, ...]] = VERBS


app = typer.Typer(
    name="why403",
    cls=_Verbs,
    no_args_is_help=True,
    rich_markup_mode=None,  # its table cuts off long option names and addresses at the width of the terminal
    pretty_exceptions_enable=False,  # rich tracebacks print local variables, and a token may be one
    help="Says why Microsoft 365 refused a call: a debugging proxy, and the same eyes for recordings.",
)


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
