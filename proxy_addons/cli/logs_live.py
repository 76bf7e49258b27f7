"""The lines of a running proxy, asked of its admin port: what is stored, and with its event stream what comes next.

The stream only says that something was stored, so that a line is neither lost nor told twice over a connection that
breaks: what is missing is asked for again by its number.
"""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, ValidationError

from proxy_addons.cli.admin_client import NoAnswerError, no_proxy_there
from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.printing import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy_addons.cli.admin_client import AdminPort
    from proxy_addons.cli.logs_line import Line
    from proxy_addons.sinks.failure_filters import Filters

_OVERLAP: Final = 100
"""Of so many numbers before the newest a line may still appear: proxies that share a store commit in any order."""
_AT_ONCE: Final = 100
"""As many lines as the admin port gives in one answer."""
_SILENCE_SECONDS: Final = 45.0
"""Three of the stream's heartbeats."""
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 5.0


class _Numbered(BaseModel):
    model_config = ConfigDict(frozen=True)

    number: int
    line: dict[str, object]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)

    stored: bool
    lines: list[_Numbered]
    newest: int
    counted: int


class LiveLog:
    """What one proxy tells. `show` gets each line once, `tell` what a person should know besides."""

    def __init__(
        self, place: AdminPort, filters: Filters, show: Callable[[Line], None], tell: Callable[[str], None]
    ) -> None:
        self._place = place
        self._filters = filters
        self._show = show
        self._tell = tell
        self._after = 0
        self._counted_before = 0
        self._shown = 0
        self._unshown = 0
        self._told: dict[int, None] = {}

    def begin(self, last: int) -> None:
        """Show the last lines there are. Raises Complaint where no proxy answers or it keeps none."""
        try:
            # More than are shown, so that these are known when their numbers are looked at again.
            answer = self._ask(last=_AT_ONCE)
        except NoAnswerError as error:
            raise no_proxy_there(self._place, error) from None
        if not answer.stored:
            raise Complaint(
                f"the proxy at {self._place.url} keeps no failures (--store off). Start it with a store, or read its "
                "log with --file"
            )
        self._after, self._counted_before = answer.newest, answer.counted
        self._told = {each.number: None for each in answer.lines}
        for each in answer.lines[len(answer.lines) - min(last, len(answer.lines)) :]:
            self._show(each.line)

    def follow(self) -> None:
        """Go on until interrupted; a proxy that goes away is waited for."""
        wait, away = _FIRST_WAIT, False
        while True:
            try:
                for _ in self._events():
                    self._catch_up()
                    if away:
                        self._tell(f"{self._place.url} answers again")
                    wait, away = _FIRST_WAIT, False
            except NoAnswerError as error:
                if not away:
                    self._tell(f"{self._place.url} does not answer: {error}; trying again until Ctrl-C")
                away = True
                # Nobody tells when a proxy comes back; asked less and less often, it is not held up by it.
                time.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT)

    def _events(self) -> Iterator[None]:
        """One as soon as the stream is open, since something may have come before, then one for every change."""
        with self._place.opened("/events", _SILENCE_SECONDS) as stream:
            yield
            while True:
                try:
                    line = stream.readline(65_536)
                except (OSError, http.client.HTTPException, ValueError):
                    line = b""
                if not line:
                    raise NoAnswerError("the connection ended")
                if line.startswith(b"event:"):
                    yield

    def _catch_up(self) -> None:
        """Show everything new."""
        place = max(0, self._after - _OVERLAP)
        while True:
            answer = self._ask(after=place)
            self._tell_lines(answer)
            if len(answer.lines) < _AT_ONCE:
                break
            place = answer.lines[-1].number
        self._after = max(self._after, answer.newest)
        # Counts are read before lines, so that these may be ahead, and never behind.
        unshown = answer.counted - self._counted_before - self._shown
        if unshown > self._unshown and not self._filters.parameters:
            new, self._unshown = unshown - self._unshown, unshown
            self._tell(f"{counted(new, 'more refusal')} of kinds stored often enough, only counted")

    def _tell_lines(self, answer: _Answer) -> None:
        new = [each for each in answer.lines if each.number not in self._told]
        self._shown += len(new)
        for each in new:
            self._show(each.line)
            self._told[each.number] = None
        while len(self._told) > 4 * _OVERLAP:
            del self._told[next(iter(self._told))]

    def _ask(self, **place: int) -> _Answer:
        query: dict[str, int | str] = {**place, **self._filters.parameters}
        if self._filters.since is not None:
            query["since"] = self._filters.since
        try:
            return _Answer.model_validate_json(self._place.ask(f"/lines?{urlencode(query)}"))
        except ValidationError:
            raise Complaint(f"{self._place.url}/lines says nothing this version understands") from None
