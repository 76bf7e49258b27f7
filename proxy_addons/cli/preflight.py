"""`why403 preflight`: what a call's token will and will not pass, before anything is sent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.help_text import ending
from proxy_addons.cli.identity_options import identity_from, person, route_from, with_identity
from proxy_addons.cli.plain_format import FormatOption, PlainFormat
from proxy_addons.cli.printing import print_out

if TYPE_CHECKING:
    from proxy_addons.diagnosis.foresight import Forecast

EPILOG = ending(
    (
        "why403 preflight GET https://graph.microsoft.com/v1.0/groups --token-file token.txt",
        "why403 preflight POST https://outlook.office365.com/EWS/Exchange.asmx --identity daemon",
    ),
    {
        0: "nothing in the token speaks against the call",
        2: "an option, a file or a variable is wrong",
        3: "a gate will refuse the call, certainly or likely, or Entra gave no token",
    },
)


@with_identity
def preflight(
    given: Mapping[str, object],
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST, ...")],
    url: Annotated[str, typer.Argument(metavar="URL", help="The address of the call; it is not called.")],
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help="Judge the token in this file; - reads it.")
    ] = None,
    token_env: Annotated[
        str, typer.Option("--token-env", metavar="NAME", help="Judge the token in this environment variable.")
    ] = "",
    form: FormatOption = PlainFormat.TEXT,
) -> None:
    """Judge a call's token before the call is sent.

    The token is read from a file or variable, or acquired from Entra; the call itself is never made. Audience, tenant,
    lifetime, permission and role are held against what the address asks for.
    """
    from proxy_addons.cli.reference_data import reference_data
    from proxy_addons.cli.sign_in import fresh_token, held_token
    from proxy_addons.cli.token_page import facts_before_sending, gates_before_sending
    from proxy_addons.cli.tokens import wanted_scopes
    from proxy_addons.evidence.exchange import Request

    if not Request(method, url).host:
        raise Complaint(f"{url}: is no address. Write it whole, as https://graph.microsoft.com/v1.0/me")
    token = held_token(token_file, token_env)
    if not token:
        from proxy_addons.cli.config_file import read_configuration, settings_from

        identity = identity_from(given, read_configuration(os.environ).identities)
        if identity is None:
            raise Complaint("no token: name one with --token-file or --token-env, or an identity to acquire one")
        route = route_from(settings_from({}), os.environ)
        token = fresh_token(identity, wanted_scopes(url, []), route, person()).access_token
    known = reference_data()
    facts = facts_before_sending(method.upper(), url, token, known.reference.directory_roles)
    gates = gates_before_sending(facts, known.permissions)
    _print(form, facts.text("request.operation") or method.upper(), gates)
    if _failing(gates):
        raise typer.Exit(ExitCode.FINDINGS)


def _failing(gates: tuple[Forecast, ...]) -> list[Forecast]:
    return [reading for reading in gates if reading.problem]


def _print(form: PlainFormat, operation: str, gates: tuple[Forecast, ...]) -> None:
    import orjson

    from proxy_addons.cli.printing import counted
    from proxy_addons.cli.token_page import gate_lines, gates_json

    failing = _failing(gates)
    if form is PlainFormat.JSON:
        shown = {
            "schema": "why403.preflight/1",
            "operation": operation,
            "refused": bool(failing),
            "gates": gates_json(gates),
        }
        print_out(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode() + "\n", encoding="utf-8")
        return
    verdict = (
        f"{counted(len(failing), 'gate')} will refuse this call, or likely so."
        if failing
        else "Nothing in the token speaks against this call."
    )
    print_out("\n".join([f"{operation}, not sent:", "", *gate_lines(gates), "", verdict, ""]))
