from __future__ import annotations

from proxy_addons.diagnosis.report import SCHEMA, failure_json, report_json
from tests.sinks.reports import REPORT


def test_a_report_says_what_made_it_and_how_much_it_looked_at() -> None:
    report = report_json([REPORT], source="a.har", exchanges=7, tool_version="1.2", rules_revision="abc")

    assert report["schema"] == SCHEMA == "why403.report/1"
    assert report["tool"] == {"name": "why403", "version": "1.2"}
    assert report["rules"] == {"revision": "abc"}
    assert (report["source"], report["exchanges"]) == ("a.har", 7)


def test_a_recording_without_failures_has_an_empty_list() -> None:
    assert report_json([], source="a", exchanges=0, tool_version="1", rules_revision="r")["failures"] == []


def test_a_failure_has_every_key_of_the_contract() -> None:
    failure = failure_json(REPORT)

    assert {"id", "fingerprint", "exchange", "token", "gates", "findings", "open_questions"} <= failure.keys()


def test_findings_stay_in_their_order_with_their_evidence_and_fixes() -> None:
    findings = failure_json(REPORT)["findings"]

    assert isinstance(findings, list)
    first = findings[0]
    assert isinstance(first, dict)
    assert first["cause"] == REPORT.diagnosis.leading.cause
    assert first["certainty"] == "certain"
    evidence, fix = first["evidence"], first["fix"]
    assert isinstance(evidence, list)
    assert isinstance(fix, list)
    assert evidence[0] == {
        "fact": "error.code",
        "value": "Authorization_RequestDenied",
        "seen_in": "response body",
        "supports": True,
    }
    assert fix[1] == {
        "for": "developer",
        "do": "Ask for User.ReadBasic.All and fetch a new token.",
        "commands": ["az login"],
    }
