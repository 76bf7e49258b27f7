"""A lab for the verbs that talk to Microsoft on our own behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy_addons.lab import Lab
from tests.support.our_own_calls import OurOwn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The running server."""
    with Lab.running(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def own(shared_lab: Lab, tmp_path: Path) -> OurOwn:
    """The lab as it is on the first day, and a folder."""
    shared_lab.tenant.reset()
    return OurOwn(shared_lab, tmp_path)
