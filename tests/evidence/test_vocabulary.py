from __future__ import annotations

import pytest

from proxy_addons.evidence.vocabulary import VOCABULARY, Kind, word_for


@pytest.mark.parametrize("name", VOCABULARY)
def test_every_fact_is_explained_in_a_sentence(name: str) -> None:
    meaning = VOCABULARY[name].meaning
    assert meaning.endswith(".")
    assert len(meaning) > 5


def test_a_fact_has_its_kind() -> None:
    word = word_for("token.roles")
    assert word is not None
    assert word.kind is Kind.NAMES


def test_a_member_of_a_family_has_the_familys_kind() -> None:
    word = word_for("response.header.x-feserver")
    assert word is not None
    assert (word.kind, word.is_family) == (Kind.TEXT, True)


@pytest.mark.parametrize("name", ["token.rolez", "response.header.*", "response.header.", "token", ""])
def test_a_name_outside_the_vocabulary_is_no_word(name: str) -> None:
    assert word_for(name) is None
