from __future__ import annotations

import dataclasses

import pytest

from tests.sinks.reports import REPORT


def test_a_report_cannot_be_changed_after_it_was_redacted() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        REPORT.exchange.url = "https://example.com"  # type: ignore[misc]  # that it fails is the point
