from __future__ import annotations

import pytest

from proxy_addons.diagnosis.permissions.accepted import BeyondToken, Scheme, Trait
from proxy_addons.diagnosis.permissions.advice import Client, commands, narrower_choice, needs_admin
from proxy_addons.diagnosis.permissions.holding import Holding
from proxy_addons.diagnosis.permissions.table import Operation
from proxy_addons.diagnosis.permissions.verdict import Judgement, judge
from tests.support.permission_tables import APP, WORK, accepted, data

APP_ID = "3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f8a36"
KNOWN = data(
    "GET /x", traits={"A.Read": {WORK: Trait(1, admin_consent=False)}, "B.Read": {WORK: Trait(3, admin_consent=True)}}
)


def lacking(*names: str, scheme: Scheme = APP, instead: tuple[str, ...] = ()) -> Judgement:
    operation = Operation("/x", "GET", accepted(names, names), beyond=BeyondToken(instead=instead))
    return judge(operation, Holding(scheme, ()))


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("Sites.Read.All", "Sites.Selected"),
        ("Files.ReadWrite.All", "Sites.Selected"),
        ("Mail.Read", "RBAC for Applications"),
        ("full_access_as_app", "RBAC for Applications"),
        ("ChannelMessage.Read.All", "resource-specific consent"),
    ],
)
def test_what_opens_less_than_the_tenant_is_named(name: str, choice: str) -> None:
    assert choice in narrower_choice(lacking(name))


def test_resource_specific_permissions_the_table_names_are_told() -> None:
    assert narrower_choice(lacking("ChannelMessage.Read.All", instead=("ChannelMessage.Read.Group",))).endswith(
        ": ChannelMessage.Read.Group"
    )
    assert narrower_choice(lacking("Odd.Read.All", instead=("Odd.Read.Group",))) == "Odd.Read.Group"


def test_where_nothing_narrower_is_known_nothing_is_said() -> None:
    assert narrower_choice(lacking("Directory.Read.All")) == ""


def test_a_users_token_opens_only_what_the_user_may_open_anyway() -> None:
    assert narrower_choice(lacking("Sites.Read.All", scheme=WORK)) == ""


def test_without_a_gap_there_is_nothing_to_narrow() -> None:
    assert narrower_choice(judge(None, Holding(APP))) == ""


@pytest.mark.parametrize(
    ("names", "scheme", "admin"),
    [
        (("A.Read",), WORK, False),
        (("A.Read", "B.Read"), WORK, True),
        (("A.Read", "Nobody.Knows"), WORK, None),
        (("A.Read",), APP, True),
        ((), WORK, None),
    ],
)
def test_whether_an_administrator_must_consent(names: tuple[str, ...], scheme: Scheme, *, admin: bool | None) -> None:
    assert needs_admin(names, scheme, KNOWN) is admin


def test_there_are_commands_for_four_tools_and_the_least_permission() -> None:
    told = commands(lacking("Mail.ReadBasic.All", "Mail.Read"), Client(APP_ID, "contoso.com"))
    assert [each.tool for each in told] == ["consent", "Microsoft Graph PowerShell", "Azure CLI", "Terraform"]
    assert told[0].lines == (f"https://login.microsoftonline.com/contoso.com/adminconsent?client_id={APP_ID}",)
    for each in told[1:]:
        text = "\n".join(each.lines)
        assert "Mail.ReadBasic.All" in text
        assert "Mail.Read'" not in text
        assert APP_ID in text


def test_a_delegated_permission_is_granted_by_other_commands() -> None:
    text = "\n".join(line for each in commands(lacking("A.Read", scheme=WORK), Client()) for line in each.lines)
    assert "New-MgOauth2PermissionGrant" in text
    assert "=Scope" in text
    assert "azuread_service_principal_delegated_permission_grant" in text
    assert "<app-id>" in text


def test_a_permission_of_exchange_is_granted_on_exchange() -> None:
    text = "\n".join(line for each in commands(lacking("full_access_as_app"), Client()) for line in each.lines)
    assert "00000002-0000-0ff1-ce00-000000000000" in text
    assert "00000003-" not in text


def test_a_national_cloud_consents_at_its_own_address() -> None:
    (consent, *_) = commands(lacking("A.Read"), Client(APP_ID, "x", "china"))
    assert consent.lines[0].startswith("https://login.partner.microsoftonline.cn/x/")


@pytest.mark.parametrize("claim", ["x; shutdown", "$(id)", "a b", "'", "-x"])
def test_a_claim_that_could_run_something_stays_out_of_the_commands(claim: str) -> None:
    text = "\n".join(line for each in commands(lacking("A.Read"), Client(claim, claim)) for line in each.lines)
    assert f"client_id={claim}" not in text
    assert "<tenant-id>" in text


def test_without_a_gap_there_is_nothing_to_grant() -> None:
    assert commands(judge(None, Holding(APP)), Client()) == ()
