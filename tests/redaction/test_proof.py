"""Whole recordings with planted secrets, by seed: none survives, and the facts are kept. More: bench.redaction_proof."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from tests.redaction.proof.places import SCENES
from tests.redaction.proof.proof import Outcome, prove
from tests.redaction.proof.spelling import SPELLINGS, folded, readings

SEEDS = range(160)
CHUNK = 20


@pytest.mark.parametrize("first", SEEDS[::CHUNK])
def test_nothing_planted_survives_and_the_facts_are_kept(first: int) -> None:
    outcomes = [prove(seed) for seed in range(first, first + CHUNK)]
    assert [outcome.survivors for outcome in outcomes if outcome.survivors] == []
    assert not any(outcome.refused for outcome in outcomes)
    assert sum(len(outcome.lost) for outcome in outcomes) * 100 <= sum(outcome.facts for outcome in outcomes)


@settings(max_examples=25, deadline=None)
@given(st.integers(10**6, 10**9))
def test_no_seed_whatsoever_lets_a_planted_value_through(seed: int) -> None:
    outcome = prove(seed, scenes=1)
    assert outcome == Outcome(outcome.planted, outcome.facts, lost=outcome.lost)


@pytest.mark.parametrize("name", sorted(SPELLINGS))
def test_the_examiner_finds_what_is_left_in_every_spelling(name: str) -> None:
    value = "ysolde.quackenbush@tamboril.example"
    left = json.dumps({"x": f"before {SPELLINGS[name](value)} after"}).encode()
    assert any(folded(value) in folded(text) for text in readings(left))


def test_every_scene_plants_and_tells_facts() -> None:
    assert len(SCENES) >= 13
