"""`why403 verify`: repeat a refused call with single changes, and see which one turns the refusal into an answer."""

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
from proxy_addons.diagnosis.experiment import NEUTRAL_USER_AGENT

if TYPE_CHECKING:
    from proxy_addons.cli.refused_call import Refused
    from proxy_addons.diagnosis.experiment import Change, Trial
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.entra.identity import Identity
    from proxy_addons.entra.outbound import Route
    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.settings import Settings

EPILOG = ending(
    (
        "why403 verify trace.har --failure f-08f7f9b5d3c6 --secret-env APP_SECRET --yes",
        "why403 verify f-08f7f9b5d3c6 --yes      # from a proxy started with --allow-verify",
        "why403 verify trace.har                 # shows what would be sent, sends nothing",
    ),
    {
        0: "a single change turned the refusal into an answer",
        2: "the call must not be repeated, or an option is wrong; nothing was sent",
        3: "sent, and not settled: no change helped, or the call is accepted by now",
    },
)


@with_identity
def verify(  # noqa: PLR0913, PLR0917  # typer wants an argument for every option
    given: Mapping[str, object],
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|ID", help="A recording of yours, or the id of a failure a running proxy remembers."
        ),
    ],
    failure: Annotated[
        str,
        typer.Option("--failure", metavar="ID", help="Which refusal of the recording; needed where it has several."),
    ] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Send it. Without this the plan is shown and nothing is sent.")
    ] = False,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help="A fresh token, in place of an identity.")
    ] = None,
    other_token_file: Annotated[
        Path | None, typer.Option("--other-token-file", metavar="FILE", help="A token of another identity to try.")
    ] = None,
    other_identity: Annotated[
        str, typer.Option("--other-identity", metavar="NAME", help="Another identity of why403.toml to try.")
    ] = "",
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="HEADER", help="Try without this header; may be repeated."),
    ] = None,
    user_agent: Annotated[
        str, typer.Option("--user-agent", metavar="TEXT", help="The other User-Agent to try.")
    ] = NEUTRAL_USER_AGENT,
    admin_port: Annotated[
        int | None, typer.Option("--admin-port", metavar="PORT", help="Admin port of the running proxy.")
    ] = None,
    form: FormatOption = PlainFormat.TEXT,
) -> None:
    """Repeat a refused call with single changes, to prove its cause.

    Only calls that read are ever repeated: GET, HEAD, and a closed list of EWS operations and cmdlets. The call is sent
    as recorded, then with one change each (a fresh token, another User-Agent, without a header, without the proxy,
    another identity), then as recorded again. Everything that was sent is listed.

    A fresh token is acquired for the application and tenant of the old one; say how with the identity's options.
    """
    from proxy_addons.cli.config_file import settings_from
    from proxy_addons.diagnosis.repeatable import why_not_repeatable
    from proxy_addons.intake.rule_files import read_rules

    settings = settings_from({} if admin_port is None else {"admin_port": admin_port})
    ruleset, route = read_rules(settings.rules, shipped=settings.shipped_rules), route_from(settings, os.environ)
    refused = _refused(what, failure, settings, ruleset)
    exchange = refused.failure.exchange
    reason = why_not_repeatable(exchange.request)
    if not reason and exchange.hidden and refused.failure.report.exchange.service == "graph":
        reason = "the refused call is a part of a $batch: send it alone first, and verify that"
    if reason:
        raise Complaint(f"{refused.failure.report.id}: not repeated: {reason}. Nothing was sent")
    planner = _Planner(exchange, ruleset, route)
    planner.take_file(token_file)
    planner.take_identity(planner.identity(given), send=yes)
    planner.take_file(other_token_file)
    planner.take_identity(planner.identity({"identity": other_identity} if other_identity else {}), send=yes)
    planned = planner.plan(user_agent, without or [])
    if not yes:
        from proxy_addons.cli.experiment_printing import print_plan

        print_plan(refused.failure, planned, planner.announced)
        raise typer.Exit(ExitCode.USAGE)
    _carry_out(refused, planned, planner, form, neutral=user_agent == NEUTRAL_USER_AGENT)


def _carry_out(
    refused: Refused, planned: tuple[Trial, ...], planner: _Planner, form: PlainFormat, *, neutral: bool
) -> None:
    from proxy_addons.cli.experiment_printing import print_experiment
    from proxy_addons.cli.experiment_run import run_experiment
    from proxy_addons.diagnosis.experiment import Result

    experiment = run_experiment(refused.failure, planned, planner.route, planner.ruleset, neutral=neutral)
    print_experiment(refused.failure, experiment, planner.asked, form)
    if experiment.conclusion.result is not Result.CONFIRMED:
        raise typer.Exit(ExitCode.FINDINGS)


def _refused(what: str, failure: str, settings: Settings, ruleset: Ruleset) -> Refused:
    """The refusal: a file by its name, else an id."""
    from proxy_addons.cli.refused_call import refusal

    if Path(what).exists() or not what.startswith("f-"):
        return refusal(Path(what), failure, ruleset)
    from proxy_addons.cli.live_refusal import live_refusal

    return live_refusal(what, settings, ruleset)


class _Planner:
    """Gathers the tokens at hand and makes the plan of them."""

    def __init__(self, exchange: Exchange, ruleset: Ruleset, route: Route) -> None:
        self.exchange = exchange
        self.ruleset = ruleset
        self.route = route
        self.asked: list[str] = []
        self.announced: list[str] = []
        self._tokens: dict[Change, str] = {}

    def identity(self, given: Mapping[str, object]) -> Identity | None:
        """The identity of the options; application and tenant are those of the old token where none are named."""
        from proxy_addons.cli.config_file import read_configuration
        from proxy_addons.evidence.facts import collect

        if not given:
            return None
        facts = collect(self.exchange, self.ruleset.reference.directory_roles)
        known = {"client_id": facts.text("token.app_id"), "tenant": facts.text("token.tenant")}
        defaults = {} if "identity" in given else {name: value for name, value in known.items() if value}
        return identity_from({**defaults, **given}, read_configuration(os.environ).identities)

    def take_identity(self, identity: Identity | None, *, send: bool) -> None:
        """Acquire a token for the API the call is for."""
        from proxy_addons.cli.sign_in import fresh_token
        from proxy_addons.cli.tokens import wanted_scopes

        if identity is None:
            return
        scopes = wanted_scopes(self.exchange.request.url, [])
        line = (
            f"a token for {' '.join(scopes)} from Entra, as application {identity.client_id} ({identity.chosen_flow})"
        )
        if send:
            self._take(fresh_token(identity, scopes, self.route, person()).access_token)
            self.asked.append(line)
        else:
            self.announced.append(line)

    def take_file(self, file: Path | None) -> None:
        """Use a token somebody holds."""
        from proxy_addons.cli.sign_in import held_token

        if file is not None:
            self._take(held_token(file, ""))

    def _take(self, token: str) -> None:
        from dataclasses import replace

        from proxy_addons.diagnosis.experiment import token_change, with_token
        from proxy_addons.evidence.facts import collect

        roles = self.ruleset.reference.directory_roles
        changed = replace(self.exchange, request=with_token(self.exchange.request, token))
        self._tokens[token_change(collect(self.exchange, roles), collect(changed, roles))] = token

    def plan(self, user_agent: str, left_out: list[str]) -> tuple[Trial, ...]:
        """One trial per change."""
        from proxy_addons.diagnosis.experiment import trials

        return trials(
            self.exchange.request,
            tokens=self._tokens,
            user_agent=user_agent,
            left_out=left_out,
            behind_proxy=bool(self.route.proxy),
        )
