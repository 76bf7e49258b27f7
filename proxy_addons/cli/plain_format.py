"""The two formats of verbs whose output is no report on recordings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class PlainFormat(StrEnum):
    """How a verb prints what it found."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[PlainFormat, typer.Option("--format", help="How to print it.")]
