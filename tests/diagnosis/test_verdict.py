from __future__ import annotations

from dataclasses import replace

import pytest

from proxy_addons.diagnosis.verdict import UNDETERMINED, Certainty, Diagnosis, Finding, Gate

CERTAIN, LIKELY, POSSIBLE = Certainty


@pytest.mark.parametrize(
    ("certainty", "steps", "lowered"),
    [
        (CERTAIN, 0, CERTAIN),
        (CERTAIN, 1, LIKELY),
        (CERTAIN, 2, POSSIBLE),
        (CERTAIN, 9, POSSIBLE),
        (LIKELY, 1, POSSIBLE),
        (POSSIBLE, 1, POSSIBLE),
    ],
)
def test_each_piece_of_evidence_against_takes_one_step_off_and_possible_stays(
    certainty: Certainty, steps: int, lowered: Certainty
) -> None:
    assert certainty.lowered(steps) is lowered


def test_the_strongest_certainty_sorts_first() -> None:
    assert sorted(Certainty, key=lambda certainty: certainty.weakness) == [CERTAIN, LIKELY, POSSIBLE]


def test_the_first_finding_leads() -> None:
    first, second = (Finding(cause, "", "", LIKELY, Gate.ROLE) for cause in ("a", "b"))
    assert Diagnosis((first, second), ()).leading is first


def test_a_finding_names_the_command_that_prints_the_page_of_its_cause() -> None:
    known = Finding("graph-token-expired", "Expired", "It had expired.", Certainty.CERTAIN, Gate.LIFETIME)

    assert known.documentation == "why403 rules show graph-token-expired"
    assert replace(known, cause=UNDETERMINED).documentation == ""
