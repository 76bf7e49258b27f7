"""`why403 token`: read a token without trusting it, or get one with MSAL."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.help_text import ending
from proxy_addons.cli.identity_options import identity_from, person, route_from, with_identity
from proxy_addons.cli.plain_format import FormatOption, PlainFormat
from proxy_addons.cli.printing import print_out

app = typer.Typer(no_args_is_help=True, help="Read tokens, and get them with MSAL.")

_DECODE = ending(
    ("why403 token decode - < token.txt", "why403 token decode --for graph.microsoft.com - < token.txt"),
    {0: "decoded", 2: "this is no token"},
)
_ACQUIRE = ending(
    (
        "why403 token acquire --client-id ID --tenant contoso.com --secret-env APP_SECRET --for graph.microsoft.com",
        "why403 token acquire --identity daemon --for outlook.office365.com --out token.txt",
        "TOKEN=$(why403 token acquire --client-id ID --scope User.Read --print)",
    ),
    {0: "a token came", 2: "an option, a file or a variable is wrong", 3: "Entra gave no token; the box says why"},
)


@app.command(epilog=_DECODE)
def decode(
    jwt: Annotated[
        str,
        typer.Argument(
            metavar="[JWT|-]", help="The token; - reads standard input, so that it stays out of the shell's history."
        ),
    ] = "-",
    host: Annotated[
        str, typer.Option("--for", metavar="HOST|URL", help="Judge the token's gates on this host or call.")
    ] = "",
    form: FormatOption = PlainFormat.TEXT,
    unredacted: Annotated[
        bool, typer.Option("--unredacted", help="Show names and addresses as they are; only on a terminal.")
    ] = False,
) -> None:
    """Show what a token says.

    Every claim comes with its meaning. The token itself is never shown; nothing is sent anywhere, nothing is verified.
    """
    import orjson

    from proxy_addons.cli.reference_data import reference_data
    from proxy_addons.cli.sign_in import without_scheme
    from proxy_addons.cli.token_page import (
        facts_before_sending,
        gate_lines,
        gates_before_sending,
        gates_json,
        shown_claims,
        token_lines,
    )
    from proxy_addons.evidence.bearer_token import read_authorization
    from proxy_addons.redaction.pseudonyms import Pseudonyms

    if unredacted and not sys.stdout.isatty():
        raise Complaint("--unredacted shows people's names, so it prints to a terminal only. Leave it out")
    if jwt != "-":
        typer.echo(
            "why403: the token was given as an argument and lies in the shell's history now. Next time: "
            "why403 token decode - < FILE",
            err=True,
        )
    value = without_scheme(sys.stdin.read() if jwt == "-" else jwt)
    token = read_authorization(f"Bearer {value}")
    if token.kind in {"absent", "malformed"}:
        raise Complaint(f"this is no token ({token.problem or token.kind}). Give one like eyJ....eyJ....abc")
    known = reference_data()
    roles = known.reference.directory_roles
    claims = shown_claims(token, None if unredacted else Pseudonyms(secrets.token_bytes(32)), roles)
    gates = (
        gates_before_sending(facts_before_sending("GET", _url(host), value, roles), known.permissions) if host else ()
    )
    if form is PlainFormat.JSON:
        shown = {
            "schema": "why403.token/1",
            "kind": token.kind,
            "problem": token.problem,
            "claims": [{"name": claim.name, "value": claim.value, "meaning": claim.meaning} for claim in claims],
            "for": host,
            "gates": gates_json(gates),
        }
        print_out(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode() + "\n", encoding="utf-8")
        return
    lines = [*token_lines(token, claims), *(["", f"On {host}:", "", *gate_lines(gates)] if gates else [])]
    print_out("\n".join(lines) + "\n")


def _url(host: str) -> str:
    """A host or an address as an address."""
    return host if "://" in host else f"https://{host}{'' if '/' in host else '/'}"


@app.command(epilog=_ACQUIRE)
@with_identity
def acquire(
    given: Mapping[str, object],
    host: Annotated[
        str,
        typer.Option("--for", metavar="HOST|URL", help="Ask for everything granted on this host's API (/.default)."),
    ] = "",
    scope: Annotated[
        list[str] | None, typer.Option("--scope", metavar="SCOPE", help="Ask for this scope; may be repeated.")
    ] = None,
    claims: Annotated[
        str,
        typer.Option("--claims", metavar="CLAIMS", help='Claims challenge to answer: the claims="..." of the refusal.'),
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the token to a file only you can read.")
    ] = None,
    show: Annotated[
        bool, typer.Option("--print", help="Print the token, and nothing else, on standard output.")
    ] = False,
) -> None:
    """Get a token from Entra with MSAL.

    Without --print or --out the token is decoded and thrown away. Secrets come from a variable, a file or a prompt.
    """
    from proxy_addons.cli.config_file import read_configuration, settings_from
    from proxy_addons.cli.reference_data import reference_data
    from proxy_addons.cli.sign_in import fresh_token
    from proxy_addons.cli.token_page import shown_claims, token_lines
    from proxy_addons.evidence.bearer_token import read_authorization
    from proxy_addons.redaction.pseudonyms import Pseudonyms
    from proxy_addons.sinks.private_file import write_private

    settings = settings_from({})
    identity = identity_from(given, read_configuration(os.environ).identities)
    if identity is None:
        raise Complaint("no identity: give --client-id (and --tenant), or --identity. See --help")
    scopes = wanted_scopes(host, scope or [])
    if not scopes:
        raise Complaint("no API: name it with --for, for example --for graph.microsoft.com, or give --scope")
    acquired = fresh_token(identity, scopes, route_from(settings, os.environ), person(), challenge_of(claims))
    if out is not None:
        try:
            write_private(out, f"{acquired.access_token}\n".encode())
        except OSError as error:
            raise Complaint(f"{out}: {error.strerror}") from None
    if show:
        print_out(f"{acquired.access_token}\n")
        return
    token = read_authorization(f"Bearer {acquired.access_token}")
    roles = reference_data().reference.directory_roles
    lines = [*token_lines(token, shown_claims(token, Pseudonyms(secrets.token_bytes(32)), roles))]
    kept = f"The token is in {out}." if out is not None else "The token was not kept: --out FILE or --print gives it."
    print_out("\n".join([*lines, "", kept, ""]))


def wanted_scopes(host: str, scopes: list[str]) -> list[str]:
    """The scopes to ask for. Raises Complaint for a host that names no API."""
    from proxy_addons.entra.clouds import default_scope
    from proxy_addons.evidence.exchange import Request
    from proxy_addons.evidence.services import identify

    if scopes or not host:
        return scopes
    request = Request("GET", _url(host))
    scope = default_scope(identify(request.host, request.split_url.path))
    if not scope:
        raise Complaint(f"{host}: no Microsoft API is known there. Give the scope with --scope RESOURCE/.default")
    return [scope]


def challenge_of(claims: str) -> str:
    """A claims challenge as JSON; it stands in a WWW-Authenticate header as base64. Raises Complaint."""
    import json

    from proxy_addons.evidence.challenge import claims_json

    if not claims:
        return ""
    decoded = claims_json(claims.strip().strip("\"'"))
    if decoded is None:
        raise Complaint('--claims: is neither JSON nor its base64 form. Copy what stands in claims="..."')
    return json.dumps(decoded)
