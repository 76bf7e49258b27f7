from proxy_addons.redaction.har_entry import Json
from proxy_addons.sinks.bundle_clock import clock_offset


def entry(started: str, date: str | None) -> dict[str, Json]:
    headers: list[Json] = [] if date is None else [{"name": "Date", "value": date}]
    return {"startedDateTime": started, "response": {"headers": headers}}


def test_the_median_of_all_answers_is_told() -> None:
    noon = "Sat, 21 Nov 2026 12:00:00 GMT"
    entries = [entry(f"2026-11-21T11:59:{second}.000Z", noon) for second in ("50", "58", "59")]
    assert clock_offset(entries) == {"median_seconds": 2.0, "answers": 3}


def test_what_cannot_be_compared_is_left_out() -> None:
    noon = "Sat, 21 Nov 2026 12:00:00 GMT"
    entries = [
        entry("1970-01-01T00:00:00.000Z", noon),
        entry("2026-11-21T12:00:00Z", None),
        entry("2026-11-21T12:00:00Z", "<text>"),
        {},
    ]
    assert clock_offset(entries) is None
