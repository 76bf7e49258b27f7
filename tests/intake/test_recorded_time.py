from __future__ import annotations

import pytest

from proxy_addons.intake.recorded_time import seconds_since_epoch


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-21T12:00:00.500Z",
        "2026-11-21T12:00:00.500",
        "2026-11-21T13:00:00.5+01:00",
        "2026-11-21T06:00:00.5000000-06:00",
    ],
    ids=["Chrome", "no zone", "Firefox", "Fiddler"],
)
def test_every_recorders_way_to_write_a_moment_is_the_same_moment(moment: str) -> None:
    assert seconds_since_epoch(moment) == 1795262400.5


@pytest.mark.parametrize(
    "moment",
    [
        "",
        "yesterday",
        "0001-01-01T00:00:00",
        "2026-13-01",
        "9999-99",
        "12",
        *("9999-12-31T23:59:59-12:00", "9" * 9000, "+275760-09-13T00:00:00.000Z"),
    ],
)
def test_what_is_no_moment_is_none(moment: str) -> None:
    assert seconds_since_epoch(moment) is None
