"""The compact form of the corpus: one case is a short recording and what a good diagnosis of it says.

`corpus/*.yaml` holds lists of cases; `tests.replay.har` turns a case into the HAR file a recorder would have written.
A key that does not exist is refused, so that a misspelt expectation cannot pass unnoticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter
from ruamel.yaml import YAML

CORPUS: Final = Path(__file__).parent / "corpus"
HEALTHY: Final = "none"
"""The expectation that nothing is reported."""


class Step(BaseModel):
    """One exchange. `why` is what it must be explained as: one cause, several equal ones, or `none`.

    `items` replaces `why` where one answer hides several failures. `also` names causes that are true of the exchange
    beside the expected one. With `sure: false` the evidence cannot carry any certain finding.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: str = ""
    why: str | tuple[str, ...] = ()
    items: tuple[str | tuple[str, ...], ...] = ()
    also: tuple[str, ...] = ()
    sure: bool = True
    client: str = ""
    token: str | dict[str, JsonValue] = "none"
    send: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    form: dict[str, str] | None = None
    json_: JsonValue = Field(default=None, alias="json")
    soap: str = ""
    text: str | None = None
    as_: str = Field(default="", alias="as")
    mailbox: str = ""
    got: int = 0
    by: str = ""
    headers: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    diag: tuple[str, ...] = ()
    error: tuple[str, ...] = ()
    inner: dict[str, JsonValue] = Field(default_factory=dict)
    aadsts: tuple[str, ...] = ()
    more: dict[str, JsonValue] = Field(default_factory=dict)
    fault: tuple[str, ...] = ()
    ews: tuple[str, ...] = ()
    body: JsonValue = None
    wait: int = 2
    lost: str = ""

    @property
    def expected(self) -> tuple[frozenset[str], ...]:
        """What is accepted as the first cause, for each failure of the exchange in order; empty for a healthy one."""
        wanted = self.items or ((self.why,) if self.why else ())
        sets = tuple(frozenset({one} if isinstance(one, str) else one) for one in wanted)
        return () if sets == (frozenset({HEALTHY}),) else sets


class Case(Step):
    """A recording of one or more exchanges, and when and how it was recorded."""

    case: str
    at: str = "2026-03-09T08:15:30+00:00"
    dress: str = ""
    steps: tuple[Step, ...] = ()
    source: str = ""

    @property
    def exchanges(self) -> tuple[Step, ...]:
        """The exchanges in the order they went by."""
        return self.steps or (self,)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the corpus."""

    name: str
    cases: tuple[Case, ...]

    @property
    def healthy(self) -> bool:
        """Whether its recordings hold nothing that was refused; such files are named `healthy-...`."""
        return self.name.startswith("healthy")


def read_corpus() -> tuple[Part, ...]:
    """The whole corpus, in the order of the file names."""
    reader = TypeAdapter(tuple[Case, ...])
    return tuple(
        Part(path.stem, reader.validate_python(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))))
        for path in sorted(CORPUS.glob("*.yaml"))
    )
