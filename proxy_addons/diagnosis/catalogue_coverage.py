"""Which known cause has a rule, and why another has none: the table of docs/catalogue-coverage.md."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from proxy_addons.diagnosis.yaml_file import RuleError, first_mistake, locate, read_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

CATALOGUE: Final = "reference/catalogue.yaml"
"""Where a rule base keeps the list of known causes."""


class Because(StrEnum):
    """Why a known cause has no rule of its own."""

    MERGED = "merged"
    ANSWERED = "answered"
    INVISIBLE = "invisible"
    HEALTHY = "healthy"
    ENGINE = "engine"


_IN_WORDS: Final = {
    Because.MERGED: "under another id",
    Because.ANSWERED: "refused before",
    Because.INVISIBLE: "not visible in HTTP",
    Because.HEALTHY: "nothing is refused",
    Because.ENGINE: "no cause of its own",
}


class Unruled(BaseModel):
    """A known cause without a rule: why, and which rules speak in its place."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    because: Because
    reason: str = Field(min_length=1)
    rules: tuple[str, ...] = ()


class Section(BaseModel):
    """Causes that belong together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    causes: tuple[str, ...] = Field(min_length=1)


class Catalogue(BaseModel):
    """Every known cause."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sections: tuple[Section, ...]
    without_rule: dict[str, Unruled]

    @property
    def causes(self) -> tuple[str, ...]:
        """The ids of all sections, in their order."""
        return tuple(cause for section in self.sections for cause in section.causes)


def read_catalogue(path: str, text: str) -> Catalogue:
    """The list of known causes; RuleError names the place of a mistake, or of a cause that is told twice."""
    parsed = read_yaml(path, text)
    try:
        catalogue = Catalogue.model_validate(parsed)
    except ValidationError as error:
        raise first_mistake(path, text, error) from None
    seen: set[str] = set()
    for number, section in enumerate(catalogue.sections):
        for index, cause in enumerate(section.causes):
            if cause in seen:
                place = ("sections", number, "causes", index)
                raise RuleError(path, *locate(text, place), f"`{cause}` is listed already: a cause has one section")
            seen.add(cause)
    return catalogue


def gaps(catalogue: Catalogue, rules: Collection[str]) -> tuple[str, ...]:
    """What the table cannot say honestly, as sentences: empty where every cause has a rule or a reason."""
    known = set(catalogue.causes)
    found = [
        f"{cause} has neither a rule nor a reason"
        for cause in catalogue.causes
        if cause not in rules and cause not in catalogue.without_rule
    ]
    for cause, told in catalogue.without_rule.items():
        if cause in rules:
            found.append(f"{cause} has a rule and a reason to have none")
        if cause not in known:
            found.append(f"{cause} is in no section")
        found += [f"{cause} names the rule {other}, which is not there" for other in told.rules if other not in rules]
    found += [f"the rule {rule} is in no section" for rule in rules if rule not in known]
    return tuple(found)


def coverage_page(catalogue: Catalogue, rules: Mapping[str, str]) -> str:
    """The table as Markdown; `rules` has the folder of every rule's file, which is that of its page too."""
    return "\n".join(_lines(catalogue, rules)) + "\n"


def _lines(catalogue: Catalogue, rules: Mapping[str, str]) -> Iterator[str]:
    ruled = sum(cause in rules for cause in catalogue.causes)
    yield "# Every known cause, and its rule"
    yield ""
    yield f"{len(catalogue.causes)} causes are known; {ruled} have a rule under their own id, and a page in"
    yield "[causes](causes/README.md). The others say why not."
    for section in catalogue.sections:
        yield ""
        yield f"## {section.title}"
        yield ""
        yield "| cause | rule | why none |"
        yield "|---|---|---|"
        yield from (_row(cause, catalogue, rules) for cause in section.causes)
    yield ""
    yield "<!-- Drawn by `why403 rules coverage` from rules/reference/catalogue.yaml and the rules. -->"


def _row(cause: str, catalogue: Catalogue, rules: Mapping[str, str]) -> str:
    if cause in rules:
        return f"| `{cause}` | {_link(cause, rules)} | |"
    told = catalogue.without_rule.get(cause)
    if told is None:
        return f"| `{cause}` | **no** | not decided |"
    others = f" See {', '.join(_link(other, rules) for other in told.rules)}." if told.rules else ""
    return f"| `{cause}` | no | {_IN_WORDS[told.because]}: {told.reason}{others} |"


def _link(cause: str, rules: Mapping[str, str]) -> str:
    return f"[{cause}](causes/{rules[cause]}/{cause}.md)" if cause in rules else f"`{cause}`"
