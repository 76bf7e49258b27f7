"""Both kinds of store, for the tests that must hold for either."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sinks.store.postgresql import HOW_TO_INSTALL, Server, binaries, running_server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One server for all tests of a process."""
    programs = binaries()
    if programs is None:
        pytest.skip(HOW_TO_INSTALL)
    with running_server(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store is to be."""
    if request.param == "sqlite":
        return str(tmp_path / "store" / "failures.sqlite")
    server: Server = request.getfixturevalue("postgresql")
    return server.database()
