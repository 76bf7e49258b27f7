from pathlib import Path

import pytest

from proxy_addons.evidence.services import MICROSOFT_HOST_PATTERNS
from proxy_addons.setting_values import ConnectTo
from proxy_addons.settings import (
    DEFAULT_BUNDLE_DIRECTORY,
    SettingsError,
    options,
    read_settings,
    settings_from_mitmproxy,
)


def complaint(given: dict[str, object], **environment: str) -> str:
    with pytest.raises(SettingsError) as raised:
        read_settings(given, environment)
    return str(raised.value)


def test_the_defaults_are_three_ports_and_every_microsoft_host() -> None:
    settings = read_settings({}, {})
    assert (settings.reverse_port, settings.forward_port, settings.admin_port) == (8403, 8404, 9403)
    assert settings.hosts == MICROSOFT_HOST_PATTERNS
    assert settings.bundle_directory is None


def test_the_command_line_beats_the_environment_and_that_the_default() -> None:
    environment = {"WHY403_REVERSE_PORT": "1001", "WHY403_FORWARD_PORT": "1002", "WHY403_QUIET": "yes"}
    settings = read_settings({"reverse_port": "2001"}, environment)
    assert (settings.reverse_port, settings.forward_port, settings.admin_port) == (2001, 1002, 9403)
    assert settings.quiet


def test_several_values_stand_in_the_environment_with_blanks_between_them() -> None:
    settings = read_settings({}, {"WHY403_CONNECT_TO": "a.example=127.0.0.1:1 B.example=[::1]"})
    assert settings.connect_to == (ConnectTo("a.example", "127.0.0.1", 1), ConnectTo("b.example", "::1", None))
    assert [str(target) for target in settings.connect_to] == ["a.example=127.0.0.1:1", "b.example=[::1]"]


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert read_settings({}, {"WHY403_ADMIN_PORT": ""}).admin_port == 9403


def test_hosts_replace_the_default_and_may_bring_it_back_by_name() -> None:
    assert read_settings({"hosts": ["Mail.Contoso.com"]}, {}).hosts == ("mail.contoso.com",)
    both = read_settings({"hosts": ["*.contoso.com", "microsoft"]}, {}).hosts
    assert both == ("*.contoso.com", *MICROSOFT_HOST_PATTERNS)


@pytest.mark.parametrize(
    ("given", "directory"),
    [
        ({}, None),
        ({"bundles": True}, DEFAULT_BUNDLE_DIRECTORY),
        ({"bundle_dir": "evidence"}, Path("evidence")),
        ({"bundles": True, "bundle_dir": "evidence"}, Path("evidence")),
    ],
)
def test_naming_a_directory_is_asking_for_bundles(given: dict[str, object], directory: Path | None) -> None:
    assert read_settings(given, {}).bundle_directory == directory


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"reverse_port": "65536"}, "--reverse-port 65536: input should be less than or equal to 65535"),
        ({"admin_port": "http"}, "--admin-port http: input should be a valid integer"),
        ({"hosts": ["https://graph.microsoft.com"]}, "'https://graph.microsoft.com' is no host name"),
        ({"hosts": ["a.*.com"]}, "'a.*.com' is no host name"),
        ({"connect_to": ["graph.microsoft.com"]}, "'graph.microsoft.com' does not say where to connect to"),
        ({"connect_to": ["a=b:99999"]}, "99999 is no port"),
        ({"connect_to": ["a=::1"]}, "'a=::1' does not say where to connect to"),
        ({"upstream_ca": "no-such.pem"}, "--upstream-ca no-such.pem: there is no file no-such.pem"),
        ({"rules": "no-such-rules"}, "--rules no-such-rules: there is no directory no-such-rules"),
        ({"log_format": "xml"}, "--log-format xml: input should be 'auto', 'json' or 'text'"),
    ],
)
def test_a_value_nobody_can_use_is_named_with_what_is_wrong(given: dict[str, object], wrong: str) -> None:
    message = complaint(given)
    assert wrong in message
    assert ". Remedy: " in message


def test_every_mistake_is_told_at_once() -> None:
    message = complaint({"reverse_port": "x"}, WHY403_LOG_FORMAT="y")
    assert [line.split()[0] for line in message.splitlines()] == ["--reverse-port", "WHY403_LOG_FORMAT"]


def test_mitmproxys_options_are_named_as_mitmproxy_names_them() -> None:
    with pytest.raises(SettingsError, match=r"^why403_connect_to nowhere: 'nowhere' does not say"):
        settings_from_mitmproxy({"connect_to": ["nowhere"]})


def test_an_empty_text_from_mitmproxy_means_that_nothing_was_given() -> None:
    settings = settings_from_mitmproxy({"bundle_dir": "", "rules": "", "upstream_ca": ""})
    assert (settings.bundle_dir, settings.rules, settings.upstream_ca) == (None, None, None)


def test_every_setting_explains_itself() -> None:
    for option in options():
        assert option.help.endswith("."), option.name
        assert option.is_flag or option.placeholder, option.name


def test_names_follow_from_the_field() -> None:
    (option,) = (option for option in options() if option.name == "connect_to")
    assert (option.flag, option.variable, option.mitmproxy_name) == (
        "--connect-to",
        "WHY403_CONNECT_TO",
        "why403_connect_to",
    )


def test_a_proxy_beyond_is_read_as_https_proxy_says_it() -> None:
    proxy = read_settings({"upstream_proxy": "https://adele:a%20secret@[2001:db8::7]:8080/"}, {}).upstream_proxy
    assert proxy is not None
    assert (proxy.url, proxy.credentials) == ("https://[2001:db8::7]:8080", "adele:a secret")
    assert "secret" not in repr(proxy)
    assert read_settings({"upstream_proxy": ""}, {}).upstream_proxy is None


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("http://adele:secret@proxy.contoso.com", "http://...@proxy.contoso.com: names no port"),
        ("proxy.contoso.com:8080", "proxy.contoso.com:8080: is no address of a proxy"),
        ("socks5://proxy.contoso.com:1080", "socks5://proxy.contoso.com:1080: is no address of a proxy"),
        ("http://proxy.contoso.com:99999", "http://proxy.contoso.com:99999: is no address of a proxy"),
    ],
)
def test_what_is_no_proxy_is_named_without_its_password(written: str, wrong: str) -> None:
    remedy = "Remedy: write it as HTTPS_PROXY does, for example http://proxy.contoso.com:8080."
    assert complaint({"upstream_proxy": written}) == f"--upstream-proxy {wrong}. {remedy}"
