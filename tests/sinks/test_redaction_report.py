from proxy_addons.redaction.ledger import DroppedPart, Removal
from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.pseudonyms import Kind
from proxy_addons.redaction.record import Record
from proxy_addons.redaction.sweep import ENCODINGS
from proxy_addons.sinks.redaction_report import redaction_report
from tests.sinks.reports import REPORT

RECORD = Record(
    REPORT,
    {},
    removals=(Removal(Kind.SECRET, "request header Cookie", 2), Removal(Kind.USER, "request URL", 1)),
    dropped=(DroppedPart("response body", "up-to-1024", "no JSON"),),
    originals=Originals({"Zwiebelkuchen77": Kind.SECRET}),
)


def test_removals_add_up_over_all_records() -> None:
    report = redaction_report([RECORD, RECORD], stand_ins={"user": 1}, tool="why403 0.1.0")
    assert report["removed"] == [
        {"place": "request URL", "kind": "user", "count": 2},
        {"place": "request header Cookie", "kind": "secret", "count": 4},
    ]
    assert report["stand_ins"] == {"user": 1}


def test_parts_left_out_are_listed_with_their_reason() -> None:
    report = redaction_report([RECORD], stand_ins={}, tool="why403 0.1.0")
    assert report["left_out"] == [
        {"failure": REPORT.id, "place": "response body", "size": "up-to-1024", "reason": "no JSON"}
    ]


def test_the_sweep_tells_what_it_searched_and_what_not_and_no_value() -> None:
    report = redaction_report([RECORD], stand_ins={}, tool="why403 0.1.0")
    swept = report["sweep"]
    assert isinstance(swept, dict)
    assert swept["searched_for"] == 1
    assert swept["encodings"] == list(ENCODINGS)
    assert swept["limits"]
    assert report["not_examined"]
    assert "Zwiebel" not in str(report)
