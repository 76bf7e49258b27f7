"""X-EWS-Policy-Reason: the two sentences in which Exchange Online says that a setting, not a permission, refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.clients import EXCHANGE_DEFAULT, LabClient
from tests.lab.test_ews_refusals import ADELE, call

if TYPE_CHECKING:
    from proxy_addons.lab import Lab

DISABLED = "EWS is disabled for this user or tenant"
BLOCKED = "EWS is blocked by policy for this user or tenant"
SETTINGS = [
    ({"ews_enabled": False}, DISABLED),
    ({"ews_disabled_mailboxes": [ADELE]}, DISABLED),
    ({"ews_allowed_app_ids": ["00000000-0000-0000-0000-000000000001"]}, BLOCKED),
    ({"ews_policy": "EnforceAllowList", "ews_allow_list": ["Outlook*"]}, BLOCKED),
    ({"ews_policy": "EnforceBlockList", "ews_block_list": ["python-httpx/*"]}, BLOCKED),
]


@pytest.mark.parametrize(("switches", "reason"), SETTINGS)
def test_a_refusal_by_a_setting_carries_its_sentence(
    lab: Lab, client: LabClient, switches: dict[str, object], reason: str
) -> None:
    lab.tenant.change_to(switches)
    response = call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT))
    assert response.status_code == 403
    assert response.headers["X-EWS-Policy-Reason"] == reason


@pytest.mark.parametrize(("switches", "_reason"), SETTINGS)
def test_an_older_server_keeps_the_reason_to_itself(
    lab: Lab, client: LabClient, switches: dict[str, object], _reason: str
) -> None:
    lab.tenant.change_to({**switches, "ews_policy_reason": False})
    response = call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT))
    assert response.status_code == 403
    assert "X-EWS-Policy-Reason" not in response.headers


def test_an_application_access_policy_is_not_among_them(lab: Lab, client: LabClient) -> None:
    lab.tenant.change(app_access_policy={"mail-daemon": ["alex@contoso.com"]})
    response = call(client, client.app_token("mail-daemon", EXCHANGE_DEFAULT))
    assert response.status_code == 403
    assert "X-EWS-Policy-Reason" not in response.headers
