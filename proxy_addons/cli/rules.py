"""`why403 rules`: check and test a rule base, list and document its causes, help to write one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.printing import print_out
from proxy_addons.cli.rules_examination import check_files, examined, run_examples
from proxy_addons.cli.rules_options import RulesOption, ShippedOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proxy_addons.diagnosis.rule import Rule
    from proxy_addons.diagnosis.ruleset import Ruleset

app = typer.Typer(no_args_is_help=True, help="Check, test, list and document the rules.")


@app.command(name="list")
def list_causes(rules: RulesOption = None, shipped: ShippedOption = True) -> None:
    """List every cause with its status, gate, services and title.

    A rule of your own that took the place of others says so.
    """
    from proxy_addons.intake.rule_files import read_rules

    known = read_rules(rules, shipped=shipped).rules
    _print_table(
        [(rule.id, rule.status.value, rule.gate.value, ", ".join(rule.services), _titled(rule)) for rule in known]
    )


def _titled(rule: Rule) -> str:
    return f"{rule.title} (replaces {', '.join(rule.replaces)})" if rule.replaces else rule.title


@app.command()
def show(
    cause: Annotated[str, typer.Argument(metavar="CAUSE", help="A cause id, as a verdict names it.")],
    rules: RulesOption = None,
    shipped: ShippedOption = True,
) -> None:
    """Show all that is known about one cause.

    How it shows, what proves it, what looks like it and is not, and what to do. The same page lies in docs/causes.
    """
    from proxy_addons.diagnosis.cause_pages import surroundings
    from proxy_addons.diagnosis.rule_page import rule_page
    from proxy_addons.intake.rule_files import read_rules

    ruleset = read_rules(rules, shipped=shipped)
    found = next((rule for rule in ruleset.rules if rule.id == cause), None)
    if found is None:
        raise _unknown(cause, ruleset)
    examination, _ = examined(rules, ruleset, shipped=shipped, cause=cause)
    print_out(rule_page(found, surroundings(found, examination)))


def _unknown(cause: str, ruleset: Ruleset) -> Complaint:
    close = [rule.id for rule in ruleset.rules if cause in rule.id]
    hint = f"Those with it in the name: {', '.join(close)}" if close else "`why403 rules list` prints those there are"
    if cause in ruleset.replaced:
        hint = f"Your rule {ruleset.replaced[cause]} stands in its place"
    return Complaint(f"there is no cause {cause!r}. {hint}")


@app.command()
def docs(
    directory: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Where the pages go; it is made if missing.")],
    rules: RulesOption = None,
    shipped: ShippedOption = True,
) -> None:
    """Write a Markdown page per cause, and an index of them.

    Each is drawn from the rule and its examples.
    """
    from proxy_addons.diagnosis.cause_pages import cause_pages
    from proxy_addons.intake.rule_files import read_rules

    ruleset = read_rules(rules, shipped=shipped)
    examination, _ = examined(rules, ruleset, shipped=shipped)
    pages = cause_pages(
        {rule.id: rule for rule in ruleset.rules}, folders_of_causes(rules, shipped=shipped), examination
    )
    _write(directory, pages)
    print_out(f"{len(pages) - 1} pages and their index in {directory}\n")


def folders_of_causes(rules: Path | None, *, shipped: bool) -> dict[str, str]:
    """The folder of every cause's file."""
    from proxy_addons.diagnosis.ruleset import EXAMPLES_SUFFIX, FOLDERS
    from proxy_addons.intake.rule_files import read_texts

    texts = [*(read_texts() if rules is None or shipped else ()), *(read_texts(rules) if rules is not None else ())]
    paths = [Path(path) for path in texts if not path.endswith(EXAMPLES_SUFFIX)]
    return {path.stem: path.parts[0] for path in paths if path.parts[0] in FOLDERS}


def _write(directory: Path, pages: Mapping[str, str]) -> None:
    try:
        for path, page in pages.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(page, encoding="utf-8")
    except OSError as error:
        raise Complaint(f"{directory}: {error.strerror or 'cannot be written'}. Name another directory") from None


@app.command()
def facts() -> None:
    """List every fact a rule may name, and its meaning."""
    from proxy_addons.evidence.vocabulary import VOCABULARY

    _print_table([(word.name, word.kind.value, word.meaning) for word in VOCABULARY.values()])


@app.command()
def schema() -> None:
    """Print the JSON Schema of a rule file.

    For editors, which complete keys and facts from it. The same lies in docs/rule.schema.json.
    """
    import json

    from proxy_addons.diagnosis.rule_schema import rule_schema

    print_out(f"{json.dumps(rule_schema(), indent=2)}\n", encoding="utf-8")


@app.command()
def coverage() -> None:
    """Print which known cause has which rule, or why it has none.

    The same table lies in docs/catalogue-coverage.md.
    """
    from proxy_addons.diagnosis.catalogue_coverage import CATALOGUE, coverage_page, read_catalogue
    from proxy_addons.intake.rule_files import named_below, read_texts

    texts = read_texts()
    with named_below():
        catalogue = read_catalogue(CATALOGUE, texts[CATALOGUE])
    print_out(coverage_page(catalogue, folders_of_causes(None, shipped=True)), encoding="utf-8")


app.command(name="check")(check_files)
app.command(name="test")(run_examples)


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as their widest cell, the last one open."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    lines = ("  ".join((*map(str.ljust, row, widths), row[-1])) for row in rows)
    print_out("".join(f"{line}\n" for line in lines))
