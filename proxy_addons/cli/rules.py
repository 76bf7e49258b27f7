"""`why403 rules`: check a rule base with its examples, list its causes, print the facts rules may name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proxy_addons.cli.exit_codes import ExitCode

app = typer.Typer(no_args_is_help=True, help="Check, list and document the rules.")

RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules", metavar="DIRECTORY", help="A rule base of your own instead of the one that came with why403."
    ),
]


@app.command()
def check(rules: RulesOption = None) -> None:
    """Load every rule, run every example, and name file, line and column of what is wrong."""
    from proxy_addons.diagnosis.examples import (
        check as check_example,
        missing_examples,
        read_cases,
    )
    from proxy_addons.diagnosis.ruleset import load
    from proxy_addons.intake.rule_files import read_texts

    texts = read_texts(rules)
    ruleset = load(texts)
    cases = tuple(read_cases(texts))
    problems = [
        f"{case.path}: example '{case.example.name}': {problem}"
        for case in cases
        if (problem := check_example(case, ruleset))
    ]
    problems += [f"{cause}: has no examples file beside it" for cause in missing_examples(texts, ruleset)]
    for problem in problems:
        typer.echo(problem, err=True)
    typer.echo(
        f"{len(ruleset.rules)} rules, {len(cases)} examples, {len(problems)} problems (revision {ruleset.revision})"
    )
    raise typer.Exit(ExitCode.USAGE if problems else ExitCode.CLEAN)


@app.command(name="list")
def list_causes(rules: RulesOption = None) -> None:
    """Every cause why403 knows, with its gate, services and title."""
    from proxy_addons.intake.rule_files import read_rules

    known = read_rules(rules).rules
    width = max(len(rule.id) for rule in known)
    for rule in known:
        typer.echo(f"{rule.id.ljust(width)}  {rule.gate.value.ljust(18)}  {rule.title}")


@app.command()
def facts() -> None:
    """Every fact a rule may name, and what it means."""
    from proxy_addons.evidence.vocabulary import VOCABULARY

    width = max(map(len, VOCABULARY))
    for word in VOCABULARY.values():
        typer.echo(f"{word.name.ljust(width)}  {word.kind.value.ljust(6)}  {word.meaning}")
