import re
import shutil
import subprocess

import pytest
from prometheus_client import generate_latest

from proxy_addons.diagnosis.verdict import UNDETERMINED
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.sinks.metrics import CAUSES_AT_MOST, Metrics, outcome_of
from tests.sinks.reports import NOTHING_FITS, REPORT, led_by

SERIES_BUDGET = 700


def page(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()


def series(metrics: Metrics) -> list[str]:
    return [line.rpartition(" ")[0] for line in page(metrics).splitlines() if not line.startswith("#")]


def test_every_series_of_a_day_is_there_from_the_start() -> None:
    metrics = Metrics()
    metrics.announce_rules("r1", ["graph-scope-missing"])
    before = series(metrics)
    metrics.count_failure(REPORT, {"token": 1, "user": 2})
    metrics.count_failure(led_by(NOTHING_FITS), {})
    for status in (200, 302, 401, 403, 404, 429, 500, None):
        metrics.count_exchange("graph", outcome_of(status))
    metrics.upstream_errors.labels("dns").inc()
    metrics.sink_failures.labels("bundle").inc()
    metrics.internal_errors.labels("capture").inc()
    assert series(metrics) == before


def test_no_counter_brings_a_second_series_with_its_birthday() -> None:
    assert "_created" not in page(Metrics())


def test_two_instances_in_one_process_do_not_meet() -> None:
    first, second = Metrics(), Metrics()
    first.count_failure(REPORT, {})
    assert second.registry.get_sample_value("why403_causes_total", {"cause": UNDETERMINED}) == 0


def test_a_failure_counts_by_service_certainty_cause_token_and_what_was_removed() -> None:
    metrics = Metrics()
    metrics.announce_rules("r1", ["graph-scope-missing"])
    metrics.count_failure(REPORT, {"token": 1, "user": 2})
    sample = metrics.registry.get_sample_value
    assert sample("why403_failures_total", {"service": "graph", "certainty": "certain"}) == 1
    assert sample("why403_causes_total", {"cause": "graph-scope-missing"}) == 1
    assert sample("why403_tokens_total", {"kind": "jwt"}) == 1
    assert sample("why403_redactions_total", {"kind": "user"}) == 2


def test_a_counted_failure_leads_to_its_case_and_its_trace_within_the_formats_limit() -> None:
    metrics = Metrics()
    metrics.count_failure(REPORT, {})
    samples = (sample for family in metrics.registry.collect() for sample in family.samples)
    (exemplar,) = [each.exemplar.labels for each in samples if each.exemplar]
    assert exemplar == {
        "failure_id": REPORT.id,
        "client_request_id": REPORT.exchange.client_request_id,
        "trace_id": REPORT.exchange.trace_id,
    }
    # OpenMetrics 1.0, Exemplars: names and values together.
    assert sum(len(name) + len(value) for name, value in exemplar.items()) <= 128


def test_an_undetermined_failure_is_no_possible_one() -> None:
    metrics = Metrics()
    metrics.count_failure(led_by(NOTHING_FITS), {})
    sample = metrics.registry.get_sample_value
    assert sample("why403_failures_total", {"service": "graph", "certainty": "undetermined"}) == 1
    assert sample("why403_failures_total", {"service": "graph", "certainty": "possible"}) == 0


def test_a_cause_no_loaded_rule_has_counts_as_other() -> None:
    metrics = Metrics()
    metrics.count_failure(REPORT, {})
    assert metrics.registry.get_sample_value("why403_causes_total", {"cause": "other"}) == 1


def test_new_rules_replace_the_revision() -> None:
    metrics = Metrics()
    metrics.announce_rules("old", ["a"])
    metrics.announce_rules("new", ["a", "b"])
    assert re.findall(r"^why403_rules_info\{.*", page(metrics), re.MULTILINE) == [
        'why403_rules_info{revision="new"} 1.0'
    ]
    assert metrics.registry.get_sample_value("why403_rules_loaded") == 2


def test_a_rule_directory_of_any_size_stays_within_bounds() -> None:
    metrics = Metrics()
    before = len(series(metrics))
    metrics.announce_rules("r1", [f"cause-{number}" for number in range(5 * CAUSES_AT_MOST)])
    assert len(series(metrics)) - before == CAUSES_AT_MOST + 1


def test_the_shipped_rules_stay_within_the_budget_of_series() -> None:
    metrics, ruleset = Metrics(), read_rules()
    metrics.announce_rules(ruleset.revision, [rule.id for rule in ruleset.rules])
    assert len(series(metrics)) < SERIES_BUDGET


def test_promtool_finds_nothing_to_complain_about() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: it comes with the package prometheus")
    metrics = Metrics()
    metrics.announce_rules("r1", ["graph-scope-missing"])
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=page(metrics), capture_output=True, text=True, timeout=60, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
