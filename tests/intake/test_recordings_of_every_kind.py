"""Recordings as the tools write them, and what is read from each.

A case is two files in `recordings/`: the recording, and beside it what it holds as JSON. WHY403_WRITE_GOLDEN=1 writes
the second, for a person to look at.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from proxy_addons.intake.recordings import open_recordings
from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry
from tests.sinks.reports import assert_golden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

    from proxy_addons.evidence.exchange import Body, Exchange

RECORDINGS: Final = Path(__file__).parent / "recordings"
CASES: Final = sorted(path for path in RECORDINGS.iterdir() if path.suffix != ".json")


@pytest.mark.parametrize("recording", CASES, ids=lambda path: path.name)
def test_a_recording_holds_what_stands_beside_it(recording: Path) -> None:
    held = json.dumps(list(read(recording)), indent=1, ensure_ascii=False)

    assert_golden(RECORDINGS / f"{recording.name}.json", f"{held}\n")


def read(recording: Path) -> Iterator[JsonValue]:
    """Everything in a recording, in a form that can be written down."""
    try:
        for _, items in open_recordings(recording):
            for item in items:
                yield unreadable(item) if isinstance(item, UnreadableEntry) else exchange(item)
    except RecordingError as error:
        yield {"ends with": str(error)}


def unreadable(entry: UnreadableEntry) -> JsonValue:
    return {"unreadable": entry.place, "problem": entry.problem, "lost": entry.lost}


def exchange(item: Exchange) -> JsonValue:
    request, response = item.request, item.response
    return {
        "started": item.started,
        "ended": item.ended,
        "request": {
            "line": f"{request.method} {request.url} {request.http_version}",
            "headers": [f"{name}: {value}" for name, value in request.headers.fields],
            **body(request.body),
        },
        "response": item.transport_error
        if response is None
        else {
            "line": f"{response.http_version} {response.status} {response.reason}",
            "headers": [f"{name}: {value}" for name, value in response.headers.fields],
            **body(response.body),
        },
    }


def body(held: Body) -> dict[str, JsonValue]:
    """A body as text where it is that; what is not as it should be is named only where it is so."""
    content = None if held.content is None else held.content.decode(errors="backslashreplace")
    return {
        "body": content,
        **({"truncated": True} if held.truncated else {}),
        **({"problem": held.problem} if held.problem else {}),
    }
