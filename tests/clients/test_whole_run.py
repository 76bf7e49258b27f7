"""A whole run: everything is counted, and nothing anybody sent can be found in anything why403 wrote."""

from __future__ import annotations

import contextlib
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import exchangelib
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.clients.real_clients import ADELE, ALEX, EXCHANGE, GRAPH, LOGIN, Clients, read
from tests.clients.secrets_sent import SecretsSent
from tests.clients.ways import FORWARD, REVERSE, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from proxy_addons.lab import Lab
    from tests.clients.watch import Watch
    from tests.clients.wire import Wire
    from tests.live.proxy import RunningProxy

type Play = Callable[[Clients], object]

SERVICES = {
    "login.microsoftonline.com": "entra",
    "graph.microsoft.com": "graph",
    "graph.windows.net": "graph",
    "graph.microsoft.us": "graph",
    "outlook.office365.com": "exchange",
    "outlook.office365.us": "exchange",
    "contoso.sharepoint.com": "sharepoint",
}
OUTCOMES = {401: "unauthorized", 403: "forbidden"}
OWN_MAIL = f"{EXCHANGE}/EWS.AccessAsUser.All"
RESET = f"{GRAPH}/v1.0/users/{ADELE}/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword"


def send_as_somebody_else(clients: Clients) -> None:
    mailbox = clients.mailbox_as_app("mail-daemon")
    exchangelib.Message(account=mailbox, subject="Figures", author=ALEX, to_recipients=["rita@contoso.com"]).send()


def ask_in_a_batch(clients: Clients) -> None:
    urls = (f"/users/{ADELE}/messages", f"/users/{ALEX}/mailFolders", "/groups")
    requests = [{"id": str(number), "method": "GET", "url": url} for number, url in enumerate(urls)]
    token = clients.app_token("directory-reader", GRAPH)
    clients.call(token, "POST", f"{GRAPH}/v1.0/$batch", json={"requests": requests})


def send_a_secret_nobody_encoded(clients: Clients) -> None:
    app = clients.lab.app("special-characters-daemon")
    form = f"grant_type=client_credentials&client_id={app.client_id}&client_secret={app.secret}&scope={GRAPH}/.default"
    url = clients.way.url(f"{LOGIN}/{clients.lab.tenant_id}/oauth2/v2.0/token")
    clients.http.post(url, content=form, headers={"Content-Type": "application/x-www-form-urlencoded"})


def reset_a_password(clients: Clients) -> None:
    token = clients.app_token("everything-daemon", GRAPH)
    clients.call(token, "POST", RESET, json={"newPassword": "Fresh-Start-2026!"})


def call_nowhere(clients: Clients) -> None:
    token = clients.app_token("mail-daemon", GRAPH)
    try:
        clients.call(token, "GET", f"https://graph.microsoft.us/v1.0/users/{ADELE}")
    finally:
        clients.wire.take_unmatched()


def sign_in_where_nobody_consented(clients: Clients) -> None:
    clients.sign_in(ADELE, f"{GRAPH}/User.Read", "unconsented-desktop")


PLAYS: tuple[tuple[Play, dict[str, object]], ...] = (
    (lambda clients: read(clients.mailbox_as_app("mail-daemon")), {}),
    (lambda clients: read(clients.mailbox_with(clients.app_token("mail-daemon", GRAPH), impersonate=True)), {}),
    (lambda clients: read(clients.mailbox_with(clients.user_token(ALEX, OWN_MAIL), ADELE)), {}),
    (lambda clients: read(clients.mailbox_as_app("mail-daemon")), {"impersonation_scope": [ALEX]}),
    (lambda clients: read(clients.mailbox_as_app("mail-daemon")), {"ews_enabled": False}),
    (lambda clients: read(clients.mailbox_as_app("mail-daemon")), {"middlebox": "isa"}),
    (send_as_somebody_else, {}),
    (
        lambda clients: read(
            clients.mailbox_with(clients.personal_token("adele.vance@outlook.com", OWN_MAIL), "adele.vance@outlook.com")
        ),
        {},
    ),
    (lambda clients: clients.graph(clients.person(ADELE), lambda graph: graph.security.alerts.get()), {}),
    (
        lambda clients: clients.graph(
            clients.daemon("directory-reader"), lambda graph: graph.users.by_user_id(ADELE).messages.get()
        ),
        {},
    ),
    (ask_in_a_batch, {}),
    (reset_a_password, {}),
    (call_nowhere, {}),
    (lambda clients: clients.app_token("mail-daemon", GRAPH, client_credential="not~the~secret"), {}),
    (send_a_secret_nobody_encoded, {}),
    (sign_in_where_nobody_consented, {}),
    (lambda clients: clients.sign_in(ADELE, f"{GRAPH}/User.Read"), {"mfa_required_for": ["*"]}),
)


@pytest.fixture(scope="module")
def run(shared_lab: Lab, proxy: RunningProxy, wire: Wire, watch: Watch) -> RunningProxy:
    """The proxy after a dozen refusals on either way, with whatever other tests did before."""
    for name in (FORWARD, REVERSE):
        with Way.opened(name, proxy) as way, Clients.opened(shared_lab, way, wire) as clients:
            for play, switches in PLAYS:
                shared_lab.tenant.reset()
                shared_lab.tenant.change_to(switches)
                with contextlib.suppress(Exception):  # what a client says is what the other tests look at
                    play(clients)
    shared_lab.tenant.reset()
    assert len(watch.verdicts()) >= 2 * len(PLAYS)
    return proxy


@pytest.fixture(scope="module")
def counted(run: RunningProxy) -> dict[tuple[str, ...], float]:
    """The metrics page: name and label values, in the order of the labels' names -> value."""
    page = run.admin_get("/metrics").read().decode()
    return {
        (sample.name.removeprefix("why403_"), *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def of(counted: dict[tuple[str, ...], float], name: str) -> dict[tuple[str, ...], int]:
    """The series of a counter that are not zero, by label values."""
    return {key[1:]: int(value) for key, value in counted.items() if key[0] == name and value}


def test_every_exchange_is_counted_by_service_and_outcome(
    counted: dict[tuple[str, ...], float], wire: Wire, watch: Watch
) -> None:
    expected = Counter((outcome(left.status), SERVICES[asked.host]) for asked, left in wire.everything)
    expected.update(
        ("no_response", line["why403.service"]) for line in watch.lines if "http.response.status_code" not in line
    )
    assert of(counted, "exchanges_total") == expected
    assert of(counted, "exchanges_in_flight") == {}


def outcome(status: int) -> str:
    """How an answer counts."""
    if status in OUTCOMES:
        return OUTCOMES[status]
    return "ok" if status < 400 else "client_error" if status < 500 else "server_error"


def test_every_failure_is_counted_by_service_certainty_cause_and_token(
    counted: dict[tuple[str, ...], float], watch: Watch
) -> None:
    lines = watch.lines
    certainty = ["undetermined" if line["rule.id"] == "undetermined" else line["auth.certainty"] for line in lines]
    services = [line["why403.service"] for line in lines]
    assert of(counted, "failures_total") == Counter(zip(certainty, services, strict=True))
    assert of(counted, "causes_total") == Counter((line["rule.id"],) for line in lines)
    assert of(counted, "tokens_total") == Counter((line["auth.token.kind"],) for line in lines)


def test_every_failure_reached_every_sink(
    run: RunningProxy, counted: dict[tuple[str, ...], float], watch: Watch, bundles: Path
) -> None:
    failures = len(watch.lines)
    run.wait_for(lambda: run.metric("why403_bundle_queue_length") == 0)
    written = int(run.metric('why403_sink_writes_total{sink="bundle"}'))
    enough = int(run.metric('why403_bundles_dropped_total{reason="enough"}'))
    writes = of(counted, "sink_writes_total")
    assert (writes["log",], writes["terminal",], writes["annotation",]) == (failures, failures, failures)
    assert written == len(list(bundles.glob("why403-*.zip")))
    assert written + enough == failures
    assert of(counted, "sink_failures_total") == {}
    assert of(counted, "internal_errors_total") == {}


def test_failed_connections_are_counted_by_where_they_failed(
    counted: dict[tuple[str, ...], float], watch: Watch
) -> None:
    unanswered = sum("http.response.status_code" not in line for line in watch.lines)
    assert of(counted, "upstream_errors_total") == {("connect",): unanswered}


def test_nothing_secret_or_personal_is_in_anything_that_was_written(
    run: RunningProxy, wire: Wire, watch: Watch, bundles: Path
) -> None:
    sent = SecretsSent.on(wire)
    assert {ADELE, ALEX, "adele.vance@outlook.com", "Adele Vance", "203.0.113.7"} <= sent.persons
    assert "Fresh-Start-2026!" in sent.secrets
    assert len(sent.secrets) > 40
    while not run.shown.empty():
        watch.shown.append(run.shown.get())
    written: list[tuple[str, bytes]] = [
        ("standard output", "\n".join(watch.shown).encode()),
        ("standard error", "\n".join(run.errors).encode()),
        ("/metrics", run.admin_get("/metrics").read()),
        *members(bundles),
    ]
    assert all(content for _, content in written)
    search = sent.searched()
    assert {place: found for place, content in written if (found := search.found_in(content))} == {}


def members(bundles: Path) -> Iterator[tuple[str, bytes]]:
    """Every bundle as it lies there, and everything inside."""
    for path in sorted(bundles.iterdir()):
        yield path.name, path.name.encode() + path.read_bytes()
        with zipfile.ZipFile(path) as bundle:
            for name in bundle.namelist():
                yield f"{path.name}:{name}", name.encode() + bundle.read(name)
