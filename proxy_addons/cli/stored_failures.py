"""The failure store as the verbs use it: which one, what a person means by `--since 2h`, and records to pack."""

from __future__ import annotations

import os
import re
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from proxy_addons.cli.complaint import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from proxy_addons.redaction.record import Record
    from proxy_addons.sinks.failure_filters import Filters
    from proxy_addons.sinks.store.database import Database

FAILURE_ID: Final = re.compile(r"f-[0-9a-f]{12}\Z")
PACKED_AT_MOST: Final = 1000
"""Failures in one bundle: more than a support case can read, and a bundle is made in memory."""

_SPAN: Final = re.compile(r"(\d{1,6})\s*(s|m|h|d|w)\Z")
_UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="FILE|URL",
        help="The store to read; that of `why403 run` when not given. Also WHY403_STORE, which keeps a password out of "
        "the list of processes.",
    ),
]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="2h", help="Only those since then: 30m, 2h, 7d, or 2026-11-21T08:00.")
]
GroupOption = Annotated[
    str | None, typer.Option("--group", metavar="G", help="Only those of a group: g1-0123456789abcdef.")
]

TraceOption = Annotated[
    str | None,
    typer.Option(
        "--trace",
        metavar="ID",
        help="Only those of this trace: its id, or a whole traceparent, as a tracing tool shows it.",
    ),
]


def place_of_store(named: str | None) -> str | None:
    """The store's place: as named, else as the settings have it. Raises Complaint where there is none."""
    from proxy_addons.cli.config_file import settings_from

    settings = settings_from({} if named is None else {"store": named})
    if not settings.keeps_failures:
        raise Complaint("the failure store is off (store = off). Name one with --store")
    return settings.store


@contextmanager
def opened_store(named: str | None) -> Iterator[Database]:
    """The store for reading. Raises Complaint where there is none or it cannot be used."""
    from proxy_addons.sinks.store.database import open_store, store_exists
    from proxy_addons.sinks.store.place import shown, store_url
    from proxy_addons.sinks.store.trouble import StoreError

    place = place_of_store(named)
    try:
        if not store_exists(place):
            raise Complaint(
                f"no failure has been stored yet: there is no {shown(store_url(place))}. "
                "`why403 run` makes it, or name another one with --store"
            )
        database = open_store(place)
        try:
            yield database
        finally:
            database.close()
    except StoreError as error:
        raise Complaint(str(error)) from None


def moment_of(text: str | None) -> int | None:
    """What `--since` means, in milliseconds since 1970; a time without a zone is UTC. Raises Complaint."""
    if text is None:
        return None
    span = _SPAN.match(text.strip().lower())
    if span:
        return int((time.time() - int(span[1]) * _UNIT_SECONDS[span[2]]) * 1000)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Complaint(f"--since {text}: is no time. Write 30m, 2h, 7d, or 2026-11-21T08:00") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def trace_of(text: str | None) -> str:
    """What `--trace` means as `Filters` have it. Raises Complaint."""
    from proxy_addons.sinks.failure_filters import trace_id_of

    if text is None:
        return ""
    trace = trace_id_of(text)
    if trace is None:
        raise Complaint(
            f"--trace {text}: is no trace id. Write its 32 hexadecimal digits (16 of a 64-bit one), or a whole "
            "traceparent"
        )
    return trace


def stored_choice(named: Sequence[Path], group: str | None, since: str | None) -> tuple[list[str], Filters] | None:
    """Which stored failures a command line means, by id or by filter; None where it names recordings.

    Raises Complaint where it mixes the two, or names nothing at all.
    """
    from proxy_addons.sinks.failure_filters import Filters

    identifiers = [str(each) for each in named if FAILURE_ID.match(str(each)) and not each.exists()]
    filtered = group is not None or since is not None
    if identifiers and (filtered or len(identifiers) < len(named)):
        raise Complaint("ids of stored failures stand alone: leave out recordings, --group and --since")
    if named and filtered:
        raise Complaint("--group and --since choose from the failure store: leave out the recordings")
    if not named and not filtered:
        raise Complaint("nothing is named to pack. Name recordings, ids of stored failures, --group or --since")
    if not identifiers and not filtered:
        return None
    return identifiers, Filters(since=moment_of(since), group=group or "")


def stored_records(named: str | None, identifiers: Sequence[str], filters: Filters) -> tuple[list[Record], str]:
    """Records to pack, the oldest first, and the rules' revision of the latest; at most PACKED_AT_MOST of them.

    Named ones are looked up by id, else the filters choose. Raises Complaint for an id that is not there.
    """
    from proxy_addons.cli.pseudonym import installed_pseudonyms
    from proxy_addons.sinks.store.reading import find_record, read_records
    from proxy_addons.sinks.store.stored_record import recognised

    with opened_store(named) as database:
        if identifiers:
            found = [(each, find_record(database, each)) for each in dict.fromkeys(identifiers)]
            missing = [each for each, one in found if one is None]
            if missing:
                raise Complaint(f"the store holds no {', '.join(missing)}. `why403 failures list` shows what it holds")
            stored = [one for _, one in found if one is not None]
        else:
            stored = list(read_records(database, filters, PACKED_AT_MOST))
            stored.reverse()
    revision = stored[-1].rules_revision if stored else ""
    return recognised(stored, installed_pseudonyms(os.environ)), revision
