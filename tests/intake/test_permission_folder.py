from __future__ import annotations

from pathlib import Path

import pytest

from proxy_addons.intake.permission_folder import data_folder


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {}, Path.home() / ".local/share/why403"),
        ("linux", {"XDG_DATA_HOME": "/data"}, Path("/data/why403")),
        ("darwin", {"XDG_DATA_HOME": "/data"}, Path.home() / "Library/Application Support/why403"),
        ("win32", {"LOCALAPPDATA": "/local"}, Path("/local/why403")),
        ("win32", {"WHY403_DATA_DIR": "/mine", "LOCALAPPDATA": "/local"}, Path("/mine")),
    ],
)
def test_data_lies_where_the_platform_keeps_it_unless_a_folder_is_named(
    platform: str, environment: dict[str, str], folder: Path
) -> None:
    assert data_folder(environment, platform) == folder
