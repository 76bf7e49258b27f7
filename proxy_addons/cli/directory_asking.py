"""Failures diagnosed again with the answers of somebody's directory, for `--ask-directory`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from proxy_addons.cli.config_file import read_configuration, settings_from
from proxy_addons.cli.identity_options import identity_from, person, route_from
from proxy_addons.cli.sign_in import fresh_token
from proxy_addons.diagnosis.answered import answered
from proxy_addons.entra.clouds import graph_host
from proxy_addons.entra.directory import Directory
from proxy_addons.evidence.bearer_token import read_authorization
from proxy_addons.evidence.facts import collect

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.diagnosis.failure import Failure
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.entra.identity import Identity
    from proxy_addons.entra.outbound import Route
    from proxy_addons.evidence.timeline import Memory


def directory_asker(name: str) -> Callable[[Failure, Memory, Ruleset], Failure]:
    """What asks the directory about one failure after the other, as an identity of why403.toml. Raises Complaint."""
    identity = identity_from({"identity": name}, read_configuration(os.environ).identities)
    assert identity is not None  # noqa: S101  # a name always gives an identity, or a Complaint
    return _Asker(identity, route_from(settings_from({}), os.environ)).ask


class _Asker:
    """Signs in once, when the first failure needs it."""

    def __init__(self, identity: Identity, route: Route) -> None:
        self._identity = identity
        self._route = route
        self._directory: Directory | None = None
        self._tenant = ""

    def ask(self, failure: Failure, memory: Memory, ruleset: Ruleset) -> Failure:
        """The failure with the directory's answers; untouched where its token is of another tenant."""
        facts = collect(failure.exchange, ruleset.reference.directory_roles)
        tenant = facts.text("token.tenant")
        if not tenant:
            return failure
        directory = self._signed_in(ruleset)
        if tenant != self._tenant:
            told = f"{failure.report.id}: its token is of tenant {tenant}, the identity signs in to {self._tenant}"
            typer.echo(f"why403: {told}: its directory was not asked", err=True)
            return failure
        answers = directory.answer(failure.exchange)
        return failure if answers is None else answered(failure, answers, ruleset, memory)

    def _signed_in(self, ruleset: Ruleset) -> Directory:
        if self._directory is None:
            host = graph_host(self._identity.cloud)
            token = fresh_token(self._identity, [f"https://{host}/.default"], self._route, person()).access_token
            self._tenant = str(read_authorization(f"Bearer {token}").claims.get("tid", "")).lower()
            self._directory = Directory(host, token, self._route, ruleset.reference.directory_roles)
        return self._directory
