"""`why403 status` against an admin port of its own."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from tests.admin.browser import site_in_a_thread
from tests.admin.pages import TOKEN, record
from tests.cli.command import REPOSITORY, why403
from tests.sinks.store.stored import store_all

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUS_DOCS = (REPOSITORY / "docs" / "status.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = tmp_path_factory.mktemp("status") / "failures.sqlite"
    store_all(str(store), record(1))
    with site_in_a_thread(store) as url:
        yield url


def test_a_proxy_with_a_trouble_is_told_with_its_remedy_and_three(address: str) -> None:
    # The admin port of these tests has no proxy behind it, so its store never came up.
    ended = why403("status", "--url", address)

    assert (ended.returncode, ended.stderr) == (3, "")
    assert ended.stdout.startswith("why403 ")
    assert f"at {address} is ready.\n  ! The failure store cannot be used. The log names" in ended.stdout
    assert "1  graph-scope-missing" in ended.stdout or "no failure stored" in ended.stdout


def paths(value: object, path: str = "") -> Iterator[str]:
    """Every key of a JSON object by its path; what stands below a name of free choice is `*`."""
    for name, below in value.items() if isinstance(value, dict) else ():
        yield f"{path}{name}"
        yield from paths(below, f"{path}{name}.")


def test_every_key_of_the_json_form_is_documented(address: str) -> None:
    ended = why403("status", "--url", address, "--format", "json")

    told = json.loads(ended.stdout)
    free = (
        "conditions.",
        "ports.",
        "exchanges.by_service.",
        "sinks.",
        "store.dropped.",
        "log_lines.",
        "internal_errors.",
    )
    assert told["schema"] == "why403.status/1"
    assert [path for path in paths(told) if not path.startswith(free) and f"`{path}`" not in STATUS_DOCS] == []


def test_nothing_that_answers_is_a_complaint_with_the_remedy() -> None:
    with socket.socket() as held:
        # Bound and not listening: nobody answers there, and nobody else can begin to.
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        ended = why403("status", WHY403_ADMIN_PORT=str(port))

    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"no proxy answers at http://127.0.0.1:{port}: Connection refused" in ended.stderr
    assert "why403 run" in ended.stderr


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it speaks no HTTP"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "another program or an older why403"),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "takes another token"),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "--admin-names 127.0.0.1"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "nothing this version understands"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "says nothing this version understands"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "it answered 503"),
    ],
    ids=lambda value: value.split(b"\r\n")[0].decode() if isinstance(value, bytes) else "",
)
def test_what_is_no_admin_port_of_ours_is_said_without_a_traceback(answer: bytes, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        heard: list[bytes] = []

        def reply() -> None:
            connection, _ = listener.accept()
            with connection:
                heard.append(connection.recv(65_536))
                connection.sendall(answer)

        thread = threading.Thread(target=reply)
        thread.start()
        ended = why403("status", "--url", f"http://127.0.0.1:{listener.getsockname()[1]}", WHY403_ADMIN_TOKEN=TOKEN)
        thread.join()

    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert f"Authorization: Bearer {TOKEN}".encode() in heard[0]
    assert TOKEN not in ended.stderr


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:9403", "http://u:secret@h:1", "http://[", "http://h:99999"])
def test_an_address_nobody_can_ask_is_refused_without_being_repeated(url: str) -> None:
    ended = why403("status", "--url", url)

    assert ended.returncode == 2
    assert "--url is no address of an admin port" in ended.stderr
    assert "secret" not in ended.stderr
