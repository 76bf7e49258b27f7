"""The whole corpus: nothing planted may survive in any spelling, and what support needs must."""

import pytest

from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.pseudonyms import Kind
from proxy_addons.redaction.sweep import prepare, sweep
from tests.redaction.corpus.case import Case
from tests.redaction.corpus.every import CASES
from tests.redaction.encodings import spelled_in
from tests.redaction.finished import finished, shown, written

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@every_case
def test_no_secret_and_no_personal_value_survives_in_any_spelling(case: Case) -> None:
    data = written(finished(case.exchange))
    assert {value: found for value in (*case.secrets, *case.personal) if (found := spelled_in(value, data))} == {}


@every_case
def test_the_sweep_agrees_that_the_result_is_clean(case: Case) -> None:
    entry = finished(case.exchange)
    planted = dict.fromkeys(case.secrets, Kind.SECRET) | dict.fromkeys(case.personal, Kind.USER)
    assert sweep(written(entry), Originals(planted)) == ()
    assert prepare(entry.originals).over(written(entry)) == ()


@every_case
def test_the_facts_of_a_case_are_kept(case: Case) -> None:
    text = shown(finished(case.exchange))
    assert [fact for fact in case.facts if fact not in text] == []


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(CASES) >= 40
    assert sum(len(case.secrets) for case in CASES) >= 60
    assert sum(len(case.personal) for case in CASES) >= 100
    assert sum(len(case.facts) for case in CASES) >= 300
