import resource
import stat
from pathlib import Path

import pytest

from proxy_addons.sinks.private_file import FileNotWrittenError, make_private_folder, private_file, write_private


def test_a_file_is_for_its_owner_only(tmp_path: Path) -> None:
    write_private(tmp_path / "a", b"x")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert (tmp_path / "a").read_bytes() == b"x"


def test_a_draft_is_new_private_and_of_a_name_nobody_guesses(tmp_path: Path) -> None:
    names = set()
    for _ in range(2):
        with private_file(tmp_path / "a"):
            (draft,) = (path for path in tmp_path.iterdir() if path.name != "a")
            assert (draft.stat().st_size, stat.S_IMODE(draft.stat().st_mode)) == (0, 0o600)
            names.add(draft.name)
    assert len(names) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(b"theirs")
    (tmp_path / "a").symlink_to(tmp_path / "theirs")
    write_private(tmp_path / "a", b"ours")
    assert ((tmp_path / "a").is_symlink(), (tmp_path / "theirs").read_bytes()) == (False, b"theirs")


def test_whatever_stops_the_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), private_file(tmp_path / "a"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_folder_made_here_is_for_its_owner_only(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "outer" / "inner")
    assert stat.S_IMODE((tmp_path / "outer" / "inner").stat().st_mode) == 0o700


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
