"""Examples beside the rules: short YAML that stands for whole exchanges, and the check that each proves what it says.

The form is documented in docs/rules.md. A token is written as claims and becomes an unsigned JWT here; nothing in an
example is ever a real credential.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from proxy_addons.diagnosis.example_exchange import (
    RequestExample,
    ResponseExample,
    build_earlier,
    build_exchange,
    example_date,
)
from proxy_addons.diagnosis.failure import explain, explain_next
from proxy_addons.diagnosis.ranking import diagnose
from proxy_addons.diagnosis.ruleset import EXAMPLES_SUFFIX, first_mistake, read_yaml
from proxy_addons.diagnosis.verdict import Certainty
from proxy_addons.evidence.facts import collect
from proxy_addons.evidence.hidden import hidden_failures
from proxy_addons.evidence.timeline import NOTHING, Memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.diagnosis.verdict import Diagnosis
    from proxy_addons.evidence.exchange import Exchange


class EarlierExample(BaseModel):
    """An exchange that went before the one an example is about, by `ago` seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ago: int = Field(default=60, ge=0)
    request: RequestExample
    response: ResponseExample


class Example(BaseModel):
    """One exchange of an examples file and what must become of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    why: str = ""
    certainty: Certainty | None = None
    top: str = ""
    leads: bool = True
    before: tuple[EarlierExample, ...] = ()
    request: RequestExample
    response: ResponseExample | None = None
    transport_error: str = ""


class ExampleFile(BaseModel):
    """The proof of one rule: at least one exchange it must explain and one near miss it must leave alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    matches: tuple[Example, ...] = Field(min_length=1)
    misses: tuple[Example, ...] = Field(min_length=1)


class HealthyFile(BaseModel):
    """Exchanges in which nothing was refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exchanges: tuple[Example, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Case:
    """One example ready to be checked: `cause` is the rule it proves, empty for the healthy corpus.

    `place` is its key path in the file, for `locate`.
    """

    path: str
    cause: str
    example: Example
    place: tuple[str, int]
    must_match: bool

    @property
    def exchange(self) -> Exchange:
        """The exchange the example stands for."""
        return build_exchange(self.example.request, self.example.response, self.example.transport_error)

    @property
    def earlier(self) -> tuple[Exchange, ...]:
        """The exchanges that went before it, in order."""
        now = example_date(self.example.response)
        return tuple(build_earlier(each.request, each.response, now, each.ago) for each in self.example.before)


def read_cases(files: Mapping[str, str]) -> Iterator[Case]:
    """Every example of a rule base (path -> text). RuleError says where a file is wrong."""
    for path, text in sorted(files.items()):
        if path.endswith(EXAMPLES_SUFFIX):
            cause = PurePosixPath(path).name.removesuffix(EXAMPLES_SUFFIX)
            parsed = _validate(ExampleFile, path, text)
            for key, examples in (("matches", parsed.matches), ("misses", parsed.misses)):
                for index, example in enumerate(examples):
                    yield Case(path, cause, example, (key, index), must_match=key == "matches")
        elif path.startswith("healthy/"):
            for index, example in enumerate(_validate(HealthyFile, path, text).exchanges):
                yield Case(path, "", example, ("exchanges", index), must_match=False)


def missing_examples(files: Mapping[str, str], ruleset: Ruleset) -> tuple[str, ...]:
    """The causes no examples file proves."""
    names = (PurePosixPath(path).name for path in files)
    proven = {name.removesuffix(EXAMPLES_SUFFIX) for name in names if name.endswith(EXAMPLES_SUFFIX)}
    return tuple(rule.id for rule in ruleset.rules if rule.id not in proven)


@dataclass(frozen=True, slots=True)
class Held:
    """What became of one example: the causes found, best first, and what is wrong with that as a sentence."""

    case: Case
    causes: tuple[str, ...]
    problem: str

    @property
    def leader(self) -> str:
        """The cause that leads; empty where nothing was refused."""
        return self.causes[0] if self.causes else ""


def hold(case: Case, ruleset: Ruleset) -> Held:
    """Hold one example against the rule base."""
    memory = NOTHING
    for exchange in case.earlier:
        _, memory = explain_next(exchange, ruleset, memory)
    if not case.cause:
        told = tuple(failure.report.diagnosis.leading.cause for failure in explain(case.exchange, ruleset, memory))
        return Held(case, told, f"a healthy exchange was called a failure: {', '.join(told)}" if told else "")
    diagnosis = _diagnose(case.exchange, ruleset, memory)
    causes = tuple(finding.cause for finding in diagnosis.findings) if diagnosis else ()
    return Held(case, causes, _problem(case, diagnosis))


def check(case: Case, ruleset: Ruleset) -> str:
    """What is wrong with an example, as a sentence; empty when it proves what it says."""
    return hold(case, ruleset).problem


def _problem(case: Case, diagnosis: Diagnosis | None) -> str:
    shown = ", ".join(f"{f.cause} ({f.certainty})" for f in diagnosis.findings) if diagnosis else "no failure"
    finding = next((f for f in diagnosis.findings if f.cause == case.cause), None) if diagnosis else None
    if not case.must_match:
        return _check_miss(case, diagnosis, shown) if finding is None else f"must not be found, but is: {shown}"
    if finding is None or diagnosis is None:
        return f"must be found, but the findings are: {shown}"
    if case.example.certainty is not None and finding.certainty is not case.example.certainty:
        return f"must be {case.example.certainty}, but is {finding.certainty}: {shown}"
    leader = case.example.top or case.cause
    if case.example.leads and diagnosis.leading.cause != leader:
        return f"{leader} must lead, but the findings are: {shown}"
    return ""


def _check_miss(case: Case, diagnosis: Diagnosis | None, shown: str) -> str:
    if case.example.top and (diagnosis is None or diagnosis.leading.cause != case.example.top):
        return f"{case.example.top} must lead, but the findings are: {shown}"
    return ""


def _diagnose(exchange: Exchange, ruleset: Ruleset, memory: Memory) -> Diagnosis | None:
    """The first diagnosis of an exchange, look-alikes included: an example may prove what nobody is told of."""
    for candidate in hidden_failures(exchange) or (exchange,):
        diagnosis = diagnose(collect(candidate, ruleset.reference.directory_roles, memory), ruleset)
        if diagnosis is not None:
            return diagnosis
    return None


def _validate[Model: BaseModel](model: type[Model], path: str, text: str) -> Model:
    parsed = read_yaml(path, text)
    try:
        return model.model_validate(parsed)
    except ValidationError as error:
        raise first_mistake(path, text, error) from None
