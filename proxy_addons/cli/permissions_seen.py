"""The calls of recordings as permissions see them: the operation, whose token it was, and whether it succeeded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proxy_addons.addons.doubt_keeper import keep_doubts
from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.stored_failures import FAILURE_ID
from proxy_addons.diagnosis.permissions.doubt import doubt_of
from proxy_addons.diagnosis.permissions.holding import holding_of
from proxy_addons.diagnosis.permissions.judged_call import call_of
from proxy_addons.diagnosis.permissions.verdict import judge
from proxy_addons.evidence.batch import batch_calls
from proxy_addons.evidence.facts import collect
from proxy_addons.intake.permission_store import permissions_in_use
from proxy_addons.intake.recordings import open_recordings
from proxy_addons.intake.rule_files import built_in_tables
from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from proxy_addons.diagnosis.permissions.accepted import Scheme
    from proxy_addons.diagnosis.permissions.doubt import Doubt
    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.diagnosis.permissions.table import Operation
    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.evidence.facts import Facts

_SUCCESS: Final = range(200, 300)
_DENIED: Final = frozenset({401, 403})
_APIS: Final = frozenset({"graph", "exchange"})
_SQLITE: Final = b"SQLite format 3\0"
"""How every such database begins (sqlite.org/fileformat2.html, 1.3)."""
_NOT_FROM_A_STORE: Final = (
    "a failure store cannot answer this: it keeps refused calls only, and what an app needs shows in the calls that "
    "succeed. Record both for a while (HAR, SAZ, `mitmdump -w`) and name that; what single calls lacked, "
    "`why403 failures groups` and `why403 failures show ID` tell"
)


@dataclass(slots=True)
class TokenUse:
    """What the tokens of one app in one scheme held, and which operations they were used for (with counts)."""

    held: dict[str, None] = field(default_factory=dict)
    operations: Counter[Operation] = field(default_factory=Counter)
    refused: Counter[Operation] = field(default_factory=Counter)


@dataclass(slots=True)
class SeenCalls:
    """Everything recordings tell about permissions; `unknown` counts operations no table knows, as labels."""

    data: PermissionData
    uses: dict[tuple[str, Scheme], TokenUse] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    without_token: int = 0
    doubts: set[Doubt] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def read_calls(paths: Sequence[Path]) -> SeenCalls:
    """Read recordings; Complaint where none of them can be opened, or where a failure store is named instead."""
    for path in paths:
        if _is_store(path):
            # Its address may hold a password, so what was named is not repeated.
            raise Complaint(_NOT_FROM_A_STORE)
    built_in = built_in_tables()
    in_use = permissions_in_use(built_in.permissions)
    seen = SeenCalls(in_use.data, problems=list(in_use.problems))
    for exchange in _exchanges(paths, seen.problems):
        for call in batch_calls(exchange):
            _note(seen, call, built_in.reference.directory_roles)
    if seen.doubts:
        keep_doubts(seen.doubts)
    return seen


def _is_store(path: Path) -> bool:
    """Whether somebody names the store, or a failure in it, where a recording belongs."""
    if not path.exists():
        return (
            str(path).startswith(("postgresql:", "postgresql+", "postgres:")) or FAILURE_ID.match(str(path)) is not None
        )
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        # Whoever reads it as a recording says what is wrong.
        return False


def _exchanges(paths: Sequence[Path], problems: list[str]) -> Iterator[Exchange]:
    for path in paths:
        try:
            for source, items in open_recordings(path):
                for item in items:
                    if isinstance(item, UnreadableEntry):
                        problems.append(f"{source.name}: {item.place}: {item.problem}")
                    else:
                        yield item
        except RecordingError as error:
            if len(paths) == 1:
                raise Complaint(str(error)) from None
            problems.append(str(error))


def _note(seen: SeenCalls, exchange: Exchange, directory_roles: Mapping[str, str]) -> None:
    status = exchange.response.status if exchange.response else 0
    if status not in _SUCCESS and status not in _DENIED:
        return
    facts = collect(exchange, directory_roles)
    if facts.text("service.name") not in _APIS or facts.text("service.surface") == "graph-batch":
        return
    operation = seen.data.find(call_of(facts))
    if operation is None:
        seen.unknown[facts.text("request.operation")] += 1
        return
    holding = holding_of(facts)
    if holding.scheme is None:
        seen.without_token += 1
        return
    use = seen.uses.setdefault((_app(facts), holding.scheme), TokenUse())
    use.held |= dict.fromkeys(holding.permissions)
    if status in _DENIED:
        use.refused[operation] += 1
        return
    use.operations[operation] += 1
    doubt = doubt_of(judge(operation, holding), seen.data)
    if doubt is not None:
        seen.doubts.add(doubt)


def _app(facts: Facts) -> str:
    return facts.text("token.app_id") or "an app its token does not name"
