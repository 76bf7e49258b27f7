from pathlib import Path

from proxy_addons.addons.screen import NoScreen
from proxy_addons.cli.run_summary import Tally, summary
from tests.sinks.reports import NOTHING_FITS, REPORT, UNREACHED, assert_golden, led_by

GOLDEN = Path(__file__).parent / "golden"


def tally_of(*reports: object) -> Tally:
    tally = Tally(NoScreen())
    tally.show(reports)  # type: ignore[arg-type]  # each is a report
    return tally


def test_the_summary_counts_calls_and_kinds_of_refusals() -> None:
    tally = tally_of(REPORT, REPORT, UNREACHED, led_by(NOTHING_FITS))
    told = [
        summary(tally, 14, 0, "likely"),
        summary(tally, 14, 7, "likely"),
        summary(tally_of(), 3, 0),
        summary(tally_of(), 0, 0),
    ]
    assert_golden(GOLDEN / "run-summary.txt", "\n\n".join(told) + "\n")


def test_a_level_is_reached_by_the_surest_refusal() -> None:
    tally = tally_of(led_by(NOTHING_FITS), REPORT)
    assert tally.reaches("certain")
    assert not tally.reaches(None)
    assert not tally_of(led_by(NOTHING_FITS)).reaches("likely")
    assert not tally_of().reaches("possible")


def test_kinds_beyond_a_bound_are_one_kind() -> None:
    tally = Tally(NoScreen())
    tally._kinds = {f"kind {number}": 1 for number in range(500)}
    tally.show([REPORT])
    assert dict(tally.kinds)["others"] == 1
    assert "and 481 other kinds" in summary(tally, 501, 0)
