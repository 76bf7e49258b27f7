"""Facts inside commands: only what is a plain word to every shell."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from proxy_addons.diagnosis.wording import fill_command
from proxy_addons.evidence.facts import Fact, Facts


def _facts(value: str | None) -> Facts:
    return Facts(MappingProxyType({"token.app_id": Fact("token.app_id", value, "token claim appid")}))


def test_an_application_id_goes_into_the_command() -> None:
    """A GUID is a plain word."""
    app = "3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f8a36"
    assert fill_command("az ad sp show --id {token.app_id}", _facts(app)) == f"az ad sp show --id {app}"


@pytest.mark.parametrize("value", ["x; shutdown", "$(id)", "`id`", "--yes", "a b", "a\nb", "", None])
def test_a_claim_that_could_run_something_stays_out_of_the_command(value: str | None) -> None:
    """Whoever wrote the token must not write the command."""
    assert fill_command("az ad sp show --id {token.app_id}", _facts(value)) == "az ad sp show --id <token.app_id>"


def test_braces_of_powershell_stay_as_they_are() -> None:
    """Only the name of a fact is a placeholder."""
    command = "Set-OrganizationConfig -EwsAllowList @{Add='<User-Agent prefix>*'}"
    assert fill_command(command, Facts()) == command
