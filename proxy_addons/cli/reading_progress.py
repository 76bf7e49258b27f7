"""How far reading has come, for whoever waits at a terminal."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from proxy_addons.intake.recordings import total_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from proxy_addons.intake.recordings import Source

LONG_BYTES: Final = 16 * 1024 * 1024
"""Recordings below are read within seconds, and a bar would only flicker."""


@contextmanager
def reading_progress(paths: Sequence[Path]) -> Iterator[Callable[[Source], None]]:
    """A progress bar on standard error while long recordings are read; nothing where nobody looks."""
    size = total_size(paths)
    if size < LONG_BYTES or not sys.stderr.isatty() or os.environ.get("CI"):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=size)
        sizes: dict[str, int] = {}

        def watch(source: Source) -> None:
            before = sum(sizes.values()) - sizes.setdefault(source.name, source.size or 0)
            bar.update(task, completed=before + source.position(), description=source.name)

        yield watch
