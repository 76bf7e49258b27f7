"""How far a permission reaches, told by its name: reading less than writing, one's own less than everybody's.

Microsoft names permissions `resource.operation.constraint` (learn.microsoft.com/graph/permissions-overview). The order
serves to put the least first where nobody rated them. It never says that one permission includes another: only a
table's own lists say that.
"""

from __future__ import annotations

from typing import Final

_OPERATIONS: Final = (
    ("readbasic", 0),
    ("read", 1),
    ("create", 2),
    ("invite", 2),
    ("send", 2),
    ("readwrite", 3),
    ("write", 3),
    ("manage", 4),
    ("fullcontrol", 5),
)
_ELSE: Final = 3
_CONSTRAINTS: Final = (
    ("selected", 0),
    ("ownedby", 0),
    ("group", 0),
    ("chat", 0),
    ("user", 0),
    ("shared", 2),
    ("all", 3),
)
_UNCONSTRAINED: Final = 1
_UNRATED: Final = 6
_DIRECTORY: Final = frozenset({"directory", "rolemanagement", "fullaccessasapp"})


def reach(name: str) -> tuple[int, int, int]:
    """The place of a permission among others for the same call: what it does, on whose things, and how broadly."""
    resource, *rest = name.casefold().split(".")
    operation = next(
        (rank for word, rank in _ranked(_OPERATIONS) if any(part.startswith(word) for part in rest)), _ELSE
    )
    constraint = next((rank for word, rank in _CONSTRAINTS if rest[-1:] == [word]), _UNCONSTRAINED)
    return operation, constraint, int(resource.replace("_", "") in _DIRECTORY)


def _ranked(words: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
    """Longest first, so that `readwrite` is not taken for `read`."""
    return sorted(words, key=lambda each: -len(each[0]))


def privilege(level: int | None) -> int:
    """A privilege level as a place to sort by; what nobody rated comes last."""
    return _UNRATED if level is None else level
