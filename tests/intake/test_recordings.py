from __future__ import annotations

import gzip
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from proxy_addons.evidence.exchange import Exchange
from proxy_addons.intake.recordings import open_recordings, total_size
from proxy_addons.intake.unreadable import RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDINGS: Final = Path(__file__).parent / "recordings"
KINDS: Final = ("chrome.har", "powershell-redirect.har", "fiddler.har", "fiddler.saz", "mitmproxy.mitm")


def urls(path: Path) -> list[tuple[str, list[str]]]:
    """What the recordings at a path hold, each by its name."""
    return [
        (source.name, [item.request.url for item in items if isinstance(item, Exchange)])
        for source, items in open_recordings(path)
    ]


def held(name: str) -> list[str]:
    return urls(RECORDINGS / name)[0][1]


def complaints(path: Path) -> Iterator[RecordingError]:
    for _, items in open_recordings(path):
        try:
            for _ in items:
                pass
        except RecordingError as error:
            yield error


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((RECORDINGS / Path(name).name).read_bytes())


@pytest.fixture
def standard_input(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A pipe as standard input; its writing end."""
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        yield writing


def feed(writing: int, content: bytes) -> None:
    """Write it from another thread, for a pipe holds little."""

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(content)

    threading.Thread(target=write, daemon=True).start()


@pytest.mark.parametrize("name", KINDS)
def test_the_content_tells_the_kind_and_the_name_does_not(name: str, tmp_path: Path) -> None:
    renamed = tmp_path / "traffic.txt"
    renamed.write_bytes((RECORDINGS / name).read_bytes())

    assert urls(renamed) == [("traffic.txt", held(name))]


@pytest.mark.parametrize("name", KINDS)
def test_standard_input_may_be_of_every_kind(name: str, standard_input: int) -> None:
    feed(standard_input, (RECORDINGS / name).read_bytes())

    assert urls(Path("-")) == [("standard input", held(name))]


def test_a_saz_through_a_pipe_leaves_nothing_behind(
    standard_input: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    feed(standard_input, (RECORDINGS / "fiddler.saz").read_bytes())

    for _, items in open_recordings(Path("-")):
        next(items)
        assert list(tmp_path.iterdir()) == []


def test_a_pipe_with_a_name_is_a_recording_too(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=lambda: pipe.write_bytes((RECORDINGS / "chrome.har").read_bytes()), daemon=True).start()

    assert urls(pipe) == [("pipe", held("chrome.har"))]


def test_a_tunnel_is_no_exchange_and_a_refused_one_is(tmp_path: Path) -> None:
    entry = '{"request": {"method": "CONNECT", "url": "https://graph.microsoft.com:443"}, "response": {"status": %d}}'
    (tmp_path / "tunnels.har").write_text(f'{{"log": {{"entries": [{entry % 200}, {entry % 0}, {entry % 407}]}}}}')

    assert urls(tmp_path / "tunnels.har") == [("tunnels.har", ["https://graph.microsoft.com:443"])]


def test_a_folder_is_read_in_the_order_of_its_names_at_any_depth(tmp_path: Path) -> None:
    put(tmp_path, "safari.har", "below/fiddler.saz", "below/deeper/mitmproxy.mitm", "charles.har")

    assert [name.removeprefix(tmp_path.name) for name, _ in urls(tmp_path)] == [
        "/charles.har",
        "/safari.har",
        "/below/fiddler.saz",
        "/below/deeper/mitmproxy.mitm",
    ]


def test_hidden_files_and_links_to_folders_are_left_alone(tmp_path: Path) -> None:
    put(tmp_path, "safari.har")
    put(tmp_path / ".hidden", "charles.har")
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    (tmp_path / "round").symlink_to(tmp_path)

    assert len(urls(tmp_path)) == 1


def test_what_a_folder_happens_to_hold_is_reported_and_skipped(tmp_path: Path) -> None:
    put(tmp_path, "safari.har")
    (tmp_path / "notes.txt").write_text("Tuesday")
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "settings.json").write_text("{// a comment")
    (tmp_path / "empty").touch()

    found = list(complaints(tmp_path))

    assert [str(error).split(": ")[0].rpartition("/")[2] for error in found] == [
        "empty",
        "notes.txt",
        "package.json",
        "settings.json",
    ]
    assert all(error.skipped for error in found)


def test_a_recording_of_a_folder_that_breaks_off_is_not_merely_skipped(tmp_path: Path) -> None:
    put(tmp_path, "cut-off.har", "cut-off.mitm")

    assert [error.skipped for error in complaints(tmp_path)] == [False, False]


def test_a_file_of_a_folder_that_cannot_be_opened_costs_only_itself(tmp_path: Path) -> None:
    put(tmp_path, "safari.har")
    (tmp_path / "gone.har").symlink_to(tmp_path / "nowhere")
    if os.geteuid() == 0:
        pytest.skip("root may read anything")
    (tmp_path / "closed.har").touch(mode=0)

    assert [str(error) for error in complaints(tmp_path)] == [
        f"{tmp_path}/closed.har: Permission denied. Name a recording, or - for standard input"
    ]


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_json_of_wide_characters_is_read_with_a_byte_order_mark_and_without(coding: str, tmp_path: Path) -> None:
    text = (RECORDINGS / "chrome.har").read_text(encoding="utf-8")
    (tmp_path / "wide.har").write_bytes(f"\r\n{text}".encode(coding))

    assert urls(tmp_path / "wide.har") == [("wide.har", held("chrome.har"))]


@pytest.mark.parametrize("content", [b'{"log": {"entries": [1, {}]}}', b"5:hello,2:{},"], ids=["HAR", "flow file"])
def test_a_recording_of_which_nothing_can_be_read_is_broken(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)

    (error,) = complaints(tmp_path)

    assert str(error).endswith("/x: nothing in it can be read. Save the recording again")
    assert not error.skipped


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "x: is empty. Save the recording again"),
        (b"\x89PNG\r\n", "x: is no recording. Save the traffic as HAR, as SAZ"),
        (gzip.compress(b"{}"), "x: is packed: unpack it"),
        (b'{"a": 1}', "x: there is no `log.entries` in it"),
        (b"PK\x03\x04", "x: the archive is broken or cut off"),
        (b"123:abc", "x: flow 0: the file breaks off"),
    ],
    ids=["empty", "picture", "gzip", "other JSON", "broken zip", "cut off flow"],
)
def test_what_is_no_recording_is_named_with_the_remedy_and_never_quoted(
    content: bytes, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(content)

    (error,) = complaints(tmp_path / "x")

    assert str(error).startswith(complaint)
    assert not error.skipped


@pytest.mark.parametrize(
    ("path", "complaint"),
    [("gone.har", "gone.har: No such file or directory"), ("empty", "empty: holds no files that can be read")],
)
def test_a_path_that_cannot_be_read_is_refused_at_once(path: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(RecordingError, match=complaint):
        next(open_recordings(tmp_path / path))


def test_a_closed_standard_input_is_said_to_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(RecordingError, match="standard input: is closed"):
        next(open_recordings(Path("-")))


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="this system has no file that opens and cannot be read")
def test_a_disk_that_fails_is_named_as_what_it_is() -> None:
    (error,) = complaints(Path("/proc/self/mem"))

    assert str(error) == "mem: Input/output error. Copy the file, and name the copy"


def test_how_far_reading_has_come_can_be_asked(tmp_path: Path) -> None:
    put(tmp_path, "chrome.har")
    size = (tmp_path / "chrome.har").stat().st_size

    for source, items in open_recordings(tmp_path):
        assert (source.size, source.position()) == (size, 0)
        list(items)
        assert source.position() == size


def test_the_size_of_everything_is_known_beforehand_as_far_as_files_tell(tmp_path: Path) -> None:
    put(tmp_path, "chrome.har", "below/safari.har")
    sizes = sum((RECORDINGS / name).stat().st_size for name in ("chrome.har", "safari.har"))

    assert total_size([tmp_path, Path("-"), tmp_path / "gone.har"]) == sizes
