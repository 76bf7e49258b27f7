"""`why403 rules`: check a rule base with its examples, list its causes, print the facts rules may name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.printing import counted, print_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proxy_addons.diagnosis.ruleset import RuleError, Ruleset

app = typer.Typer(no_args_is_help=True, help="Check, list and document the rules.")

RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules", metavar="DIRECTORY", help="A rule base of your own instead of the one that came with why403."
    ),
]


@app.command()
def check(rules: RulesOption = None) -> None:
    """Run every example and name what is wrong.

    Every rule is loaded and held against its examples and against healthy traffic; what is wrong is named with file,
    line and column.
    """
    from proxy_addons.diagnosis.ruleset import load
    from proxy_addons.intake.rule_files import named_below, read_texts, rules_directory

    texts = read_texts(rules)
    with named_below(rules):
        ruleset = load(texts)
        examples, problems = _run_examples(texts, ruleset)
    for problem in problems:
        typer.echo(problem.below(str(rules or rules_directory())), err=True)
    found = (counted(len(ruleset.rules), "rule"), counted(examples, "example"), counted(len(problems), "problem"))
    typer.echo(f"{', '.join(found)} (revision {ruleset.revision})")
    raise typer.Exit(ExitCode.USAGE if problems else ExitCode.CLEAN)


def _run_examples(texts: Mapping[str, str], ruleset: Ruleset) -> tuple[int, list[RuleError]]:
    """How many examples there are, and every one that does not prove what it says, by file."""
    from proxy_addons.diagnosis.examples import check as check_example, missing_examples, read_cases
    from proxy_addons.diagnosis.ruleset import EXAMPLES_SUFFIX, RuleError, locate

    cases = tuple(read_cases(texts))
    problems = [
        RuleError(case.path, *locate(texts[case.path], case.place), f"example '{case.example.name}': {problem}")
        for case in cases
        if (problem := check_example(case, ruleset))
    ]
    unproven = missing_examples(texts, ruleset)
    problems += [
        RuleError(path, 1, 1, f"has no examples: write {Path(path).stem}{EXAMPLES_SUFFIX} beside it")
        for path in texts
        if Path(path).stem in unproven
    ]
    return len(cases), sorted(problems, key=lambda problem: (problem.path, problem.line))


@app.command(name="list")
def list_causes(rules: RulesOption = None) -> None:
    """List every cause with its gate, services and title."""
    from proxy_addons.intake.rule_files import read_rules

    known = read_rules(rules).rules
    _print_table([(rule.id, rule.gate.value, ", ".join(rule.services), rule.title) for rule in known])


@app.command()
def show(
    cause: Annotated[str, typer.Argument(metavar="CAUSE", help="A cause id, as a verdict names it.")],
    rules: RulesOption = None,
) -> None:
    """Show all that is known about one cause.

    How it shows, what proves it, what looks like it and is not, and what to do.
    """
    pages = _pages(rules)
    if cause not in pages:
        close = [known for known in pages if cause in known]
        hint = (
            f"Those with it in the name: {', '.join(close)}" if close else "`why403 rules list` prints those there are"
        )
        raise Complaint(f"there is no cause {cause!r}. {hint}")
    print_out(pages[cause])


@app.command()
def docs(
    directory: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Where the pages go; it is made if missing.")],
    rules: RulesOption = None,
) -> None:
    """Write a Markdown page per cause.

    Each is drawn from the rule and its examples.
    """
    pages = _pages(rules)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for cause, page in pages.items():
            (directory / f"{cause}.md").write_text(page, encoding="utf-8")
    except OSError as error:
        raise Complaint(f"{directory}: {error.strerror or 'cannot be written'}. Name another directory") from None
    print_out(f"{len(pages)} pages in {directory}\n")


def _pages(rules: Path | None) -> dict[str, str]:
    """The page of every cause by its id."""
    from proxy_addons.diagnosis.examples import read_cases
    from proxy_addons.diagnosis.rule_page import rule_page
    from proxy_addons.diagnosis.ruleset import load
    from proxy_addons.intake.rule_files import named_below, read_texts

    texts = read_texts(rules)
    with named_below(rules):
        known, cases = load(texts).rules, tuple(read_cases(texts))
    return {
        rule.id: rule_page(
            rule,
            proofs=[case.example.name for case in cases if case.cause == rule.id and case.must_match],
            near_misses=[case.example.name for case in cases if case.cause == rule.id and not case.must_match],
        )
        for rule in known
    }


@app.command()
def facts() -> None:
    """List every fact a rule may name, and its meaning."""
    from proxy_addons.evidence.vocabulary import VOCABULARY

    _print_table([(word.name, word.kind.value, word.meaning) for word in VOCABULARY.values()])


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as their widest cell, the last one open."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    lines = ("  ".join((*map(str.ljust, row, widths), row[-1])) for row in rows)
    print_out("".join(f"{line}\n" for line in lines))
