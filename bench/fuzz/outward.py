"""Fuzzed: what leaves. Explanations in every form, and redaction, from which no planted secret may come out."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from bench.fuzz.target import Target, promise
from bench.fuzz.wire import ERROR, FAULT, PAGE, URLS
from proxy_addons.diagnosis.failure import explain
from proxy_addons.diagnosis.report import failure_json
from proxy_addons.diagnosis.report_text import markdown, one_line, terminal_box
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response, header_text
from proxy_addons.intake.rule_files import load_folder
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import redact, redact_exchange
from proxy_addons.redaction.sweep import prepare
from proxy_addons.sinks.store.stored_record import UnsafeRecordError, read_record, record_text
from tests.redaction.encodings import spelled_in
from tests.redaction.planting import planted
from tests.support.any_exchange import EXCHANGES

if TYPE_CHECKING:
    from proxy_addons.diagnosis.ruleset import Ruleset

SECRET: Final = "Kq8~pLanted.Zw3-Vt9_xRn2"  # noqa: S105  # the one that is planted
PSEUDONYMS: Final = Pseudonyms(b"a key of thirty-two bytes, invent")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@cache
def shipped() -> Ruleset:
    """The rules that ship."""
    return load_folder()


def _told(exchange: Exchange) -> None:
    """Every failure can be told in every form, redacted, and in a terminal nothing of it is obeyed."""
    for failure in explain(exchange, shipped()):
        record = redact(failure, PSEUDONYMS)
        for report in (failure.report, record.report):
            json.dumps(failure_json(report)).encode()
            markdown(report).encode()
            for shown in (one_line(report), terminal_box(report)):
                promise(not _CONTROL.search(shown), "a control character reaches the terminal")
        try:
            read_record(record_text(record, ""))
        except UnsafeRecordError:
            # Everything the same everywhere: what is a secret here is a public word there. Then nothing is written.
            continue


def _bytes_told(data: bytes) -> None:
    """One piece of arbitrary bytes in every place a client or server may fill."""
    said, url = header_text(data[:2000]), URLS[len(data) % len(URLS)]
    sent = Headers((("Authorization", said), ("User-Agent", said), ("X-AnchorMailbox", said)))
    received = Headers((("WWW-Authenticate", said), ("x-ms-diagnostics", said), (said[:40], said), ("Date", said)))
    request = Request(said[:8], url + said[:200], sent, Body(data))
    _told(Exchange(request, Response((401, 403, 400)[len(data) % 3], received, Body(data))))


def _secret_kept(data: bytes) -> None:
    """A credential the client sent is nowhere in what leaves, whatever stands around it elsewhere."""
    at = data[0] * len(data) // 256 if data else 0
    around = data[1:at] + SECRET.encode() + data[max(at, 1) :]
    for scheme in ("Bearer", "PoP"):
        sent = Headers((("Authorization", f"{scheme} {SECRET}"), ("X-Note", header_text(around[-300:]))))
        request = Request("POST", URLS[len(data) % len(URLS)], sent, Body(around))
        entry = redact_exchange(Exchange(request, Response(403, Headers(()), Body(around))), PSEUDONYMS)
        written = json.dumps(entry.har_entry, ensure_ascii=False).encode()
        promise(spelled_in(SECRET, written) == [], "a planted secret leaves")


def _value_kept(case: tuple[str, Exchange]) -> None:
    value, exchange = case
    entry = redact_exchange(exchange, PSEUDONYMS)
    written = json.dumps(entry.har_entry, ensure_ascii=False).encode()
    promise(spelled_in(value, written) == [], "a planted value leaves")
    promise(prepare(entry.originals).over(written) == (), "what was removed is still there")


TARGETS: Final = (
    Target("explain-bytes", _bytes_told, [ERROR, FAULT, PAGE, b"\x1b]0;x\x07<script>alert(1)</script>\r\nX: y"]),
    Target("explain-exchange", _told, shape=EXCHANGES),
    Target(
        "redact-bytes",
        _secret_kept,
        [b"\x80" + ERROR, b"\x80" + FAULT, b"\x80" + PAGE, b"\x80a=b&c=d", b"\x80<html><p>x"],
    ),
    Target("redact-planted", _value_kept, shape=planted()),
)
