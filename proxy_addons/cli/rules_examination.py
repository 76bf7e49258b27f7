"""`why403 rules check` (can these files be used?) and `why403 rules test` (are they right?)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.printing import counted, print_out
from proxy_addons.cli.rules_options import RulesOption, ShippedOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.diagnosis.examination import Examination
    from proxy_addons.diagnosis.examples import Case, Held
    from proxy_addons.diagnosis.ruleset import RuleError, Ruleset


def check_files(rules: RulesOption = None, shipped: ShippedOption = True) -> None:
    """Check that rule files can be used.

    Keys, facts, conditions, patterns, ids, and that every rule has examples, well written. What is wrong is named with
    file, line and column. With --rules the files of that folder are checked, else those that came with why403. No
    example is run: that is `why403 rules test`.
    """
    from proxy_addons.diagnosis.examples import missing_examples, read_cases
    from proxy_addons.diagnosis.ruleset import EXAMPLES_SUFFIX, RuleError
    from proxy_addons.intake.rule_files import named_below, read_rules, read_texts, rules_directory

    folder = rules or rules_directory()
    ruleset, texts = read_rules(rules, shipped=shipped), read_texts(rules)
    with named_below(rules):
        examples = sum(1 for _ in read_cases(texts))
    own = {Path(path).stem for path in texts}
    unproven = own & set(missing_examples(texts, ruleset))
    for path in sorted(texts):
        if Path(path).stem in unproven:
            told = f"has no examples: write {Path(path).stem}{EXAMPLES_SUFFIX} beside it"
            typer.echo(RuleError(f"{folder}/{path}", 1, 1, told), err=True)
    checked = sum(1 for rule in ruleset.rules if rule.id in own)
    found = (counted(checked, "rule"), counted(examples, "example"), counted(len(unproven), "problem"))
    typer.echo(f"{', '.join(found)} (revision {ruleset.revision})")
    raise typer.Exit(ExitCode.USAGE if unproven else ExitCode.CLEAN)


def run_examples(
    rules: RulesOption = None,
    shipped: ShippedOption = True,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Print every cell of the confusion matrix: which cause led where instead.")
    ] = False,
) -> None:
    """Run every example and the healthy exchanges.

    Each example must have its own rule on top (or the cause it names), no near miss may be found, nothing healthy may
    be called a failure. Examples of your own rules are run together with those that came with why403, so that a rule
    that takes another's place unasked is noticed.
    """
    from proxy_addons.diagnosis.examination import matrix_lines, summary_lines
    from proxy_addons.intake.rule_files import read_rules

    ruleset = read_rules(rules, shipped=shipped)
    examination, problems = examined(rules, ruleset, shipped=shipped)
    for problem in problems:
        typer.echo(problem, err=True)
    if not examination.held:
        raise Complaint(f"{rules}: holds no examples to run. Write them as docs/rules.md shows")
    sections = {"Confused": [*matrix_lines(examination.failed)]}
    if matrix:
        sections = {
            "Proved with another in the lead": [*matrix_lines(examination.proofs)],
            "Near misses": [*matrix_lines(examination.near_misses)],
            "Healthy, but called a failure": [*matrix_lines(examination.healthy)],
            "Rules that lead in none of their proofs": [f"  {cause}" for cause in examination.never_leading],
        }
    lines = [*summary_lines(examination)]
    for title, told in sections.items():
        lines += ["", title, *told] if told else []
    found = (
        counted(len(ruleset.rules), "rule"),
        counted(len(examination.held), "example"),
        counted(len(problems), "problem"),
    )
    print_out("\n".join([*lines, "", f"{', '.join(found)} (revision {ruleset.revision})", ""]))
    raise typer.Exit(ExitCode.FINDINGS if problems else ExitCode.CLEAN)


def examined(
    rules: Path | None, ruleset: Ruleset, *, shipped: bool = True, cause: str = ""
) -> tuple[Examination, list[RuleError]]:
    """Every example of both layers (or of one cause) held against the rules in use.

    Those that fail come with a place a reader can open.
    """
    from proxy_addons.diagnosis.examination import Examination, examine

    results: list[Held] = []
    problems: list[RuleError] = []
    for folder, texts, cases in _layers(rules, ruleset, shipped=shipped, cause=cause):
        examination = examine(cases, ruleset)
        results += examination.held
        problems += [_problem(each, texts).below(str(folder)) for each in examination.failed]
    return Examination(tuple(results)), sorted(problems, key=lambda problem: (problem.path, problem.line))


def _layers(
    rules: Path | None, ruleset: Ruleset, *, shipped: bool, cause: str
) -> Iterator[tuple[Path, dict[str, str], list[Case]]]:
    """The folders in use with their texts and examples; those of a replaced rule prove nothing any more."""
    from proxy_addons.diagnosis.examples import read_cases
    from proxy_addons.intake.rule_files import named_below, read_texts, rules_directory

    folders = [*([rules_directory()] if rules is None or shipped else []), *([rules] if rules is not None else [])]
    for folder in folders:
        texts = {path: text for path, text in read_texts(folder).items() if not cause or _is_about(path, cause)}
        with named_below(folder):
            cases = [*read_cases(texts)]
        yield folder, texts, [case for case in cases if folder == rules or case.cause not in ruleset.replaced]


def _is_about(path: str, cause: str) -> bool:
    return path.partition("/")[2].partition(".")[0] == cause


def _problem(held: Held, texts: dict[str, str]) -> RuleError:
    from proxy_addons.diagnosis.ruleset import RuleError, locate

    case = held.case
    line, column = locate(texts[case.path], case.place)
    return RuleError(case.path, line, column, f"example '{case.example.name}': {held.problem}")
