from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter

from proxy_addons.diagnosis.permissions.accepted import Scheme, spelled
from proxy_addons.diagnosis.permissions.permission_data import Call
from proxy_addons.diagnosis.yaml_file import read_yaml
from tests.permissions.shipped import data

if TYPE_CHECKING:
    from proxy_addons.diagnosis.permissions.table import Operation

_FILE = Path(__file__).with_name("urls.yaml")


class _KnownCall(BaseModel):
    model_config = ConfigDict(extra="forbid")

    call: str
    operation: str
    least: dict[Scheme, str] = {}


class _Trap(BaseModel):
    model_config = ConfigDict(extra="forbid")

    trap: str
    calls: list[_KnownCall]


_TRAPS = TypeAdapter(list[_Trap]).validate_python(read_yaml(_FILE.name, _FILE.read_text(encoding="utf-8")))
_CALLS = [pytest.param(known, id=f"{trap.trap}: {known.call}") for trap in _TRAPS for known in trap.calls]
_RATED = [
    pytest.param(known.call, scheme, least, id=f"{scheme.value}: {known.call}")
    for trap in _TRAPS
    for known in trap.calls
    for scheme, least in known.least.items()
]


def _operation(line: str) -> Operation | None:
    """The operation of `GET https://host/path`; an item of a batch has no host of its own, it takes its batch's."""
    method, url = line.split(" ", 1)
    host = urlsplit(url).hostname if "://" in url else "graph.microsoft.com"
    path = url[url.index("/", url.index("://") + 3) :] if "://" in url else url
    return data().find(Call(method, host or "", path))


def test_two_hundred_calls_and_more_have_known_answers() -> None:
    assert len(_CALLS) >= 200


@pytest.mark.parametrize("known", _CALLS)
def test_a_call_is_recognised_as_the_operation_it_is(known: _KnownCall) -> None:
    operation = _operation(known.call)
    assert (operation.template if operation else "unknown") == known.operation


@pytest.mark.parametrize(("call", "scheme", "least"), _RATED)
def test_the_least_permission_of_a_call_comes_first(call: str, scheme: Scheme, least: str) -> None:
    operation = _operation(call)
    assert operation is not None
    accepted = operation.accepted.get(scheme)
    assert accepted is not None
    assert (spelled(accepted[0]) if accepted else "none") == least
