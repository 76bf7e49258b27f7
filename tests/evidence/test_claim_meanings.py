from __future__ import annotations

import pytest

from proxy_addons.evidence.claim_meanings import meaning_of


@pytest.mark.parametrize("claim", ["aud", "tid", "scp", "roles", "wids", "uti", "xms_cc"])
def test_a_documented_claim_has_a_meaning_in_a_few_words(claim: str) -> None:
    meaning = meaning_of(claim)

    assert meaning
    assert len(meaning) < 90
    assert not meaning.endswith(".")


def test_a_claim_nobody_documented_has_none() -> None:
    assert meaning_of("xms_idrel") == ""
