"""What a refusal can be written as to be replayed, and the usual names of such files."""

from __future__ import annotations

from enum import StrEnum


class FixtureForm(StrEnum):
    """What a fixture is written as."""

    PYTEST = "pytest"
    MITM = "mitm"
    HAR = "har"

    @property
    def suffix(self) -> str:
        """The end of its file's name."""
        return {"pytest": ".py", "mitm": ".mitm", "har": ".har"}[self.value]


def fixture_name(identifier: str, form: FixtureForm) -> str:
    """The usual name of the file: pytest finds its own by the beginning."""
    stem = f"refusal_{identifier.replace('-', '_')}"
    return f"{'test_' if form is FixtureForm.PYTEST else ''}{stem}{form.suffix}"
