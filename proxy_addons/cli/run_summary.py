"""What one run of a client came to: counted while it runs, told in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.printing import counted
from proxy_addons.diagnosis.report_text import certainty_words, printable
from proxy_addons.diagnosis.verdict import Certainty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy_addons.addons.screen import Screen
    from proxy_addons.diagnosis.failure_report import FailureReport

_KINDS_AT_MOST: Final = 500
_SHOWN_AT_MOST: Final = 20
_NONE_SEEN: Final = (
    "why403: no call to Microsoft 365 came through the proxy. A client with a proxy setting or a PAC file of its own "
    "has to be pointed here: see docs/clients"
)


class Tally:
    """A screen in front of another: it counts what it hands on. Kinds of failures beyond a bound are one kind."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._kinds: dict[str, int] = {}
        self.refused = 0
        self.strongest: Certainty | None = None

    def show(self, reports: Sequence[FailureReport]) -> None:
        """Count and hand on."""
        for report in reports:
            leading = report.diagnosis.leading
            self.refused += 1
            if self.strongest is None or leading.certainty.weakness < self.strongest.weakness:
                self.strongest = leading.certainty
            kind = printable(f"{leading.cause} ({certainty_words(leading)}): {leading.title}")
            kind = kind if kind in self._kinds or len(self._kinds) < _KINDS_AT_MOST else "others"
            self._kinds[kind] = self._kinds.get(kind, 0) + 1
        self._screen.show(reports)

    def reaches(self, level: str | None) -> bool:
        """Whether a refusal was explained at least this surely; None asks for nothing."""
        if level is None or self.strongest is None:
            return False
        return self.strongest.weakness <= Certainty(level).weakness

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """Every kind of failure and how often it was seen, the most frequent first."""
        return sorted(self._kinds.items(), key=lambda kind: -kind[1])


def summary(tally: Tally, calls: int, status: int, fail_on: str | None = None) -> str:
    """Some lines for a person: calls seen, what was refused, how the client ended."""
    end = f"why403: the client ended with {status}"
    if status == 0 and tally.reaches(fail_on):
        end += f", and --fail-on {fail_on} was reached: {int(ExitCode.FINDINGS)}"
    if not calls and not tally.refused:
        return f"{_NONE_SEEN}\n{end}"
    lines = [f"why403: {counted(calls, 'call')} to Microsoft 365, {tally.refused or 'none'} refused"]
    shown = tally.kinds[:_SHOWN_AT_MOST]
    width = max((len(str(number)) for _, number in shown), default=0)
    lines += [f"  {number:>{width}} x {kind}" for kind, number in shown]
    if len(tally.kinds) > _SHOWN_AT_MOST:
        lines.append(f"  and {len(tally.kinds) - _SHOWN_AT_MOST} other kinds")
    return "\n".join([*lines, end])
