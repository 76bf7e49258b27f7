from collections.abc import Iterator

import pytest
from mitmproxy import exceptions
from mitmproxy.test import taddons

from proxy_addons.addons.options import NOT_MITMPROXYS, Options, as_mitmproxy_options
from proxy_addons.setting_values import ConnectTo
from proxy_addons.settings import options, read_settings


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> Iterator[taddons.context]:
    for option in options():
        monkeypatch.delenv(option.variable, raising=False)
    with taddons.context() as context:
        yield context


def test_every_setting_mitmproxy_has_no_option_for_becomes_one(context: taddons.context) -> None:
    context.master.addons.add(Options())
    declared = {name for name, _ in context.master.options.items() if name.startswith("why403_")}
    assert declared == {option.mitmproxy_name for option in options() if option.name not in NOT_MITMPROXYS}


def test_a_value_that_is_set_becomes_a_setting(context: taddons.context) -> None:
    addon = Options()
    context.master.addons.add(addon)
    context.master.options.update(why403_connect_to=["a.example=127.0.0.1:8443"], why403_verdict_header=True)
    assert addon.settings.connect_to == (ConnectTo("a.example", "127.0.0.1", 8443),)
    assert addon.settings.verdict_header


def test_a_value_nobody_can_use_is_refused_and_the_old_one_stays(context: taddons.context) -> None:
    addon = Options()
    context.master.addons.add(addon)
    with pytest.raises(exceptions.OptionsError, match=r"^why403_connect_to nowhere: .* Remedy: "):
        context.master.options.update(why403_connect_to=["nowhere"])
    assert context.master.options.why403_connect_to == []
    assert addon.settings.connect_to == ()


def test_the_environment_gives_the_defaults(context: taddons.context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHY403_VERDICT_HEADER", "true")
    monkeypatch.setenv("WHY403_CONNECT_TO", "a.example=127.0.0.1 b.example=127.0.0.2")
    context.master.addons.add(Options())
    assert context.master.options.why403_verdict_header is True
    assert context.master.options.why403_connect_to == ["a.example=127.0.0.1", "b.example=127.0.0.2"]


def test_a_mistake_in_the_environment_is_an_error_in_the_log(
    context: taddons.context, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # mitmproxy's tools leave when an error is logged while they start.
    monkeypatch.setenv("WHY403_ADMIN_PORT", "none")
    context.master.addons.add(Options())
    (record,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert record.getMessage().startswith("WHY403_ADMIN_PORT none: ")


def test_settings_survive_the_way_through_mitmproxys_options(context: taddons.context) -> None:
    wanted = read_settings(
        {"hosts": ["mail.contoso.com"], "connect_to": ["a=[::1]:1"], "bundle_dir": "x", "admin_port": "0"}, {}
    )
    addon = Options()
    context.master.addons.add(addon)
    context.master.options.update(**as_mitmproxy_options(wanted))
    assert addon.settings == wanted
