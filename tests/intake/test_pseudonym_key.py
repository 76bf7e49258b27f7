import stat
from pathlib import Path

from proxy_addons.intake.pseudonym_key import FILE_NAME, KEY_BYTES, read_pseudonym_key


def test_the_key_is_made_once_and_read_ever_after(tmp_path: Path) -> None:
    directory = tmp_path / "not-there-yet"
    key = read_pseudonym_key(directory)
    assert len(key) == KEY_BYTES
    assert read_pseudonym_key(directory) == key


def test_only_its_owner_may_read_the_key(tmp_path: Path) -> None:
    read_pseudonym_key(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_key_that_was_copied_here_for_everybody_to_read_is_shut(tmp_path: Path) -> None:
    key = read_pseudonym_key(tmp_path)
    (tmp_path / FILE_NAME).chmod(0o644)
    assert read_pseudonym_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_a_place_nobody_can_write_to_costs_the_memory_of_the_key_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    first, second = (read_pseudonym_key(tmp_path / "file") for _ in range(2))
    assert len(first) == len(second) == KEY_BYTES
    assert first != second


def test_a_file_that_is_no_key_is_neither_used_nor_overwritten(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"short")
    assert len(read_pseudonym_key(tmp_path)) == KEY_BYTES
    assert (tmp_path / FILE_NAME).read_bytes() == b"short"


def test_two_installations_have_two_keys(tmp_path: Path) -> None:
    assert read_pseudonym_key(tmp_path / "a") != read_pseudonym_key(tmp_path / "b")
