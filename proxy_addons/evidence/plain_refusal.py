"""Refusals that say no more than no: the sentences of many workloads that name neither permission nor policy.

All sentences are observed. Exchange and some Graph workloads translate theirs, while the code stays as it is; so a
sentence that is not English under one of those codes counts as one of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from proxy_addons.evidence.error_body import ServiceError


def _folded(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


_SENTENCES: Final = frozenset(
    map(
        _folded,
        (
            "Insufficient privileges to complete the operation.",
            "Access is denied. Check credentials and try again.",
            "Access denied",
            "Access is denied to the requested resource.",
            "Insufficient permissions",
            "Insufficient permissions to perform this operation.",
            "Request Authorization failed",
            "Attempted to perform an unauthorized operation.",
            "You do not have permission to access the resource.",
            "The caller does not have permission to perform the action.",
            "User is not authorized to perform the operation. Reason: The caller is not authorized.",
            "Forbidden",
        ),
    )
)
_TRANSLATED_CODES: Final = frozenset(map(_folded, ("Authorization_RequestDenied", "ErrorAccessDenied")))
_ENGLISH: Final = re.compile(r"\b(?:the|is|to|of|and|are|not|for|this|was|has|does|by)\b", re.IGNORECASE)
"""Words hardly any English sentence does without."""


def plain_refusal(error: ServiceError) -> str | None:
    """The message of an error that gives no reason for its refusal; None for every other error."""
    if _folded(error.message) in _SENTENCES:
        return error.message
    translated = _folded(error.code) in _TRANSLATED_CODES and not _ENGLISH.search(error.message)
    return (error.message or error.code) if translated else None
