from __future__ import annotations

import pytest

from proxy_addons.diagnosis.verdict import Certainty, Diagnosis, Finding, Gate

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
