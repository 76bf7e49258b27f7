"""Watch successes for what the permission tables call impossible, and keep it, so that they are doubted there.

A call is judged once per token and operation; all that a later one costs is a look-up, after its answer has gone. What
is kept holds a template of the table, a method, a scheme and names of permissions the tables know.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.doubt import doubt_of
from proxy_addons.diagnosis.permissions.judged_call import judge_call
from proxy_addons.diagnosis.permissions.permission_data import Call
from proxy_addons.evidence.facts import collect
from proxy_addons.intake.permission_doubts import DoubtsDamagedError, pack_doubts, unpack_doubts
from proxy_addons.intake.permission_folder import DOUBTS_FILE
from proxy_addons.intake.permission_store import this_users_folder
from proxy_addons.sinks.private_file import FileNotWrittenError, make_private_folder, write_private
from proxy_addons.sinks.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from proxy_addons.diagnosis.permissions.doubt import Doubt
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.evidence.exchange import Exchange

_logger = logging.getLogger(__name__)

JUDGED_AT_MOST: Final = 5000
"""Pairs of token and operation that are remembered as judged; what comes after them is not judged any more."""
KEPT_AT_MOST: Final = 1000
_WAITING_AT_MOST: Final = 50
_FLUSH_SECONDS: Final = 2.0


class DoubtKeeper:
    """Finds doubts in successes and has them written by a worker."""

    def __init__(self) -> None:
        self._judged: set[tuple[int, str]] = set()
        self._worker: Worker[Doubt] | None = None

    def notice(self, exchange: Exchange, ruleset: Ruleset) -> Doubt | None:
        """What a success says against the tables, None nearly always; it is on its way to the disk then."""
        request = exchange.request
        credential = request.headers.get("authorization")
        if credential is None or len(self._judged) >= JUDGED_AT_MOST:
            return None
        operation = ruleset.permissions.find(Call(request.method.upper(), request.host, request.split_url.path))
        if operation is None:
            return None
        pair = (hash(credential), operation.name)
        if pair in self._judged:
            return None
        self._judged.add(pair)
        facts = collect(exchange, ruleset.reference.directory_roles)
        doubt = doubt_of(judge_call(facts, ruleset.permissions), ruleset.permissions)
        if doubt is None or doubt in ruleset.permissions.doubts:
            return None
        if self._worker is None:
            self._worker = Worker("why403-doubts", lambda each: keep_doubts([each]), _WAITING_AT_MOST)
        self._worker.offer(doubt)
        return doubt

    def close(self) -> None:
        """Write what waits before the process ends, within reason."""
        if self._worker is not None:
            self._worker.close(_FLUSH_SECONDS)


def keep_doubts(doubts: Iterable[Doubt], folder: Path | None = None) -> None:
    """Add doubts to those kept in a data folder (this user's unless another is named); what fails is logged.

    A file nobody can read is replaced: it holds nothing that traffic would not show again.
    """
    place = (folder or this_users_folder()) / DOUBTS_FILE
    known: frozenset[Doubt] = frozenset()
    try:
        with suppress(FileNotFoundError, DoubtsDamagedError):
            known = unpack_doubts(place.read_bytes())
        together = known.union(doubts)
        if together == known or len(together) > KEPT_AT_MOST:
            return
        make_private_folder(place.parent)
        write_private(place, pack_doubts(together))
    except (FileNotWrittenError, OSError) as error:
        _logger.warning("%s: %s. What contradicts the permission tables is not kept", place, error.strerror)
