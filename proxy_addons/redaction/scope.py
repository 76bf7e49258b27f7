"""Where in an exchange a piece of a body stands, which decides what its names mean and how far reading goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.redaction.ledger import Ledger
    from proxy_addons.redaction.pieces import Pieces

DEEPEST: Final = 40
"""Levels of nesting that are shown; what lies deeper is left out. Microsoft's own messages need about ten."""
_MOST_EMBEDDED: Final = 4


class UnreadableError(Exception):
    """A part that follows no form we know, so that nobody can say what of it is safe. The text names the reason."""


@dataclass(frozen=True, slots=True)
class Scope:
    """`in_error`: inside an error answer, where sentences are kept; elsewhere they are somebody's content.

    `embedded` reads a text that is itself a document (JSON in a string, base64 of JSON) and gives None where it is
    none.
    """

    embedded: Callable[[str, Scope, Ledger], Pieces | None]
    in_error: bool = False
    depth: int = 0
    documents: int = 0

    def inside(self, *, in_error: bool) -> Scope:
        """One level down."""
        return replace(self, in_error=in_error, depth=self.depth + 1)

    def another_document(self) -> Scope:
        """A document within this one; `UnreadableError` where they nest beyond any use."""
        if self.documents >= _MOST_EMBEDDED:
            raise UnreadableError("documents nested too deep")
        return replace(self, documents=self.documents + 1, depth=0)
