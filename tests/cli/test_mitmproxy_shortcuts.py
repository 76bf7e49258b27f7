"""What is done sooner than mitmproxy does it comes to the same."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, strategies as st
from mitmproxy import hooks, options, version
from mitmproxy.flow import Flow
from mitmproxy.proxy import events  # noqa: F401 - declares hooks of its own
from mitmproxy.test import tflow

from proxy_addons.cli import mitmproxy_shortcuts as shortcuts

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from mitmproxy import http
    from mitmproxy.optmanager import _Option


def _untouched(name: str) -> ModuleType:
    """A module as mitmproxy wrote it, whoever has taken shortcuts in this process."""
    spec = importlib.util.find_spec(name)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # Whoever defines a flow enters it here; the copies would stand for the real ones from then on.
    registered: dict[str, type[Flow]] = Flow._Flow__types  # type: ignore[attr-defined]  # mangled
    before = dict(registered)
    spec.loader.exec_module(module)
    registered.update(before)
    return module


STOCK = _untouched("mitmproxy.http").Headers
STOCK_OPTION = _untouched("mitmproxy.optmanager")._Option

NAMES = st.sampled_from(["Host", "host", "HOST", "Accept", "x", "Set-Cookie", "\u00e4", "", "\udce4", "Content-Length"])
RAW_NAMES = NAMES.map(lambda name: name.encode("utf-8", "surrogateescape")) | st.binary(max_size=4)
FIELDS = st.lists(st.tuples(RAW_NAMES, st.binary(max_size=6)), max_size=6)


@given(FIELDS, NAMES | RAW_NAMES)
def test_headers_are_found_as_mitmproxy_finds_them(raw: list[tuple[bytes, bytes]], name: str | bytes) -> None:
    headers = cast("http.Headers", STOCK(raw))
    assert shortcuts.get_all(headers, name) == headers.get_all(name)
    assert shortcuts.get(headers, name) == headers.get(name)
    assert shortcuts.get(headers, name, "none") == headers.get(name, "none")
    assert shortcuts.contains(headers, name) == (name in headers)


@pytest.mark.parametrize("of", [shortcuts.get_all, shortcuts.get, shortcuts.contains])
def test_a_name_that_is_no_text_is_the_error_it_was(of: Callable[..., object]) -> None:
    headers = cast("http.Headers", STOCK([(b"a", b"b")]))
    with pytest.raises(TypeError) as theirs:
        headers.get_all(cast("str", 1))
    with pytest.raises(TypeError) as ours:
        of(headers, 1)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("hook", hooks.all_hooks.values(), ids=lambda hook: hook.name)
def test_a_hook_is_called_with_its_fields(hook: type[hooks.Hook]) -> None:
    values = [tflow.tflow() for _ in fields(hook)]  # type: ignore[arg-type]
    event = hook(*values)
    assert shortcuts.arguments(event) == values
    assert shortcuts.arguments(event) == values


def _options() -> list[_Option]:
    # The values and their copies are what is compared, not the manager, which is not replaced.
    return [*options.Options()._options.values()]


def test_every_option_has_the_value_it_had() -> None:
    for option in _options():
        stock = STOCK_OPTION(option.name, option.typespec, option.default, option.help, option.choices)
        assert shortcuts.current(option) == stock.current()


def test_a_value_that_was_set_is_the_one_that_counts() -> None:
    option = next(option for option in _options() if option.name == "listen_port")
    option.set(1234)
    assert shortcuts.current(option) == 1234


def test_nobody_changes_an_option_through_what_it_was_read_as() -> None:
    option = next(option for option in _options() if option.name == "mode")
    read = shortcuts.current(option)
    assert isinstance(read, Sequence)
    cast("list[str]", read).append("socks5")
    assert "socks5" not in cast("Sequence[str]", shortcuts.current(option))


def test_they_were_compared_with_the_mitmproxy_that_is_installed() -> None:
    assert version.VERSION in shortcuts.COMPARED_WITH


def test_an_unknown_mitmproxy_runs_as_it_is() -> None:
    before = hooks.Hook.args
    assert not shortcuts.take_shortcuts("12.9.0")
    assert hooks.Hook.args is before
