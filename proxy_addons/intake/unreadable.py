"""What cannot be read of a recording: a part of it, or all from some place on. None of this ever quotes its content."""

from __future__ import annotations

from dataclasses import dataclass


class RecordingError(Exception):
    """A file that is no recording, or breaks off; what came before was yielded. Says where, what and the remedy.

    `foreign` marks what never was a recording. `skipped` marks such a file where nobody named it: it only happened to
    lie in a folder of recordings.
    """

    def __init__(self, problem: str, *, foreign: bool = False, skipped: bool = False) -> None:
        super().__init__(problem)
        self.foreign = foreign
        self.skipped = skipped

    def of(self, source: str, *, named: bool) -> RecordingError:
        """The same error with the recording's name in front; `named` says that somebody asked for this very file."""
        return RecordingError(f"{source}: {self}", foreign=self.foreign, skipped=self.foreign and not named)


@dataclass(frozen=True, slots=True)
class UnreadableEntry:
    """A part of a recording that nobody can read: its place in the file, and what is wrong with it.

    `lost` tells whether an exchange is missing now, or only something about one.
    """

    place: str
    problem: str
    lost: bool = True
