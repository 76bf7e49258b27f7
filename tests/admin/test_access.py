import ast
import inspect
from types import ModuleType

import pytest

from proxy_addons.admin import access, doorkeeper, refused_calls
from proxy_addons.admin.access import AccessError, admin_access
from proxy_addons.settings import SettingsError, read_settings

TOKEN = "0123456789abcdef"


def test_other_machines_are_let_in_only_with_a_token() -> None:
    settings = read_settings({"admin_host": "0.0.0.0"}, {})  # noqa: S104 - nothing listens there
    with pytest.raises(AccessError, match=r"WHY403_ADMIN_TOKEN is not set. Remedy: export WHY403_ADMIN_TOKEN"):
        admin_access(settings, {})
    assert admin_access(settings, {"WHY403_ADMIN_TOKEN": TOKEN}).token == TOKEN


@pytest.mark.parametrize("module", [access, doorkeeper, refused_calls])
def test_tokens_and_cookies_are_compared_in_constant_time(module: ModuleType) -> None:
    tree = ast.parse(inspect.getsource(module))
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    secrets = ("token", "secret", "signature", "given", "cookie", "_signed")
    by_hand = [text for text in compared if any(word in text for word in secrets) and ("==" in text or "!=" in text)]
    assert by_hand == []
    digests = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert "compare_digest" in digests or module is doorkeeper


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"])
def test_this_machine_needs_none(host: str) -> None:
    assert admin_access(read_settings({"admin_host": host}, {}), {}).local


@pytest.mark.parametrize("token", ["short", "fifteen-letters", "ümlaut-are-no-ascii", "has\x07a-bell-in-it-somewhere"])
def test_a_token_one_could_guess_or_not_send_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(AccessError, match="at least 16") as caught:
        admin_access(read_settings({}, {}), {"WHY403_ADMIN_TOKEN": token})
    assert token not in str(caught.value)


def test_metrics_cannot_be_protected_without_a_token() -> None:
    with pytest.raises(AccessError, match="--protect-metrics needs a token"):
        admin_access(read_settings({"protect_metrics": True}, {}), {})


@pytest.mark.parametrize("host", ["example.com", "1.2.3", "", "0.0.0.0:80"])
def test_what_is_no_address_is_refused_at_the_start(host: str) -> None:
    with pytest.raises(SettingsError, match=r"--admin-host .*is no IP address. Remedy: give an IP address"):
        read_settings({"admin_host": host}, {})


def test_a_public_name_is_a_name_and_no_pattern() -> None:
    assert read_settings({}, {"WHY403_ADMIN_NAMES": "A.example b.example"}).admin_names == ("a.example", "b.example")
    with pytest.raises(SettingsError, match="is no host name"):
        read_settings({"admin_names": ["*.example"]}, {})
