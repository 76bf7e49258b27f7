"""docs/lab.md is complete: it names every application, account and switch."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from proxy_addons.lab.accounts import ACCOUNTS
from proxy_addons.lab.registered_apps import APPS
from proxy_addons.lab.switches import Switches

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lab.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [app.name for app in APPS])
def test_every_application_is_described_with_its_client_id(name: str) -> None:
    client_id = next(app.client_id for app in APPS if app.name == name)
    assert f"| `{name}` | `{client_id}` |" in PAGE


@pytest.mark.parametrize("address", [account.address for account in ACCOUNTS])
def test_every_account_is_described(address: str) -> None:
    assert f"`{address}`" in PAGE


@pytest.mark.parametrize("switch", [each.name for each in fields(Switches)])
def test_every_switch_is_described(switch: str) -> None:
    assert f"`{switch}`" in PAGE
