"""`why403 doctor`: what may stand between a client and an explanation, each with its remedy."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.help_text import ending
from proxy_addons.cli.plain_format import FormatOption, PlainFormat
from proxy_addons.cli.printing import counted, print_out

if TYPE_CHECKING:
    from proxy_addons.cli.health import Health

EPILOG = ending(
    (
        "why403 doctor",
        "why403 doctor --offline",
        "why403 doctor --format json | jq '.checks[] | select(.state == \"fail\")'",
    ),
    {0: "nothing fails; warnings may stand", 2: "a setting cannot be used", 3: "something fails"},
)
_COLOURS = {"ok": "32", "warn": "33", "fail": "31", "skipped": "2"}


def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody; look at this machine only.")] = False,
    form: FormatOption = PlainFormat.TEXT,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show only what warns or fails.")] = False,
) -> None:
    """Check what stands between a client and an explanation.

    Versions, rules, ports, the proxy's authority and who trusts it, the clock, who answers in Microsoft's place. It
    sends three GET requests to Microsoft without signing in; with --offline none.
    """
    from dataclasses import replace

    from proxy_addons.cli.config_file import settings_from
    from proxy_addons.cli.doctor_machine import machine_health
    from proxy_addons.cli.doctor_network import network_health, skipped
    from proxy_addons.cli.identity_options import route_from

    settings = settings_from({})
    route = replace(route_from(settings, os.environ), seconds=8.0)
    found = [*machine_health(settings, os.environ), *(skipped() if offline else network_health(route))]
    failing = [each for each in found if each.state == "fail"]
    shown = [each for each in found if not quiet or each.state in {"fail", "warn"}]
    _print(form, shown, failing)
    if failing:
        raise typer.Exit(ExitCode.FINDINGS)


def _print(form: PlainFormat, shown: list[Health], failing: list[Health]) -> None:
    import orjson

    if form is PlainFormat.JSON:
        told = {
            "schema": "why403.doctor/1",
            "healthy": not failing,
            "checks": [
                {"name": each.name, "state": each.state.value, "told": each.told, "remedy": each.remedy}
                for each in shown
            ],
        }
        print_out(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n", encoding="utf-8")
        return
    coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = max((len(each.name) for each in shown), default=0)
    lines = []
    for each in shown:
        state = f"{each.state:<7}"
        mark = f"\x1b[{_COLOURS[each.state]}m{state}\x1b[0m" if coloured else state
        lines.append(f"{mark}  {each.name:<{width}}  {each.told}")
        if each.remedy:
            lines.append(f"{'':<7}  {'':<{width}}  → {each.remedy}")
    verdict = f"{counted(len(failing), 'check')} failed." if failing else "Nothing fails."
    print_out("\n".join([*lines, "", verdict, ""]))
