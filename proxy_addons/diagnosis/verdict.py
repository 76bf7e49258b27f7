"""The values a diagnosis is made of. Everything a person or a machine is later shown is one of these."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

UNDETERMINED: Final = "undetermined"
"""The cause of a refusal no rule explains: an honest answer, with what was ruled out."""

DOCUMENTATION_COMMAND: Final = "why403 rules show"
"""Prints the page of a cause without a network. The same pages lie in docs/causes."""


class Certainty(StrEnum):
    """How far one exchange carries a cause. The order of declaration is the order of strength, strongest first."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"

    @property
    def weakness(self) -> int:
        """0 for certain, 1 for likely, 2 for possible: sorts the strongest first."""
        return list(Certainty).index(self)

    def lowered(self, steps: int) -> Certainty:
        """This certainty after so many pieces of evidence against it; never below possible."""
        return list(Certainty)[min(self.weakness + steps, len(Certainty) - 1)]


class Gate(StrEnum):
    """The checks a call passes, in the order Microsoft 365 makes them; NONE is for look-alikes."""

    NETWORK = "network"
    SIGN_IN = "sign-in"
    TOKEN_FORMAT = "token-format"  # noqa: S105  # the name of a gate, not a credential
    AUDIENCE = "audience"
    TENANT = "tenant"
    LIFETIME = "lifetime"
    CONDITIONAL_ACCESS = "conditional-access"
    PERMISSION = "permission"
    ROLE = "role"
    POLICY = "policy"
    RESOURCE = "resource"
    NONE = "none"


class GateState(StrEnum):
    """What is known of a gate."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Helper(StrEnum):
    """Who can carry out a fix."""

    DEVELOPER = "developer"
    ENTRA_ADMIN = "entra-admin"
    EXCHANGE_ADMIN = "exchange-admin"
    NETWORK = "network"
    TENANT_ADMIN = "tenant-admin"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that speaks for or against a cause, as text, and where in the exchange it was seen."""

    fact: str
    value: str
    seen_in: str
    supports: bool = True


@dataclass(frozen=True, slots=True)
class Fix:
    """What somebody can do about it; `commands` are ready to paste."""

    helper: Helper
    do: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One explanation of a failure with its proof."""

    cause: str
    title: str
    verdict: str
    certainty: Certainty
    gate: Gate
    evidence: tuple[Evidence, ...] = ()
    deciding_test: str = ""
    fixes: tuple[Fix, ...] = ()
    propagation: str = ""
    references: tuple[str, ...] = ()
    lookalike: bool = False

    @property
    def documentation(self) -> str:
        """The command that prints all that is known about the cause, wherever why403 runs; empty for an unknown one."""
        return "" if self.cause == UNDETERMINED else f"{DOCUMENTATION_COMMAND} {self.cause}"


@dataclass(frozen=True, slots=True)
class GateReading:
    """What one gate did with this call, and how that is known."""

    gate: Gate
    state: GateState
    because: str


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """Something the exchange does not tell that would decide between causes."""

    question: str
    would_decide: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that can be said about one failure: ranked findings (never empty), gates, open questions."""

    findings: tuple[Finding, ...]
    gates: tuple[GateReading, ...]
    open_questions: tuple[OpenQuestion, ...] = ()

    @property
    def leading(self) -> Finding:
        """The best explanation."""
        return self.findings[0]
