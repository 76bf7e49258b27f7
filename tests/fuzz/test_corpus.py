"""What broke under fuzzing stays whole: `make fuzz` finds, `corpus/<target>/` keeps.

A new case is the file of a finding, copied here under a name that says what it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings

from bench.fuzz.catalogue import TARGETS
from bench.fuzz.engine import Run, mutated
from bench.fuzz.target import Target, promise

if TYPE_CHECKING:
    from hypothesis import strategies as st

CORPUS: Final = Path(__file__).parent / "corpus"
OF_BYTES: Final = [target for target in TARGETS.values() if target.shape is None]


@pytest.mark.parametrize("case", sorted(CORPUS.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_broke_holds(case: Path) -> None:
    TARGETS[case.parent.name].holds(case.read_bytes())


@pytest.mark.parametrize("target", OF_BYTES, ids=lambda target: target.name)
def test_every_target_holds_for_what_it_begins_with_and_for_next_to_nothing(target: Target) -> None:
    for case in (*target.seeds, b"", b"\0", b"\xff\xfe", b"{", b"<", b"9" * 5000):
        target.holds(case)


@pytest.mark.parametrize("target", OF_BYTES, ids=lambda target: target.name)
def test_the_inputs_that_are_drawn_without_the_fuzzer_are_no_longer_than_allowed(target: Target) -> None:
    cases: st.SearchStrategy[bytes] = mutated(target)

    @settings(max_examples=5, deadline=None, database=None)
    @given(cases)
    def every_case(case: bytes) -> None:
        assert len(case) <= target.longest

    every_case()


def breaks_on_a_bracket(data: bytes) -> None:
    promise(b"[" not in data, "brackets break it")


def test_an_input_that_breaks_a_promise_is_kept_once_and_the_run_goes_on(tmp_path: Path) -> None:
    run = Run(Target("brackets", breaks_on_a_bracket), 60, tmp_path)

    for case in (b"a", b"[1", b"[2", b"b"):
        run.try_one(case)

    (finding,) = run.tally.findings
    assert run.tally.executions == 4
    assert finding.startswith("brackets break it: ")
    assert Path(finding.rpartition(": ")[2]).read_bytes() == b"[1"
