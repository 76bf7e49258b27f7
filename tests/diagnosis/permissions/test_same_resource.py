from __future__ import annotations

import pytest

from proxy_addons.diagnosis.permissions.operation_path import KEY, Reading, read_path
from proxy_addons.diagnosis.permissions.same_resource import other_addresses


def others(path: str) -> list[tuple[str, ...]]:
    return [each.segments for each in other_addresses(read_path(path).readings[0])]


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("/users/$count", ("users",)),
        ("/groups/1/members/2/$ref", ("groups", "1", "members", "2")),
        ("/drives/1/root/children", ("drives", "1", "items", KEY, "children")),
        ("/drive/root", ("me", "drive", "root")),
        ("/me/drive/items/2", ("drives", KEY, "items", "2")),
        ("/me/drives/3/items/2", ("drives", KEY, "items", "2")),
        ("/sites/1/drive/items/2", ("drives", KEY, "items", "2")),
        ("/groups/1/drives/3/items/2", ("drives", KEY, "items", "2")),
        ("/me/mailFolders/1/childFolders/2/messages", ("me", "mailfolders", "1", "messages")),
        ("/me/mailFolders/1/messages/2", ("me", "messages", "2")),
        ("/me/calendarGroups/1/calendars/2/events/3", ("me", "events", "3")),
        ("/me/licenseDetails", ("users", KEY, "licensedetails")),
    ],
)
def test_a_resource_is_found_under_its_other_address(path: str, other: tuple[str, ...]) -> None:
    assert other in others(path)


@pytest.mark.parametrize("path", ["/me", "/users/1", "/sites/root", "/$count"])
def test_what_has_one_address_only_gets_no_other(path: str) -> None:
    assert others(path) == []


def test_a_projection_stays_a_word_in_every_other_address() -> None:
    (with_count, *_) = [
        each
        for each in other_addresses(Reading(("me", "messages", "$count"), frozenset({2})))
        if each.segments[-1] == "$count"
    ]
    assert with_count.fixed == frozenset({len(with_count.segments) - 1})
