from pathlib import Path

import pytest
from mitmproxy.io import tnetstring
from mitmproxy.test import tflow
from mitmproxy.utils import emoji

from proxy_addons.diagnosis.verdict import UNDETERMINED, Finding
from proxy_addons.sinks.annotation import MARKERS, UNDETERMINED_MARKER, annotate
from tests.sinks.reports import MISSING_SCOPE, NOT_LICENSED, NOTHING_FITS, REPORT, assert_golden, led_by

GOLDEN = Path(__file__).parent / "golden"


def test_the_comment_says_cause_verdict_proof_and_fix() -> None:
    flow = tflow.tflow()
    annotate(flow, [REPORT])
    assert_golden(GOLDEN / "comment.txt", flow.comment)


def test_the_first_line_of_the_comment_is_the_answer_in_short() -> None:
    flow = tflow.tflow()
    annotate(flow, [REPORT])
    assert flow.comment.splitlines()[0] == (
        "graph-scope-missing (certain): The token lacks the delegated permission this call needs"
    )


def test_every_failure_of_a_batch_has_its_paragraph() -> None:
    flow = tflow.tflow()
    annotate(flow, [REPORT, led_by(NOTHING_FITS)])
    assert [part.splitlines()[0].split(" ")[0] for part in flow.comment.split("\n\n")] == [
        "graph-scope-missing",
        UNDETERMINED,
    ]


@pytest.mark.parametrize(
    ("finding", "marker"),
    [(MISSING_SCOPE, ":red_circle:"), (NOT_LICENSED, ":yellow_circle:"), (NOTHING_FITS, ":white_circle:")],
)
def test_the_marker_shows_how_sure_the_diagnosis_is(finding: Finding, marker: str) -> None:
    flow = tflow.tflow()
    annotate(flow, [led_by(finding)])
    assert flow.marked == marker


def test_mitmproxy_knows_every_marker() -> None:
    assert {*MARKERS.values(), UNDETERMINED_MARKER} <= emoji.emoji.keys()


def test_the_metadata_can_be_stored_with_the_flow() -> None:
    flow = tflow.tflow()
    annotate(flow, [REPORT])
    assert tnetstring.loads(tnetstring.dumps(flow.metadata["why403"])) == [
        {
            "id": "f-0123456789ab",
            "fingerprint": "g1-0123456789abcdef",
            "cause": "graph-scope-missing",
            "certainty": "certain",
            "gate": "permission",
        }
    ]


def test_a_flow_without_failures_stays_as_it_is() -> None:
    flow = tflow.tflow()
    annotate(flow, [])
    assert (flow.comment, flow.marked, flow.metadata) == ("", "", {})
