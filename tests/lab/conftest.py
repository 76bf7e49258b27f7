"""One lab for all these tests, with its switches back at their defaults for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy_addons.lab import Lab
from tests.lab.clients import LabClient

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The running server."""
    with Lab.running(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def lab(shared_lab: Lab) -> Lab:
    """The lab as it is on the first day."""
    shared_lab.tenant.reset()
    return shared_lab


@pytest.fixture
def client(lab: Lab) -> Iterator[LabClient]:
    """A plain HTTP client that trusts the lab."""
    with LabClient(lab) as opened:
        yield opened
