"""Redacted reports on their way to the printer: there may be more of them than fit into memory."""

from __future__ import annotations

import io
import pickle
import tempfile
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Final, cast

import orjson

from proxy_addons.diagnosis.report import failure_json
from proxy_addons.redaction.pseudonyms import Renumbering, renumbering

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from proxy_addons.diagnosis.failure_report import FailureReport

_IN_MEMORY: Final = 8 * 1024 * 1024


class ReportSpool:
    """Reports in order, each with the recording it comes from, to be gone through as often as needed.

    Iterating numbers the stand-ins as they appear, so that a recording always reads the same.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._count = 0
        self._aliases: dict[tuple[str, str], None] = {}
        self._numbers: Renumbering | None = None

    def __len__(self) -> int:
        return self._count

    def add(self, source: str, report: FailureReport, aliases: Iterable[tuple[str, str]] = ()) -> None:
        """Put a report behind those that are there; `aliases` are its pairs of stand-ins for one person."""
        self._file.seek(0, io.SEEK_END)
        pickle.dump((source, report), self._file)
        self._count += 1
        self._aliases.update(dict.fromkeys(sorted(aliases)))
        self._numbers = None

    def __iter__(self) -> Iterator[tuple[str, FailureReport]]:
        if self._numbers is None:
            texts = (orjson.dumps(failure_json(report)).decode() for _, report in self._stored())
            self._numbers = renumbering(texts, self._aliases)
        for source, report in self._stored():
            yield source, _renumbered(report, self._numbers)

    def _stored(self) -> Iterator[tuple[str, FailureReport]]:
        self._file.seek(0)
        for _ in range(self._count):
            yield cast("tuple[str, FailureReport]", pickle.load(self._file))  # noqa: S301  # nobody else can write to this file


@contextmanager
def report_spool(*, in_memory: bool) -> Iterator[ReportSpool]:
    """A spool for as long as it is needed: in a file without a name once the reports are many, which is gone then.

    With `in_memory` nothing reaches a disk: for reports that are not redacted.
    """
    with io.BytesIO() if in_memory else tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        yield ReportSpool(cast("IO[bytes]", file))


def _renumbered[Value](value: Value, numbers: Renumbering) -> Value:
    """A report, or any part of one, with its stand-ins numbered."""
    changed: object = value
    if isinstance(value, str):
        changed = value if isinstance(value, StrEnum) else numbers.apply(value)
    elif isinstance(value, tuple):
        changed = tuple(_renumbered(item, numbers) for item in value)
    elif is_dataclass(value) and not isinstance(value, type):
        changed = replace(
            value, **{part.name: _renumbered(getattr(value, part.name), numbers) for part in fields(value)}
        )
    return cast("Value", changed)
