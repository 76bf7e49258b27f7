"""A real Prometheus scrapes a real proxy with traffic of the lab: every panel shows something."""

import json
import math
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from proxy_addons.lab import Lab
from tests.deploy.dashboards import QUERIES, Asked
from tests.deploy.test_prometheus import PROMETHEUS, read
from tests.live.proxy import SECONDS, RunningProxy, running_proxy

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="prometheus is missing: install the package of that name"
)

QUIET_BY_NATURE = {"overview, Under way: why403_draining"}
"""Asks for something that is not the case here: no proxy is leaving."""


class Prometheus:
    """A running server, asked over HTTP."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    def get(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - JSON as it comes
        """The data of an answer of its API."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.address}/api/v1/{path}?{query}", timeout=SECONDS) as answer:  # noqa: S310
            return json.load(answer)["data"]

    def value(self, expr: str) -> list[float]:
        """The values of all series of an expression, now."""
        return [float(series["value"][1]) for series in self.get("query", query=expr)["result"]]


def until(holds: Any, process: subprocess.Popen[bytes]) -> None:  # noqa: ANN401 - any condition
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            if holds():
                return
        except OSError:
            pass
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def started(directory: Path, admin_port: int) -> Iterator[tuple[Prometheus, subprocess.Popen[bytes]]]:
    """The shipped configuration, with the proxy's port and an interval for people who wait."""
    configuration = read(PROMETHEUS / "prometheus.yml")
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    configuration["rule_files"] = [str(PROMETHEUS / name) for name in configuration["rule_files"]]
    configuration["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{admin_port}"]}]
    with (directory / "prometheus.yml").open("w", encoding="utf-8") as file:
        YAML().dump(configuration, file)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [  # noqa: S607 - found on the PATH, like every tool
            "prometheus",
            f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--enable-feature=exemplar-storage",
            "--log.level=error",
        ]
    )
    try:
        yield Prometheus(port), process
    finally:
        process.terminate()
        process.wait(SECONDS)


def play(proxy: RunningProxy) -> None:
    """A sign-in document, and calls without a token."""
    with proxy.through_forward("login.microsoftonline.com") as client:
        client.get("login.microsoftonline.com", "/common/v2.0/.well-known/openid-configuration")
    with proxy.through_reverse() as client:
        client.get("h", "/graph.microsoft.com/v1.0/users")
        client.post("h", "/outlook.office365.com/EWS/Exchange.asmx", b"<x/>", "Content-Type: text/xml")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """It has seen traffic before and after its first look, so that rates are not zero."""
    with Lab.running(tmp_path_factory.mktemp("lab")) as lab:
        pairs = [part for pair in lab.connect_to for part in ("--connect-to", pair)]
        options = [*pairs, "--upstream-ca", str(lab.ca_certificate_path)]
        with running_proxy(tmp_path_factory.mktemp("proxy"), *options, rules=None) as proxy:
            directory = tmp_path_factory.mktemp("prometheus")
            with started(directory, proxy.admin) as (server, process):
                until(lambda: server.value("up") == [1], process)
                play(proxy)
                until(lambda: sum(server.value("rate(why403_failures_total[1m])")) > 0, process)
                yield server


@pytest.mark.parametrize("asked", QUERIES, ids=lambda asked: asked.name)
def test_a_panel_shows_series_and_every_value_is_a_number(prometheus: Prometheus, asked: Asked) -> None:
    expr = (
        asked.expr.replace("$job", ".+")
        .replace("$instance", ".+")
        .replace("$__rate_interval", "1m")
        .replace("$__range", "1h")
    )
    values = prometheus.value(expr)
    assert values or any(asked.name.startswith(quiet) for quiet in QUIET_BY_NATURE)
    assert not any(map(math.isnan, values))


def test_the_scrape_is_accepted_and_all_rules_are_evaluated_without_an_error(prometheus: Prometheus) -> None:
    targets = prometheus.get("targets")["activeTargets"]
    assert [target["health"] for target in targets] == ["up"]
    groups = prometheus.get("rules")["groups"]
    assert groups
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}


def test_the_recorded_series_have_values(prometheus: Prometheus) -> None:
    assert sum(prometheus.value("job_service:why403_exchanges:rate5m")) >= 0
    assert prometheus.value("count(why403_causes_total)")[0] > 300


def test_a_failure_leads_to_its_id_and_the_clients_request_id(prometheus: Prometheus) -> None:
    found = prometheus.get("query_exemplars", query="why403_failures_total", start="0", end=str(time.time() + 60))
    labels = [exemplar["labels"] for series in found for exemplar in series["exemplars"]]
    assert labels
    assert all(label["failure_id"].startswith("f-") for label in labels)
    assert any("client_request_id" in label for label in labels)
