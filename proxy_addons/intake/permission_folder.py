"""Where this user's permission data lies: an imported table, and what was seen to contradict it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "WHY403_DATA_DIR"
INDEX_FILE: Final = "graph-permissions.index"
DOUBTS_FILE: Final = "permission-doubts.json"

_PLACES: Final = {
    "darwin": ("", "~/Library/Application Support"),
    "win32": ("LOCALAPPDATA", "~/AppData/Local"),
}


def data_folder(environment: Mapping[str, str], platform: str) -> Path:
    """The folder for data of why403: WHY403_DATA_DIR, else where the platform (`sys.platform`) keeps such things.

    Elsewhere than on macOS and Windows that is the XDG base directory specification's `$XDG_DATA_HOME`.
    """
    if environment.get(VARIABLE):
        return Path(environment[VARIABLE]).expanduser()
    variable, otherwise = _PLACES.get(platform, ("XDG_DATA_HOME", "~/.local/share"))
    return Path(environment.get(variable) or otherwise).expanduser() / "why403"
