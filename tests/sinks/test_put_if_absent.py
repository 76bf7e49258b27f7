import stat
from pathlib import Path

import pytest

from proxy_addons.sinks.put_if_absent import FolderPlace, ObjectPlace, Place, open_place


@pytest.fixture(params=["folder", "object store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    folder = tmp_path / "there"
    return open_place(folder if request.param == "folder" else folder.as_uri())


def test_what_is_there_is_never_written_over(place: Place, tmp_path: Path) -> None:
    assert place.put("a.zip", b"first") is True
    assert place.put("a.zip", b"second") is False
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "there").iterdir()] == [("a.zip", b"first")]


def test_two_who_share_a_place_get_one_file(tmp_path: Path) -> None:
    one, other = FolderPlace(tmp_path), FolderPlace(tmp_path)
    assert [one.put("a.zip", b"one"), other.put("a.zip", b"other")] == [True, False]
    assert (tmp_path / "a.zip").read_bytes() == b"one"


def test_a_file_in_a_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    FolderPlace(tmp_path).put("a.zip", b"content")
    assert stat.S_IMODE((tmp_path / "a.zip").stat().st_mode) == 0o600


def test_an_object_store_in_memory_takes_a_name_once() -> None:
    place = ObjectPlace("memory:///")
    assert [place.put("a.zip", b"one"), place.put("a.zip", b"other")] == [True, False]


def test_a_folder_that_cannot_be_made_is_an_error_with_nothing_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        FolderPlace(tmp_path / "file" / "folder").put("a.zip", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_address_nobody_answers_is_told_without_what_it_holds() -> None:
    with pytest.raises(OSError, match="look at address and credentials") as caught:
        ObjectPlace("nothing://container/path?signature=not-to-be-shown")
    assert caught.value.filename == "nothing://container/path"
    assert "not-to-be-shown" not in str(caught.value)
