"""mitmproxy does the same with almost a third less work: what it does again and again for each exchange, done once.

Together with the hooks that are looked up once (`cached_hooks`) this is why a proxy that explains every refusal is
faster than a bare mitmdump. Each shortcut replaces one function of mitmproxy in this process by one with the same
results; `tests/cli/test_mitmproxy_shortcuts.py` holds the two beside each other. They are taken with the versions of
mitmproxy they were compared with, and with no other: an unknown one runs as it is, only slower.
"""

from __future__ import annotations

import copy
from dataclasses import fields
from typing import TYPE_CHECKING, Final, cast

from mitmproxy import http, optmanager, version
from mitmproxy.hooks import Hook
from mitmproxy.proxy import commands, events, mode_servers

from proxy_addons.cli.connection_handler import ConnectionHandler

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPARED_WITH: Final = frozenset({"12.2.3"})
"""Versions of mitmproxy whose functions these replace."""
_IMMUTABLE: Final = (str, int, bool, float, type(None))
_fields_of: Final[dict[type[Hook], tuple[str, ...]]] = {}


def take_shortcuts(running: str = version.VERSION) -> bool:
    """Replace what mitmproxy does slowly, for the rest of this process; False where its version is an unknown one."""
    if running not in COMPARED_WITH:
        return False
    http.MessageData.__post_init__ = _believe_types  # type: ignore[method-assign]
    http.Headers.get_all = get_all  # type: ignore[method-assign, assignment]
    http.Headers.get = get  # type: ignore[method-assign, assignment]
    http.Headers.__contains__ = contains  # type: ignore[method-assign, assignment]
    for made_often in (Hook, commands.StartHook, events.CommandCompleted):
        made_often.__new__ = _made  # type: ignore[method-assign, assignment]
    Hook.args = arguments  # type: ignore[method-assign, assignment]
    optmanager._Option.current = current  # type: ignore[method-assign, assignment]  # noqa: SLF001 - what `ctx.options` reads
    mode_servers.ProxyConnectionHandler = ConnectionHandler  # type: ignore[misc]
    return True


def _believe_types(_message: http.MessageData) -> None:
    """No check of each field's type for each message: mitmproxy itself leaves it out under `python -O`."""


def _made(kind: type[object], *_values: object, **_by_name: object) -> object:
    """A hook, or an event that tells of one, without the check whether its class is a dataclass: all of them are."""
    return object.__new__(kind)


def get_all(headers: http.Headers, name: str | bytes) -> list[str]:
    """Every value of a header. Names are in most cases told apart by their length, which costs nothing."""
    wanted = http._always_bytes(name).lower()  # noqa: SLF001 - its errors are those of the replaced function
    length = len(wanted)
    return [
        http._native(value)  # noqa: SLF001 - the one way headers become text
        for name, value in headers.fields
        if len(name) == length and name.lower() == wanted
    ]


def get[Default](headers: http.Headers, name: str | bytes, default: Default | None = None) -> str | Default | None:
    """A header's values as one, without an exception where there is none."""
    values = get_all(headers, name)
    return headers._reduce_values(values) if values else default  # noqa: SLF001 - the one way values are joined


def contains(headers: http.Headers, name: object) -> bool:
    """Whether there is such a header."""
    return bool(get_all(headers, cast("str", name)))


def arguments(hook: Hook) -> list[object]:
    """What a hook's listeners are called with; which fields a hook has is looked up once."""
    names = _fields_of.get(type(hook))
    if names is None:
        names = _fields_of[type(hook)] = tuple(field.name for field in fields(hook))  # type: ignore[arg-type]
    return [getattr(hook, name) for name in names]


def current(option: optmanager._Option) -> str | int | bool | float | Sequence[str] | None:
    """An option's value: a copy of it only where somebody could change it."""
    value = option._default if option.value is optmanager.unset else option.value  # noqa: SLF001 - as `default` does
    return cast("str | None", value if isinstance(value, _IMMUTABLE) else copy.deepcopy(value))
