"""The formats of the report on recordings."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How the report is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"

    @property
    def encoding(self) -> str:
        """The encoding the format prescribes; empty where it is the terminal's."""
        return "utf-8" if self in {Format.JSON, Format.HTML} else ""
