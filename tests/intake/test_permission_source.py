from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
import trustme

from proxy_addons.intake import permission_source
from proxy_addons.intake.permission_source import SourceError, fetch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Answers(BaseHTTPRequestHandler):
    """A server that has one file."""

    def do_GET(self) -> None:
        """The file, or 404."""
        self.send_response(200 if self.path == "/permissions.json" else 404)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with HTTPServer(("localhost", 0), Answers) as listening:
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"https://localhost:{listening.server_port}"
        listening.shutdown()
        thread.join()


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(b"{}")
    assert fetch(str(tmp_path / "p.json")) == b"{}"


def test_an_https_address_is_fetched(server: str) -> None:
    assert fetch(f"{server}/permissions.json") == b"{}"


def test_an_address_that_has_no_such_file_is_named_with_its_answer(server: str) -> None:
    with pytest.raises(SourceError, match="answered 404"):
        fetch(f"{server}/other.json")


def test_an_address_nobody_answers_is_named_with_the_reason() -> None:
    with pytest.raises(SourceError, match=r"https://localhost:9/x: .+ Download the file"):
        fetch("https://localhost:9/x")


def test_a_table_without_tls_is_not_fetched() -> None:
    with pytest.raises(SourceError, match="without TLS"):
        fetch("http://localhost/permissions.json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        fetch(str(tmp_path / "none.json"))


def test_more_than_any_table_weighs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permission_source, "LARGEST", 1 << 20)
    (tmp_path / "p.json").write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(SourceError, match="larger than 1 MiB"):
        fetch(str(tmp_path / "p.json"))
