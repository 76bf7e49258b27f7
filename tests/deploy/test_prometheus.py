"""The alerts: valid, about metrics that exist, each with a runbook and a test of firing and of silence."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from proxy_addons.sinks.metrics import Metrics
from tests.infrastructure.tree import REPOSITORY

PROMETHEUS = REPOSITORY / "deploy" / "prometheus"
RUNBOOK = (REPOSITORY / "deploy" / "runbook.md").read_text(encoding="utf-8")
RULE_FILES = sorted(PROMETHEUS.glob("*.rules.yml"))
TEST_FILES = sorted((PROMETHEUS / "tests").glob("*.test.yml"))
SET_BY_PROMETHEUS = {"up", "process_start_time_seconds"}

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is missing: install the package prometheus"
)


def read(path: Path) -> Any:  # noqa: ANN401 - YAML as it stands in the file
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def rules() -> list[Mapping[str, Any]]:
    return [rule for path in RULE_FILES for group in read(path)["groups"] for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
CASES = [case for path in TEST_FILES for test in read(path)["tests"] for case in test.get("alert_rule_test", [])]


@needs_promtool
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "rules", "--lint=all", "--lint-fatal", *map(str, RULE_FILES)],
        ["check", "config", str(PROMETHEUS / "prometheus.yml")],
        ["test", "rules", *map(str, TEST_FILES)],
    ],
    ids=["the rules are clean", "the configuration is valid", "the alerts fire when they must and only then"],
)
def test_promtool_finds_that(arguments: list[str]) -> None:
    ended = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)  # noqa: S607
    assert ended.returncode == 0, ended.stdout + ended.stderr


def series_of_a_running_proxy() -> set[str]:
    metrics = Metrics()
    metrics.announce_rules("r1", ["a-cause"])
    return {sample.name for family in metrics.registry.collect() for sample in family.samples}


def test_every_metric_a_rule_asks_for_is_one_the_proxy_has() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    asked = {
        name
        for rule in rules()
        for name in re.findall(r"\b(?:why403|process|job)[a-z_]*(?::\w+)*\b", rule["expr"])
        if "_" in name
    }
    assert asked - recorded - SET_BY_PROMETHEUS <= series_of_a_running_proxy()


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_has_a_heading_in_the_runbook_and_leads_there(alert: str) -> None:
    assert f"\n## {alert}\n" in RUNBOOK
    assert ALERTS[alert]["annotations"]["runbook_url"] == f"deploy/runbook.md#{alert.lower()}"


def test_the_runbook_has_no_heading_too_many() -> None:
    assert re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE) == list(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_seen_firing_in_a_test(alert: str) -> None:
    assert any(case["alertname"] == alert and case["exp_alerts"] for case in CASES)


def test_every_severity_of_an_alert_has_a_route_of_its_own_to_a_receiver_there_is() -> None:
    config = read(PROMETHEUS / "alertmanager.yml")
    routes = {route["matchers"][0]: route["receiver"] for route in config["route"]["routes"]}
    severities = {f'severity="{rule["labels"]["severity"]}"' for rule in ALERTS.values()}
    assert set(routes) == severities
    assert set(routes.values()) == {receiver["name"] for receiver in config["receivers"]}


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_how_bad_it_is_and_what_happened(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"]
