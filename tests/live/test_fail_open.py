"""Fail open: break each part of why403 in turn, and neither the client nor the server notices anything.

The parts are not listed here. They are read from the running product: every event an addon hears and every function of
ours the addons call on the way of an exchange. A new one is broken with the others from its first day on.
"""

import contextlib
import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty

import pytest
import trustme

from proxy_addons.addons.watchdog import SECONDS as SECONDS_OF_THE_WATCHDOG
from proxy_addons.sinks.metrics import SINKS
from tests.live.faulty_proxy import Faults, running_faulty_proxy
from tests.live.proxy import SECONDS, Connection, Reply, RunningProxy
from tests.live.upstream import Received, Upstream

GRAPH = "graph.microsoft.com"
PASSES = "passes.example.org"
DEAD = "dead.contoso.com"
NO_TLS = "no-tls.contoso.com"
PAGE = json.dumps({"value": [{"id": 1}], "@odata.nextLink": f"https://{GRAPH}/v1.0/users?$skiptoken=x"}).encode()
REFUSAL = json.dumps({"error": {"code": "Authorization_RequestDenied", "message": "no"}}).encode()
BATCH = json.dumps({"responses": [{"id": "1", "status": 403, "body": json.loads(REFUSAL)}]}).encode()
JSON = "Content-Type: application/json"
OWN_ANSWERS = frozenset({b"421", b"502"})

THE_WAY = ("why403-routing.", "routing:", "why403-upstream.", "why403-scope.")
"""What leads a request to its server is no observer that could be left out. Where it breaks, a request may fail, with
an answer of ours or none, but it never reaches a server that was not meant, and never in another form."""

OF_EACH_SINK = {
    "annotation": "reporter:_annotate",
    "terminal": "RememberedReports.show",
    "header": "reporter:add_verdict_header",
    "log": "reporter:_log",
    "store": "FailureStore.offer",
    "bundle": "BundleWriter.offer",
}
BESIDE_THE_TRAFFIC = ("reporter:", "repetitions:", "ranking:", "capture:", "Metrics.", "BodyTee.", "JsonLinkStream.")
"""Whose results stay with us, or pass one check more. Of steps that make what is sent on the type checker vouches."""
EACH = 4
"""Calls through one door."""
LONG = bool(os.environ.get("WHY403_RELIABILITY"))


@dataclass
class Talk:
    """What one round of calls brought: whole answers as the client got them, whole requests as the server got them."""

    answers: list[tuple[bytes, bytes]]
    requests: list[tuple[bytes, bytes]]


def reset(received: Received) -> None:
    # SO_LINGER 0: a reset instead of an orderly end
    received.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    received.connection.close()


@dataclass
class Stage:
    """The faulty proxy between its clients and the server."""

    proxy: RunningProxy
    faults: Faults
    upstream: Upstream
    public: ssl.SSLContext
    kept: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    clients: list[Connection] = field(default_factory=list)

    def calls(self, client: Connection, host: str, prefix: str) -> Iterator[Reply]:
        """Refusals first: while the calls after them are under way, they are explained."""
        client.trace = "11111111-2222-3333-4444-555555555555"
        yield client.get(host, f"{prefix}/v1.0/groups", "Authorization: Bearer x", "X-Odd: two  spaces")
        yield client.post(host, f"{prefix}/v1.0/$batch", b'{"requests": [{"id": "1", "url": "/groups"}]}')
        for _ in range(2):
            yield client.get(host, f"{prefix}/v1.0/users", "Accept: */*")

    def talk(self) -> Talk:
        """One round through both ports and a tunnel."""
        answers: list[tuple[bytes, bytes]] = []
        self.received()
        for door, host, prefix in (
            (self.proxy.through_reverse(), "127.0.0.1", f"/{GRAPH}"),
            (self.proxy.through_forward(GRAPH), GRAPH, ""),
            (self.proxy.through_forward(PASSES, self.public), PASSES, "/through"),
        ):
            with self.failing_is_an_answer(answers), door as client:
                answers += [(reply.head, reply.body) for reply in self.calls(client, host, prefix)]
        return Talk(answers, self.received())

    def short_talk(self) -> Talk:
        """The same through both ports on connections that are open already."""
        answers: list[tuple[bytes, bytes]] = []
        self.received()
        if not self.clients:
            doors = (self.proxy.through_reverse(), self.proxy.through_forward(GRAPH))
            self.clients = [self.kept.enter_context(door) for door in doors]
        for client, host, prefix in zip(self.clients, ("127.0.0.1", GRAPH), (f"/{GRAPH}", ""), strict=True):
            with self.failing_is_an_answer(answers):
                answers += [(reply.head, reply.body) for reply in self.calls(client, host, prefix)]
        if len(answers) < EACH + EACH:
            self.hang_up()
        return Talk(answers, self.received())

    def hang_up(self) -> None:
        """Let go of what is open."""
        self.kept.close()
        self.clients.clear()

    def bad_connections(self) -> Talk:
        """Connections that break: a client that distrusts us, servers that hang up, are gone, or speak no TLS."""
        answers: list[tuple[bytes, bytes]] = []
        self.received()
        with contextlib.suppress(ssl.SSLError), self.proxy.through_forward(GRAPH, self.public):
            pass
        for host in (GRAPH, DEAD, NO_TLS):
            with self.failing_is_an_answer(answers), self.proxy.through_reverse() as client:
                client.trace = "11111111-2222-3333-4444-555555555555"
                reply = client.get("127.0.0.1", f"/{host}/reset")
                answers.append((reply.head, reply.body))
        return Talk(answers, self.received())

    @contextlib.contextmanager
    def failing_is_an_answer(self, answers: list[tuple[bytes, bytes]]) -> Iterator[None]:
        """A connection that is closed on a client, or a tunnel it does not get, is what it gets."""
        try:
            yield
        except (OSError, AssertionError) as error:
            answers.append((type(error).__name__.encode(), b""))

    def received(self) -> list[tuple[bytes, bytes]]:
        """What has reached the server since somebody looked."""
        requests: list[tuple[bytes, bytes]] = []
        with contextlib.suppress(Empty):
            while True:
                received = self.upstream.received.get_nowait()
                requests.append((received.head, received.body))
        return requests

    def reached(self, *, connections_too: bool = False) -> list[str]:
        """Every point on the event loop that a round comes by."""
        with self.faults.broken("nothing"):
            self.bad_connections() if connections_too else self.talk()
            points = self.faults.reached()
        return sorted(point for point, on_the_loop in points.items() if on_the_loop)


@pytest.fixture(scope="module")
def stage(
    tmp_path_factory: pytest.TempPathFactory,
    towards_upstream: list[str],
    upstream: Upstream,
    upstream_authority: trustme.CA,
) -> Iterator[Stage]:
    upstream.on("/v1.0/users", lambda received: received.answer("200 OK", PAGE, JSON))
    upstream.on("/v1.0/groups", lambda received: received.answer("403 Forbidden", REFUSAL, JSON, "X-Twice: a"))
    upstream.on("/v1.0/$batch", lambda received: received.answer("200 OK", BATCH, JSON))
    upstream.on("/reset", reset)
    public = ssl.create_default_context()
    upstream_authority.configure_trust(public)
    folder = tmp_path_factory.mktemp("faulty")
    # Whoever breaks what counts exchanges under way has some left over in the end.
    stores = [
        "--drain-limit",
        "0.1",
        "--store",
        str(folder / "failures.sqlite"),
        "--bundle-dir",
        str(folder / "bundles"),
    ]
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as closed:
        dead = closed.getsockname()[1]
        closed.close()
        mute = [f"{DEAD}=127.0.0.1:{dead}", f"{NO_TLS}=127.0.0.1:{silent.getsockname()[1]}"]
        more = [part for pair in mute for part in ("--connect-to", pair)]
        hosts = [part for host in ("microsoft", DEAD, NO_TLS) for part in ("--hosts", host)]
        with (
            hanging_up(silent),
            running_faulty_proxy(folder, *stores, *towards_upstream, *more, *hosts) as (proxy, faults),
        ):
            stage = Stage(proxy, faults, upstream, public)
            stage.talk()  # the first calls make certificates, read tables and write the one bundle of their kind
            proxy.wait_for(lambda: proxy.metric('why403_sink_writes_total{sink="bundle"}') >= 1)
            yield stage
            stage.hang_up()


@contextlib.contextmanager
def hanging_up(listener: socket.socket) -> Iterator[None]:
    """A server that hears one piece and leaves."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield
    listener.shutdown(socket.SHUT_RDWR)
    thread.join(SECONDS)


@pytest.fixture(scope="module")
def healthy(stage: Stage) -> Talk:
    return stage.talk()


@pytest.fixture(scope="module")
def healthy_when_bad(stage: Stage) -> Talk:
    return stage.bad_connections()


def harm(now: Talk, healthy: Talk, point: str) -> str:
    """What a broken part has changed, or nothing.

    An answer on the reverse port may have its links as the server wrote them; nothing else about it may differ.
    """
    own = healthy.answers[EACH : EACH + EACH]
    leads = point.startswith(THE_WAY)
    if leads and all(request in healthy.requests for request in now.requests):
        refused = [answer for answer in now.answers if answer not in healthy.answers + own]
        bad = [head for head, _ in refused if head.split(b" ")[1:2] and head.split(b" ")[1] not in OWN_ANSWERS]
        return f"{point}: {bad}" if bad else ""
    if now.requests != healthy.requests:
        return f"{point}: the server saw {len(now.requests)} requests, or others than usual"
    if len(now.answers) != len(healthy.answers):
        return f"{point}: {now.answers}"
    for number, (head, body) in enumerate(now.answers):
        usual = [healthy.answers[number], *own[number : number + 1]]
        if head not in {one for one, _ in usual} or body not in {one for _, one in usual}:
            return f"{point}: {head!r} {body!r}"
    return ""


def test_the_traffic_is_what_it_would_be_without_us(stage: Stage, healthy: Talk) -> None:
    """What the other tests compare with: on the forward port and in a tunnel, byte for byte that of the server."""
    with (
        socket.create_connection(("127.0.0.1", stage.upstream.port), timeout=SECONDS) as plain,
        stage.public.wrap_socket(plain, server_hostname=GRAPH) as stream,
    ):
        direct = [(reply.head, reply.body) for reply in stage.calls(Connection(stream), GRAPH, "")]
    assert healthy.answers[4:8] == direct
    assert healthy.requests[4:8] == stage.received()


def run_through(stage: Stage, healthy: Talk, kind: str, points: list[str]) -> None:
    """Break points in turn."""
    short = Talk(healthy.answers[: EACH + EACH], healthy.requests[: EACH + EACH])
    harmed: list[str] = []
    missed: list[str] = []
    for point in points:
        with stage.faults.broken(kind, point):
            harmed.append(harm(stage.short_talk(), short, point))
            if point not in stage.faults.reached():
                # It belongs to the beginning or the end of a connection.
                harmed.append(harm(stage.talk(), healthy, point))
            if point not in stage.faults.reached():
                missed.append(point)
    assert [found for found in harmed if found] == []
    # Rubbish that was remembered makes later steps unnecessary, and what hung too often rests.
    assert kind != "raise" or missed == []


def test_whatever_raises_on_the_way_of_an_exchange_changes_nothing(stage: Stage, healthy: Talk) -> None:
    points = stage.reached()
    assert len(points) > 50
    run_through(stage, healthy, "raise", points)


def test_rubbish_out_of_any_step_of_an_explanation_changes_nothing(stage: Stage, healthy: Talk) -> None:
    points = stage.reached()
    events = [point for point in points if LONG and point.startswith("why403-")]
    beside = [point for point in points if point.startswith(BESIDE_THE_TRAFFIC)]
    assert len(beside) > 30
    run_through(stage, healthy, "rubbish", events + beside)


def test_an_event_that_fails_on_a_broken_connection_changes_nothing(stage: Stage, healthy_when_bad: Talk) -> None:
    events = [point for point in stage.reached(connections_too=True) if "why403-" in point]
    assert [event for event in events if event.endswith((".error", ".tls_failed_client", ".server_connect_error"))]
    for event in events:
        with stage.faults.broken("raise", event):
            assert harm(stage.bad_connections(), healthy_when_bad, event) == ""


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("kind", ["raise", "rubbish"])
def test_a_sink_that_fails_is_counted_and_changes_nothing(stage: Stage, healthy: Talk, sink: str, kind: str) -> None:
    point = OF_EACH_SINK[sink]
    if sink == "header":
        # It holds the refusal back; whatever happens to the header, the refusal itself comes as it was.
        stage.faults.set(why403_verdict_header=True)
    try:
        with stage.faults.broken(kind, point):
            assert harm(stage.talk(), healthy, point) == ""
            assert point in stage.faults.reached()
    finally:
        stage.faults.set(why403_verdict_header=False)


def test_the_explanation_is_as_good_as_before(stage: Stage) -> None:
    with stage.proxy.through_reverse() as client:
        assert client.get("127.0.0.1", f"/{GRAPH}/v1.0/groups").status == 403
    assert stage.proxy.failure(client)["auth.error.code"] == "Authorization_RequestDenied"


@pytest.mark.parametrize("thread", ["writing:write", "LineWriter._write"])
def test_a_sink_that_hangs_in_its_thread_holds_nothing_up(stage: Stage, healthy: Talk, thread: str) -> None:
    written = 'why403_sink_writes_total{sink="store"}'
    with stage.faults.broken("hang", thread):
        stage.proxy.wait_for(lambda: bool(stage.talk()) and thread in stage.faults.reached())
        assert harm(stage.talk(), healthy, thread) == ""
        before = stage.proxy.metric(written)
    stage.proxy.wait_for(lambda: bool(stage.talk()) and stage.proxy.metric(written) > before)


def test_whatever_hangs_on_the_event_loop_is_cut_off_and_changes_nothing(stage: Stage, healthy: Talk) -> None:
    points = stage.reached()
    chosen = points if LONG else [point for point in points if "why403-" in point or "explain" in point]
    stage.faults.ring_every(0.1)
    run_through(stage, healthy, "hang", chosen)
    stage.faults.ring_every(SECONDS_OF_THE_WATCHDOG)


def test_a_part_that_fails_when_the_proxy_starts_and_ends_costs_its_work_only(
    tmp_path: Path, towards_upstream: list[str], stage: Stage, healthy: Talk
) -> None:
    def break_life(faults: Faults) -> None:
        faults.break_all("raise", ".running")

    with running_faulty_proxy(tmp_path, *towards_upstream, before=break_life) as (proxy, faults):
        faults.break_all("raise", ".done")
        other = Stage(proxy, faults, stage.upstream, stage.public)
        other.talk()
        assert harm(other.talk(), healthy, "running") == ""
        assert proxy.stop() == 0
