"""The two options every verb that explains has in common: which rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", metavar="DIRECTORY", help="Rules of your own, laid upon those that came with why403."),
]
ShippedOption = Annotated[
    bool,
    typer.Option("--shipped-rules/--no-shipped-rules", help="Use the rules that came with why403 as well."),
]
