import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

import proxy_addons
from proxy_addons.sinks.event_log import QueuedHandler, failure_fields, log_failure, start_logging, stop_logging
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.worker import LineWriter
from tests.sinks.reports import REPORT, UNREACHED, assert_golden

GOLDEN = Path(__file__).parent / "golden"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2dyYXBoIn0.c2lnbmF0dXJl"


class Log:
    """What was logged, line by line."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.metrics = Metrics()
        self.writer = LineWriter(self.stream, "test-log")

    @property
    def lines(self) -> list[str]:
        """Every line so far; nothing can be logged afterwards."""
        assert self.writer.close(timeout=10)
        return self.stream.getvalue().splitlines()

    @property
    def only(self) -> dict[str, Any]:
        """The one JSON line."""
        (line,) = self.lines
        decoded: dict[str, Any] = json.loads(line)
        return decoded


@contextmanager
def logging_to(*, as_json: bool) -> Iterator[Log]:
    log = Log()
    levels = {name: logging.getLogger(name).level for name in (None, "mitmproxy", "asyncio", "hpack", "uvicorn")}
    handler = start_logging(log.writer, log.metrics, as_json=as_json)
    try:
        yield log
    finally:
        stop_logging(handler)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


@pytest.fixture
def log() -> Iterator[Log]:
    with logging_to(as_json=True) as log:
        yield log


def test_a_failure_is_one_line_with_every_field(log: Log) -> None:
    log_failure(REPORT)
    line = log.only
    assert line.pop("@timestamp").endswith("Z")
    assert line.pop("service.version") == proxy_addons.__version__
    assert_golden(GOLDEN / "failure.json", orjson.dumps(line, option=orjson.OPT_INDENT_2).decode() + "\n")


def test_what_was_not_seen_has_no_field() -> None:
    fields = failure_fields(UNREACHED)
    assert "http.response.status_code" not in fields
    assert "auth.error.code" not in fields
    assert fields["error.type"] == "Connect call failed"


def test_a_line_of_mitmproxy_has_the_same_form_and_names_the_client(log: Log) -> None:
    logging.getLogger("mitmproxy.proxy.server").warning("TLS failed", extra={"client": ("10.0.0.7", 51000)})
    line = log.only
    assert (line["log.level"], line["message"], line["service.name"]) == ("warning", "TLS failed", "why403")
    assert (line["client.address"], line["client.port"]) == ("10.0.0.7", 51000)


def test_mitmproxys_chatter_which_quotes_requests_is_left_out(log: Log) -> None:
    logging.getLogger("mitmproxy.proxy.server").info("Client closed connection: b'Authorization: Bearer x'")
    assert log.lines == []


def fail_with_a_token_in_a_local_variable() -> None:
    token = TOKEN
    raise ValueError(f"cannot read {token}")


def test_a_traceback_shows_neither_local_variables_nor_the_token_in_its_message(log: Log) -> None:
    try:
        fail_with_a_token_in_a_local_variable()
    except ValueError:
        logging.getLogger("mitmproxy.proxy").exception("crashed")
    (text,) = log.lines
    line = json.loads(text)
    assert "eyJ" not in text
    assert (line["error.type"], line["error.message"]) == ("ValueError", "cannot read <credential removed>")
    assert line["error.stack_trace"][0].startswith(f"{__file__}:")


@pytest.mark.parametrize(
    "secret",
    [f"Bearer {TOKEN}", TOKEN, "basic dXNlcjpwYXNzd29yZA==", "EwBIA8l6BAAU" + "x" * 40, "Negotiate YIIGhwYGKwYBBQUC"],
)
def test_what_looks_like_a_credential_never_reaches_the_log(log: Log, secret: str) -> None:
    logging.getLogger("somebody.elses").warning("sent %s upstream", secret, extra={"fields": {"seen": [secret]}})
    (text,) = log.lines
    assert secret.rpartition(" ")[2] not in text
    assert json.loads(text)["message"] == "sent <credential removed> upstream"


def test_lines_are_counted_by_level(log: Log) -> None:
    for level in (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL, logging.CRITICAL):
        logging.getLogger("mitmproxy.addons").log(level, "x")
    counted = [
        log.metrics.registry.get_sample_value("why403_log_messages_total", {"level": level})
        for level in ("warning", "error", "critical")
    ]
    assert counted == [1, 1, 2]


def test_a_line_nobody_can_format_costs_only_itself(log: Log) -> None:
    handler = QueuedHandler(log.writer, log.metrics)
    handler.emit(logging.LogRecord("somebody.elses", logging.WARNING, __file__, 1, "%d apples", ("no number",), None))
    logging.getLogger("somebody.elses").warning("next")
    first, second = log.lines
    assert first == "a log line of somebody.elses could not be formatted"
    assert json.loads(second)["message"] == "next"


def test_text_is_one_line_for_a_person_that_cannot_hijack_the_terminal() -> None:
    with logging_to(as_json=False) as log:
        logging.getLogger("mitmproxy.proxy").error("red\x1b[31m")
        try:
            fail_with_a_token_in_a_local_variable()
        except ValueError:
            logging.getLogger("mitmproxy.proxy").exception("crashed")
        first, second = log.lines
    assert first[8:] == " error   red·[31m"
    assert second[8:].startswith(" error   crashed (")
    assert "eyJ" not in second
