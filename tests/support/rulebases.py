"""Small rule bases for tests of the engine; whatever a test does not speak about is filled in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from proxy_addons.diagnosis.ruleset import Ruleset, load

if TYPE_CHECKING:
    from collections.abc import Mapping

type Entry = Mapping[str, object]


def rule(cause: str, when: object, *, certainty: str = "certain", gate: str = "permission", **more: object) -> Entry:
    """One rule with one signature; `more` are further keys of the rule."""
    return {
        "id": cause,
        "status": "stable",
        "verified": "2026-11-21",
        "title": f"The cause is {cause}",
        "gate": gate,
        "verdict": "It was refused.",
        "signatures": [{"certainty": certainty, "basis": "documented", "when": when}],
        "deciding_test": "Look.",
        **more,
    }


def files(*rules: Entry, folder: str = "exchange") -> dict[str, str]:
    """The texts of a rule base. JSON is YAML."""
    return {f"{folder}/{each['id']}.yaml": json.dumps(each) for each in rules}


def ruleset(*rules: Entry, folder: str = "exchange") -> Ruleset:
    """A checked rule base."""
    return load(files(*rules, folder=folder))
