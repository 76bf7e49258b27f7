"""Getting a token for a verb: one somebody holds already, or a fresh one; a refusal is explained by our own rules."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.entra.acquire import TokenRefusedError, acquire
from proxy_addons.entra.identity import IdentityError, read_secret_file, read_variable
from proxy_addons.entra.outbound import UnusableRouteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from proxy_addons.entra.acquire import Acquired, Person
    from proxy_addons.entra.identity import Identity
    from proxy_addons.entra.outbound import Route
    from proxy_addons.evidence.exchange import Exchange


def fresh_token(identity: Identity, scopes: Sequence[str], route: Route, person: Person, claims: str = "") -> Acquired:
    """A token from Entra. Where it is refused, the refusal is explained and the verb ends with exit code 3."""
    try:
        return acquire(identity, scopes, route, person, claims)
    except (IdentityError, UnusableRouteError) as error:
        raise Complaint(str(error)) from None
    except TokenRefusedError as refused:
        boxes = [*explained(refused.exchanges)]
        for box in boxes:
            typer.echo(box, err=True)
        if not boxes:
            typer.echo(f"why403: no token came: {refused}. See --help for the ways to sign in", err=True)
        raise typer.Exit(ExitCode.FINDINGS) from None


def explained(exchanges: Iterable[Exchange]) -> Iterable[str]:
    """The refusals among exchanges of our own, each in its box, redacted like everybody's."""
    from proxy_addons.diagnosis.course import Course, conclude, proceed
    from proxy_addons.diagnosis.report_text import terminal_box
    from proxy_addons.intake.rule_files import read_rules
    from proxy_addons.redaction.pseudonyms import Pseudonyms
    from proxy_addons.redaction.record import redact

    ruleset, pseudonyms, course = read_rules(None), Pseudonyms(secrets.token_bytes(32)), Course()
    for exchange in exchanges:
        course, failures = proceed(course, exchange, ruleset)
        yield from (terminal_box(redact(failure, pseudonyms).report) for failure in failures)
    yield from (terminal_box(redact(failure, pseudonyms).report) for failure in conclude(course, ruleset))


def held_token(file: Path | None, variable: str) -> str:
    """A token somebody holds already, from a file (`-`: standard input) or the environment; empty where none is named.

    Raises Complaint where what was named holds none.
    """
    try:
        if variable:
            return without_scheme(read_variable(variable, "token"))
        if file is not None and str(file) == "-":
            return without_scheme(sys.stdin.read())
        return without_scheme(read_secret_file(file, "token")) if file is not None else ""
    except IdentityError as error:
        raise Complaint(str(error)) from None


def without_scheme(text: str) -> str:
    """A token as people paste it: with or without `Authorization:` and `Bearer` in front."""
    value = text.strip()
    if value.lower().startswith("authorization:"):
        value = value[len("authorization:") :].strip()
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" and rest else value
