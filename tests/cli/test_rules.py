"""`why403 rules`: what a rule author is told, and where."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from proxy_addons.evidence.vocabulary import VOCABULARY
from tests.cli.command import why403
from tests.cli.recorded import ONLY_RULES, REFUSALS, RULES
from tests.sinks.reports import assert_golden

RULE = "graph/says-certain.yaml"
EXAMPLES = "graph/says-certain.examples.yaml"
OWN = """\
id: {cause}
title: The call was refused
gate: permission
verdict: It was refused.
signatures:
  - certainty: certain
    basis: observed
    when: [{{response.status: 403}}]
deciding_test: Look.
status: stable
verified: 2026-11-21
{more}"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A rule base of the tester's own, without a mistake."""
    return Path(shutil.copytree(RULES, tmp_path / "base"))


def change(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    path.write_text(text)


def complaint(base: Path) -> str:
    """What `rules check` says, with the folder of the rule base left out."""
    ended = why403("rules", "check", "--no-shipped-rules", "--rules", base)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    return ended.stderr.replace(f"{base}/", "")


def failure(base: Path) -> str:
    """What `rules test` says, in the same way."""
    ended = why403("rules", "test", "--no-shipped-rules", "--rules", base)
    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr
    return ended.stderr.replace(f"{base}/", "")


def test_a_rule_base_without_mistakes_is_counted() -> None:
    ended = why403("rules", "check", *ONLY_RULES)

    assert ended.returncode == 0
    assert re.fullmatch(r"3 rules, 6 examples, 0 problems \(revision [0-9a-f]{12}\)\n", ended.stdout)
    assert ended.stderr == ""


MISTAKES: dict[str, tuple[str, tuple[str, str], str]] = {
    "a fact nobody knows": (
        RULE,
        ("error.code: CertainRefusal", "error.colour: CertainRefusal"),
        (
            "says-certain.yaml:9:9: signatures.0.when: there is no fact `error.colour`; "
            "`why403 rules facts` prints those there are\n"
        ),
    ),
    "a test nobody knows": (
        RULE,
        ("CertainRefusal", "{resembles: CertainRefusal}"),
        (
            "says-certain.yaml:9:22: signatures.0.when: `error.code` holds text: its tests are before, "
            "contains, differs_from, ends_with, folds_to, from, is, matches, not_in, present, same_as, starts_with, "
            "not `resembles`\n"
        ),
    ),
    "a test for facts of another kind": (
        RULE,
        ("error.code: CertainRefusal", "token.roles: Mail.Read"),
        (
            "says-certain.yaml:9:9: signatures.0.when: `token.roles` is a list of names: say {has: ...}, "
            "{lacks: ...} or another of its tests\n"
        ),
    ),
    "a value of the wrong kind": (
        RULE,
        ("error.code: CertainRefusal", "response.status: forbidden"),
        "says-certain.yaml:9:9: signatures.0.when: `response.status` is a number; 'forbidden' is not\n",
    ),
    "a pattern that is none": (
        RULE,
        ("CertainRefusal", "{matches: 'Certain('}"),
        (
            "says-certain.yaml:9:22: signatures.0.when: `error.code: matches` is no regular expression: "
            "missing ), unterminated subpattern at position 7\n"
        ),
    ),
    "certainty without a source": (
        RULE,
        ("basis: observed", "basis: unverified"),
        ("says-certain.yaml:6:5: signatures.0: an unverified signature may only say `possible`, not `certain`\n"),
    ),
    "a cause that is outranked but does not exist": (
        RULE,
        ("deciding_test:", "outranks:\n  - says-likely\n  - says-nothing\ndeciding_test:"),
        "says-certain.yaml:12:5: outranks names `says-nothing`, but there is no such cause\n",
    ),
    "a placeholder nobody can fill": (
        RULE,
        ("{error.code}", "{error.colour}"),
        "says-certain.yaml:4:1: verdict: there is no fact `error.colour` to fill into {error.colour}\n",
    ),
    "a key nobody knows": (
        RULE,
        ("deciding_test:", "deciding_tset:"),
        ("says-certain.yaml:10:1: deciding_tset: there is no such key; docs/rules.md lists those there are\n"),
    ),
    "an id that is not the file's name": (
        RULE,
        ("id: says-certain", "id: says-sure"),
        "says-certain.yaml:1:1: the id `says-sure` must be the file's name\n",
    ),
    "no YAML": (
        RULE,
        ("gate: permission", "gate: [permission"),
        "says-certain.yaml:4:8: this is no YAML: did not find expected ',' or ']'\n",
    ),
    "an example with a key nobody knows": (
        EXAMPLES,
        ("status: 403", "stauts: 403"),
        (
            "says-certain.examples.yaml:5:37: matches.0.response.stauts: there is no such key; "
            "docs/rules.md lists those there are\n"
        ),
    ),
}


@pytest.mark.parametrize(("path", "change_made", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_file_line_and_column(
    base: Path, path: str, change_made: tuple[str, str], expected: str
) -> None:
    change(base / path, change_made)

    assert complaint(base) == f"why403: graph/{expected}"


def test_the_first_of_several_mistakes_is_named(base: Path) -> None:
    change(base / RULE, ("certainty: certain", "certainty: sure"), ("gate: permission", "gate: door"))

    assert complaint(base).startswith("why403: graph/says-certain.yaml:3:1: gate: input should be 'network', 'sign-in'")


def test_an_example_that_does_not_prove_its_rule_is_named_with_its_place(base: Path) -> None:
    change(base / EXAMPLES, ("code: CertainRefusal", "code: AnotherRefusal"))

    ended = why403("rules", "test", "--no-shipped-rules", "--rules", base)

    assert ended.returncode == 3
    assert ended.stderr == (
        f"{base}/graph/says-certain.examples.yaml:2:5: example 'the code is there': must be found, "
        "but the findings are: undetermined (possible)\n"
    )
    assert ", 1 problem (revision" in ended.stdout


def test_a_near_miss_that_is_none_is_named_with_its_place(base: Path) -> None:
    change(base / EXAMPLES, ("code: AnotherRefusal", "code: CertainRefusal"))

    assert failure(base) == (
        "graph/says-certain.examples.yaml:7:5: example 'another code is there': must not be found, "
        "but is: says-certain (certain)\n"
    )


def test_a_healthy_exchange_that_a_rule_takes_for_a_failure_is_named_with_its_place(base: Path) -> None:
    (base / "healthy").mkdir()
    (base / "healthy" / "graph.yaml").write_text(
        "exchanges:\n"
        "  - name: nothing is wrong\n"
        "    request: {url: 'https://graph.microsoft.com/v1.0/me'}\n"
        "    response: {like: graph-gateway, status: 403, graph_error: {code: CertainRefusal}}\n"
    )

    assert failure(base) == (
        "healthy/graph.yaml:2:5: example 'nothing is wrong': a healthy exchange was called a failure: says-certain\n"
    )


def test_a_rule_without_examples_is_named(base: Path) -> None:
    (base / EXAMPLES).unlink()

    assert complaint(base) == (
        "graph/says-certain.yaml:1:1: has no examples: write says-certain.examples.yaml beside it\n"
    )


def test_files_that_can_be_used_pass_the_check_although_an_example_fails(base: Path) -> None:
    change(base / EXAMPLES, ("code: CertainRefusal", "code: AnotherRefusal"))

    assert why403("rules", "check", "--no-shipped-rules", "--rules", base).returncode == 0


def test_who_led_instead_is_told_beside_what_failed(base: Path) -> None:
    change(base / EXAMPLES, ("code: CertainRefusal", "code: LikelyRefusal"))

    ended = why403("rules", "test", "--no-shipped-rules", "--rules", base)

    assert ended.returncode == 3
    assert "Confused\n  says-certain    1  says-likely\n" in ended.stdout


def test_the_result_of_a_rule_base_that_holds_is_as_designed() -> None:
    ended = why403("rules", "test", "--matrix", *ONLY_RULES)

    assert (ended.returncode, ended.stderr) == (0, "")
    shown = re.sub(r"revision [0-9a-f]{12}", "revision", ended.stdout)
    assert_golden(Path(__file__).parent / "golden" / "rules_test.txt", shown)


def test_a_rule_base_without_examples_cannot_be_tested(base: Path) -> None:
    for examples in base.glob("graph/*.examples.yaml"):
        examples.unlink()

    ended = why403("rules", "test", "--no-shipped-rules", "--rules", base)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"why403: {base}: holds no examples to run. Write them as docs/rules.md shows\n"


def test_a_rule_of_ones_own_that_beats_shipped_ones_is_noticed(tmp_path: Path) -> None:
    """Every 403 of Graph, for certain: whatever the rules that ship know of those, this one says it knows better."""
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "contoso-greedy.yaml").write_text(OWN.format(cause="contoso-greedy", more=""))

    ended = why403("rules", "test", "--rules", tmp_path)

    assert ended.returncode == 3
    assert re.search(r"graph-[a-z-]+ +\d+  contoso-greedy\n", ended.stdout)


def test_a_rule_that_replaces_another_is_listed_with_it_and_shown_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "graph").mkdir()
    own = OWN.format(cause="contoso-own", more="replaces: graph-token-expired\n")
    (tmp_path / "graph" / "contoso-own.yaml").write_text(own)

    listed = why403("rules", "list", "--rules", tmp_path).stdout
    gone = why403("rules", "show", "graph-token-expired", "--rules", tmp_path)

    assert "  The call was refused (replaces graph-token-expired)\n" in listed
    assert "\ngraph-token-expired " not in listed
    assert gone.returncode == 2
    assert gone.stderr == (
        "why403: there is no cause 'graph-token-expired'. Your rule contoso-own stands in its place\n"
    )


def test_a_shipped_id_cannot_be_taken_by_accident(tmp_path: Path) -> None:
    (tmp_path / "graph").mkdir()
    path = tmp_path / "graph" / "graph-token-expired.yaml"
    path.write_text(OWN.format(cause="graph-token-expired", more=""))

    ended = why403("explain", REFUSALS, "--rules", tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"why403: {path}:1:1: `graph-token-expired` is a cause why403 ships: say `replaces: graph-token-expired` to "
        "take its place, or name it anew\n"
    )


def test_a_pattern_that_explodes_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "graph").mkdir()
    path = tmp_path / "graph" / "contoso-slow.yaml"
    own = OWN.format(cause="contoso-slow", more="")
    path.write_text(own.replace("response.status: 403", "error.message: {matches: '(a+)+$'}"))

    ended = why403("rules", "check", "--rules", tmp_path)

    assert ended.returncode == 2
    assert ended.stderr.startswith(
        f"why403: {path}:8:29: signatures.0.when: `error.message: matches` repeats something that can match in several"
    )


def test_every_example_that_fails_is_told_at_once(base: Path) -> None:
    change(base / EXAMPLES, ("certainty: certain", "certainty: likely"))
    change(base / "graph/says-likely.examples.yaml", ("certainty: likely", "certainty: certain"))

    assert len(failure(base).splitlines()) == 2


def test_a_rule_file_with_the_other_suffix_is_not_overlooked(base: Path) -> None:
    (base / RULE).rename(base / "graph" / "says-certain.yml")

    assert complaint(base) == (
        "why403: graph/says-certain.yml:1:1: would never be read: rule files end in .yaml, rename it\n"
    )


def test_a_folder_without_rules_is_named(tmp_path: Path) -> None:
    ended = why403("rules", "list", "--no-shipped-rules", "--rules", tmp_path)

    assert ended.returncode == 2
    assert ended.stderr == (
        f"why403: {tmp_path}:1:1: holds no rule files (*.yaml): name a folder of rules with --rules\n"
    )


def test_a_list_names_cause_gate_services_and_title() -> None:
    ended = why403("rules", "list", *ONLY_RULES)

    assert ended.returncode == 0
    assert ended.stdout.splitlines()[0] == (
        "says-certain   stable  permission  graph  The service printed a code that makes a cause certain"
    )
    assert len(ended.stdout.splitlines()) == 3


def test_a_rule_base_with_nothing_but_healthy_exchanges_has_an_empty_list(tmp_path: Path) -> None:
    (tmp_path / "healthy").mkdir()
    (tmp_path / "healthy" / "graph.yaml").write_text("exchanges: []\n")

    ended = why403("rules", "list", "--no-shipped-rules", "--rules", tmp_path)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_list_of_facts_is_the_vocabulary() -> None:
    ended = why403("rules", "facts")

    rows = [line.split(maxsplit=2) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0
    assert rows == [[word.name, word.kind.value, word.meaning] for word in VOCABULARY.values()]
