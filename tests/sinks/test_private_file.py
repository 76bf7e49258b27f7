import resource
import stat
from pathlib import Path

import pytest

from proxy_addons.sinks.private_file import FileNotWrittenError, write_private


def test_a_file_is_for_its_owner_only(tmp_path: Path) -> None:
    write_private(tmp_path / "a", b"x")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert (tmp_path / "a").read_bytes() == b"x"


def test_a_missing_folder_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(FileNotWrittenError, match="make the folder, or choose another place"):
        write_private(tmp_path / "none" / "a", b"x")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
        with pytest.raises(FileNotWrittenError, match="choose another place"):
            write_private(tmp_path / "a", b"x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
