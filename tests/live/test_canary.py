"""Secrets and people sent through the whole live path: afterwards they stand nowhere, on disk or in any answer of ours.

Looked at: every file below the folder the proxy ran in (bundles unpacked, the store read cell by cell), its log and
terminal, the traceback of a crash that quotes the traffic, every page of the admin port, and the verdict header.
"""

import json
import re
import sqlite3
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.live.proxy import Connection, RunningProxy, running_proxy
from tests.live.upstream import Received, Upstream
from tests.redaction.encodings import spelled_in
from tests.support.wire import jwt

PERSON, FIRST, LAST = "Ysolde Quackenbush", "Ysolde", "Quackenbush"
ADDRESS = "ysolde.quackenbush@tamboril-osprey.example"
PASSWORD, COOKIE, CODE = "Zw7-Falke!nhorst_93", "ck9Jx2mQvT5wL1nR7cJ4pZaAq0", "0.AXoAQuarzwerkLangerCode77Bq3"
SUBJECT, MACHINE, PHONE = "Abfindung Heliotrop 8812", "LAPTOP-7QX4ZK9", "+49 351-884213"
SIGNATURE = "c2lnbmF0dXJQuarkKuchenKanarienvogel"
CANARIES = (FIRST, LAST, ADDRESS, "ysolde.quackenbush", PASSWORD, COOKIE, CODE, SUBJECT, MACHINE, PHONE, SIGNATURE)
TOKEN = jwt(
    {"aud": "https://graph.microsoft.com", "upn": ADDRESS, "name": PERSON, "given_name": FIRST, "scp": "User.Read"},
    signature=SIGNATURE,
)
LINK = re.compile(rb'href="(/(?:failures|groups)/[^"#?]+)')
CRASH = """
import proxy_addons.diagnosis.failure as failure

really = failure.explain_next

def explain_next(exchange, *rest, **named):
    if "/crash" in exchange.request.url:
        raise RuntimeError(f"cannot explain {exchange}")
    return really(exchange, *rest, **named)

failure.explain_next = explain_next
"""


def refuse(received: Received) -> None:
    said = f"User {PERSON} ({ADDRESS}) may not read '{SUBJECT}' from {MACHINE}, call {PHONE}"
    body = json.dumps({"error": {"code": "ErrorAccessDenied", "message": said, "innerError": {"user": ADDRESS}}})
    received.answer("403 Forbidden", body.encode(), f"Set-Cookie: sid={COOKIE}", f"X-Owner: {quote(PERSON)}")


def hide(received: Received) -> None:
    error = {"error": {"code": "ErrorAccessDenied", "message": f"{PERSON} has no right to {SUBJECT}"}}
    answers = {"responses": [{"id": "1", "status": 403, "body": error}]}
    received.answer("200 OK", json.dumps(answers).encode(), "Content-Type: application/json")


def send(client: Connection) -> list[bytes]:
    """Every canary in several places; gives what was answered in headers of ours."""
    basic = b64encode(f"{ADDRESS}:{PASSWORD}".encode()).decode()
    mail = json.dumps({"subject": SUBJECT, "to": ADDRESS, "password": PASSWORD, "note": f"{PERSON} {PHONE}"}).encode()
    asked = [
        client.get(
            "127.0.0.1", f"/graph.microsoft.com/v1.0/users/{ADDRESS}/messages", f"Authorization: Bearer {TOKEN}"
        ),
        client.post(
            "127.0.0.1",
            f"/graph.microsoft.com/v1.0/me/sendMail?code={CODE}&hint={quote(PERSON)}",
            mail,
            f"Authorization: Basic {basic}",
            f"Cookie: sid={COOKIE}; who={quote(ADDRESS)}",
            f"X-AnchorMailbox: SMTP:{ADDRESS}",
            f"User-Agent: sync/1.0 ({MACHINE})",
            "Content-Type: application/json",
        ),
        client.post(
            "127.0.0.1", "/graph.microsoft.com/v1.0/$batch", mail, f"Authorization: Bearer {TOKEN}", "Accept: */*"
        ),
        client.get("127.0.0.1", f"/graph.microsoft.com/v1.0/crash?code={CODE}", f"Authorization: Bearer {TOKEN}"),
    ]
    return [line for reply in asked for line in reply.header_lines if b"why403" in line.lower()]


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file, and what it holds packed."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        yield str(path), content
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as bundle:
                yield from ((f"{path.name}/{name}", bundle.read(name)) for name in bundle.namelist())
        elif content.startswith(b"SQLite format 3"):
            yield from ((f"{path.name}, a cell", cell) for cell in cells(path))


def cells(path: Path) -> Iterator[bytes]:
    database = sqlite3.connect(path)
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  # names the database itself gave
            for cell in row:
                raw = cell if isinstance(cell, bytes) else str(cell).encode()
                yield raw
                for window in (15, 31, -15):
                    try:
                        yield zlib.decompressobj(window).decompress(raw)
                    except zlib.error:
                        continue
    database.close()


def pages(proxy: RunningProxy, failures: int) -> Iterator[tuple[str, bytes]]:
    """Every page of the admin port that tells of failures, once all are in the store, and the bundles it hands out."""
    yield from ((path, proxy.admin_get(path).read()) for path in ("/metrics", "/livez", "/readyz"))
    proxy.wait_for(lambda: proxy.metric("why403_store_records_total") >= failures)
    seen, waiting = set[str](), ["/", "/ews"]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        page = proxy.admin_get(path).read()
        yield path, page
        if path.endswith(".zip"):
            with zipfile.ZipFile(BytesIO(page)) as bundle:
                yield from ((f"{path}/{name}", bundle.read(name)) for name in bundle.namelist())
        led_to = {link.decode() for link in LINK.findall(page)}
        waiting += sorted(led_to - seen - {*waiting})


def test_no_canary_stands_anywhere_after_the_whole_live_path(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    tricks = tmp_path.with_name("canary-tricks")
    tricks.mkdir()
    (tricks / "sitecustomize.py").write_text(CRASH)
    monkeypatch.setenv("PYTHONPATH", str(tricks))
    for path in (f"/v1.0/users/{ADDRESS}/messages", "/v1.0/me/sendMail", "/v1.0/crash"):
        upstream.on(path, refuse)
    upstream.on("/v1.0/$batch", hide)

    with running_proxy(
        tmp_path, *towards_upstream, "--verdict-header", "--bundle-dir", "evidence", rules=None
    ) as proxy:
        with proxy.through_reverse() as client:
            answered = send(client)
        proxy.failure(client)
        proxy.failure(client)
        proxy.failure(client)
        shown = dict(pages(proxy, failures=3))
        assert proxy.stop() == 0

    shown["log"] = "\n".join(proxy.errors).encode()
    shown["terminal"] = "\n".join(proxy.shown.queue).encode()
    shown["headers"] = b"\n".join(answered)
    shown |= dict(files(tmp_path))
    assert any("RuntimeError" in line for line in proxy.errors), "the crash left no trace, so it proves nothing"
    assert len(list((tmp_path / "evidence").iterdir())) >= 2
    assert any("a cell" in place for place in shown), "nothing was stored, so it proves nothing"
    assert sum(place.startswith("/failures/f-") for place in shown) >= 3, "no page told of them, so it proves nothing"
    assert any(place.endswith(".zip") for place in shown)
    assert {
        (place, canary): found
        for place, text in shown.items()
        for canary in CANARIES
        if (found := spelled_in(canary, text))
    } == {}
