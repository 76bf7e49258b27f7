"""The figures of speed that documents quote are those of the last `make bench`."""

from pathlib import Path

import pytest

from bench.speed.figure import Figure, Goal
from bench.speed.goals import GOALS
from bench.speed.results import DOCUMENTS, FOLDER, Results, Row, as_json, long_table, quoted, read

ATLEAST = Goal("tls", "calls/s against stock", 1.8, "x", at_least=True)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_quotes_the_figures_of_the_last_measurement(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert quoted(text, DOCUMENTS[document](read())) == text, "run make bench, or write what bench/results holds"


def test_results_survive_being_written_and_read(tmp_path: Path) -> None:
    figure = Figure(GOALS[0].key, 1.93, 1.8, 2.0, "why403 1,500/s, mitmdump 777/s", {"rounds": [1.8, 2.0]})
    machine = {"processor": "one", "cores": 2, "memory_gb": 4.0, "python": "3.12", "mitmdump": "12"}
    machine["load_average_at_start"] = [0.1, 0.2, 0.3]
    measured = Row(GOALS[0], figure, measured="2026-11-21", commit="0123456789ab", profile="profile-plain.txt")
    results = Results(machine).with_row(measured)
    path = tmp_path / "speed.json"
    path.write_text(as_json(results), encoding="utf-8")
    assert read(path) == results
    assert "| 1.93 x (1.80 x to 2.00 x) | >= 1.80 x | met |" in long_table(results)


@pytest.mark.parametrize(("value", "verdict"), [(1.8, "met"), (1.796, "met"), (1.79, "missed")])
def test_a_goal_is_met_by_the_figure_that_is_printed(value: float, verdict: str) -> None:
    assert Row(ATLEAST, Figure("tls", value, value, value)).verdict == verdict


def test_a_goal_nobody_has_measured_is_open_and_says_so() -> None:
    assert (Row(ATLEAST).verdict, Row(ATLEAST).said) == ("open", "not measured yet")


def test_every_missed_goal_that_names_a_profile_has_it() -> None:
    assert [row.profile for row in read().rows if row.profile and not (FOLDER / row.profile).exists()] == []
