"""The reference tables without the rules: verbs that judge a token alone need no more, and start at once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from proxy_addons.intake.rule_files import built_in_tables

if TYPE_CHECKING:
    from proxy_addons.diagnosis.ruleset import Ruleset


@cache
def reference_data() -> Ruleset:
    """A rule base without a rule in it. Raises RuleError for a table that is wrong."""
    return built_in_tables()
