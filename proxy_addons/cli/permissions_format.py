"""The formats of `why403 permissions`."""

from __future__ import annotations

from enum import StrEnum


class PermissionsFormat(StrEnum):
    """How a verb prints what it found; `md` is Markdown for a pull request or a ticket."""

    TEXT = "text"
    MD = "md"
    JSON = "json"

    @property
    def encoding(self) -> str:
        """The encoding machines read; empty for text, which takes the terminal's."""
        return "" if self is PermissionsFormat.TEXT else "utf-8"
