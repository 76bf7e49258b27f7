"""How long redaction takes, in CPU time: `.venv/bin/python -m bench.redaction_speed`.

Two figures: one failure with bodies of growing size up to 256 KiB, and a recording of 2 MB through `why403 sanitize`.
"""

from __future__ import annotations

import gc
import io
import json
import random
import statistics
import sys
import time
from typing import Final

from proxy_addons.diagnosis.failure import Failure, explain
from proxy_addons.evidence.exchange import Body, Exchange, Request, Response
from proxy_addons.intake.har import read_har
from proxy_addons.intake.rule_files import read_rules
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import redact
from proxy_addons.sinks.sanitized_har import sanitize
from tests.redaction.proof.kinds import Cast
from tests.redaction.proof.places import SCENES

ROUNDS: Final = 12
RECORDING: Final = 2_000_000
SIZES: Final = (0, 4, 64, 256)
"""KiB of the bodies that are added to the scenes."""
_KEY: Final = b"a key of thirty-two bytes, invent"


def _entries(seed: int) -> list[dict[str, object]]:
    rng = random.Random(seed)  # noqa: S311  # a repeatable choice, no key
    return [scene(Cast(rng)).har() for scene in SCENES.values()]


def _exchanges(entries: list[dict[str, object]]) -> list[Exchange]:
    raw = json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()
    return [item for item in read_har(io.BytesIO(raw)) if isinstance(item, Exchange)]


def _bodies(rng: random.Random, size: int) -> list[bytes]:
    """Bodies of one size: a list of messages, an error with a page in it, a page, words, an EWS answer."""
    cast = Cast(rng)
    mails: list[object] = []
    while len(json.dumps(mails)) < size:
        mails += [
            {
                "id": cast.exchange_id(),
                "subject": cast.subject(),
                "from": {"name": cast.name(), "address": cast.upn()},
                "n": 5,
            }
            for _ in range(20)
        ]
    listed = json.dumps({"value": mails}).encode()
    words = " ".join(cast.subject() + " was not found by the service" for _ in range(size // 60)).encode()
    page = (
        b"<html><body>"
        + b"".join(b"<p class='x'>" + words[at : at + 200] + b"</p>" for at in range(0, len(words), 200))
        + b"</body></html>"
    )
    items = "".join(
        f"<t:Message><t:Subject>{cast.subject()}</t:Subject><t:Mailbox>{cast.upn()}</t:Mailbox></t:Message>"
        for _ in range(size // 130)
    )
    return [
        listed[:size],
        listed,
        words,
        page,
        f"<Envelope>{items}</Envelope>".encode(),
        json.dumps({"error": {"code": "x", "message": page.decode("utf-8", "replace")}}).encode(),
    ]


def single() -> dict[int, tuple[float, float, float]]:
    """Median, 99th percentile and worst of one failure in milliseconds of CPU, by the size of its bodies in KiB."""
    ruleset = read_rules()
    figures = {}
    for size in SIZES:
        failures: list[Failure] = []
        for exchange in _exchanges(_entries(size)):
            if exchange.response is None:
                continue
            chance = random.Random(size)  # noqa: S311  # the same
            extra = _bodies(chance, size * 1024) if size else [exchange.response.body.content or b""]
            for body in extra:
                response = Response(403, exchange.response.headers, Body(body[: 256 * 1024]))
                request = Request("POST", exchange.request.url, exchange.request.headers, exchange.request.body)
                failures += explain(Exchange(request, response, exchange.started), ruleset)
        spent = []
        # What the bench itself keeps is no part of what a redaction costs, and the collector would go through it.
        gc.freeze()
        for _ in range(ROUNDS):
            for failure in failures:
                before = time.process_time_ns()
                redact(failure, Pseudonyms(_KEY))
                spent.append((time.process_time_ns() - before) / 1e6)
        figures[size] = (statistics.median(spent), statistics.quantiles(spent, n=100)[98], max(spent))
    return figures


def whole() -> tuple[int, int, float]:
    """Bytes and entries of a recording, and seconds of CPU from its bytes to the finished archive."""
    entries: list[dict[str, object]] = []
    seed = 0
    while len(json.dumps(entries)) < RECORDING:
        entries += _entries(seed)
        seed += 1
    raw = json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()
    before = time.process_time()
    sanitize((item for item in read_har(io.BytesIO(raw)) if isinstance(item, Exchange)), Pseudonyms(_KEY))
    return len(raw), len(entries), time.process_time() - before


def main() -> None:
    """Measure and print."""
    for size, (median, last, worst) in single().items():
        body = f"bodies of {size} KiB" if size else "as the scenes are"
        sys.stdout.write(
            f"one failure, {body}: median {median:.2f} ms, 99th percentile {last:.2f} ms, worst {worst:.2f} ms\n"
        )
    size, entries, seconds = whole()
    sys.stdout.write(f"a recording of {size / 1e6:.1f} MB, {entries} entries: {seconds:.2f} s\n")


if __name__ == "__main__":
    main()
