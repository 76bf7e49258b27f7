"""A redacted refusal as something a test can replay: a pytest file, a flow file of mitmproxy, an HTTP Archive.

All three take the redacted entry and the failure in the form of the report, so that a failure out of a recording and
one out of a store become the same file.
"""

from __future__ import annotations

import io
import json
import pprint
from typing import TYPE_CHECKING, Final, cast

from mitmproxy.io import FlowWriter
from mitmproxy.io.har import request_to_flow

from proxy_addons import __version__
from proxy_addons.sinks.fixture_form import FixtureForm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.redaction.har_entry import Json


def fixture(entry: Mapping[str, Json], failure: Mapping[str, Json], form: FixtureForm) -> bytes:
    """The file. `entry` is a redacted entry of an HTTP Archive, `failure` that of `why403.report/1`."""
    match form:
        case FixtureForm.HAR:
            return _har(entry, failure)
        case FixtureForm.MITM:
            return _mitm(entry)
        case FixtureForm.PYTEST:
            return _pytest(entry, failure).encode()


def _har(entry: Mapping[str, Json], failure: Mapping[str, Json]) -> bytes:
    marked = {**entry, "_failure": failure.get("id")}
    log = {"version": "1.2", "creator": {"name": "why403", "version": __version__}, "entries": [marked]}
    return (json.dumps({"log": log}, indent=1, ensure_ascii=False) + "\n").encode()


def _mitm(entry: Mapping[str, Json]) -> bytes:
    """A flow file, for `mitmdump --server-replay`."""
    flow = request_to_flow(cast("dict[str, object]", dict(entry)))
    file = io.BytesIO()
    FlowWriter(file).add(flow)
    return file.getvalue()


_HOP_BY_HOP: Final = frozenset({"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"})
"""Headers of one transmission (RFC 9110 section 7.6.1): the replaying server writes its own."""

_TEMPLATE: Final = '''"""A refusal to test your client against: {headline}.

{cause} ({certainty}): {title}

Made by why403 {version} from failure {id}. It is redacted: stand-ins such as <user:1> took the place of people.
`refused_service` is the address of a server that answers every request as Microsoft answered this one; point your
client at it in place of https://{host}, and assert that it does the right thing.
"""

import http.client
import http.server
import threading
import urllib.parse

import pytest

CAUSE = {cause!r}
METHOD = {method!r}
PATH = {path!r}
STATUS = {status}
HEADERS = {headers}
BODY = {body}


class _Refusing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = BODY.encode()
        self.send_response_only(STATUS)
        for name, value in HEADERS:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@pytest.fixture
def refused_service():
    """The address of a server that refuses as Microsoft did."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{{server.server_port}}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_refusal_is_replayed(refused_service):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(refused_service).netloc)
    connection.request(METHOD, PATH)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    assert answer.status == STATUS
    assert [(name, answer.getheader(name)) for name, _ in HEADERS[:1]] == HEADERS[:1]
    assert METHOD == "HEAD" or body == BODY
'''


def _pytest(entry: Mapping[str, Json], failure: Mapping[str, Json]) -> str:
    request, response = _mapping(entry["request"]), _mapping(entry["response"])
    told, findings = _mapping(failure["exchange"]), failure["findings"]
    leading = _mapping(findings[0]) if isinstance(findings, list) and findings else {}
    host, _, rest = str(request["url"]).partition("://")[2].partition("/")
    headers = response["headers"] if isinstance(response["headers"], list) else []
    pairs = [(str(field["name"]), str(field["value"])) for field in map(_mapping, headers)]
    kept = [(name, value) for name, value in pairs if name.lower() not in _HOP_BY_HOP]
    return _TEMPLATE.format(
        headline=_line(f"{told['status']} {told['operation']}"),
        title=_line(str(leading.get("title", ""))),
        certainty=leading.get("certainty", ""),
        version=__version__,
        id=failure["id"],
        cause=str(leading.get("cause", "undetermined")),
        host=_line(host),
        method=str(request["method"]),
        path=f"/{rest}",
        status=int(str(response["status"])) or _BAD_GATEWAY,
        headers=pprint.pformat(kept, width=110),
        body=pprint.pformat(str(_mapping(response["content"]).get("text", "")), width=110),
    )


_BAD_GATEWAY: Final = 502
"""What a client sees through a proxy where no answer came."""


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _line(text: str) -> str:
    """A text that can stand in a docstring."""
    return text.replace("\\", "/").replace('"', "'").replace("\n", " ")
