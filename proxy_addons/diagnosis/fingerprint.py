"""Same failure? A versioned key that groups occurrences of one problem, made of nothing personal."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from proxy_addons.diagnosis.verdict import Diagnosis
    from proxy_addons.evidence.facts import Facts

VERSION: Final = 1
"""Raised whenever the parts change, so that groups of two versions are never taken for one."""


def fingerprint_parts(facts: Facts, diagnosis: Diagnosis) -> tuple[tuple[str, str], ...]:
    """What makes two failures the same: the parts of the key by name, to be shown to whoever asks."""
    return (
        ("service", facts.text("service.name")),
        ("surface", facts.text("service.surface")),
        ("operation", facts.text("request.operation")),
        ("status", str(facts.number("response.status") or "none")),
        ("cause", diagnosis.leading.cause),
        ("app", facts.text("token.app_id") or facts.text("request.form.client_id")),
        ("audience", facts.text("token.audience")),
        ("identity", facts.text("token.identity")),
    )


def fingerprint(facts: Facts, diagnosis: Diagnosis) -> str:
    """The group key: version, then 16 hex digits over the parts."""
    parts = "\0".join(f"{name}={value.casefold()}" for name, value in fingerprint_parts(facts, diagnosis))
    return f"g{VERSION}-{hashlib.sha256(parts.encode(errors='replace')).hexdigest()[:16]}"
