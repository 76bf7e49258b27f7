"""One resource, many spellings."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from proxy_addons.diagnosis.permissions.operation_path import KEY, read_path, template_segments


def first(path: str) -> tuple[str, ...]:
    return read_path(path).readings[0].segments


@pytest.mark.parametrize(
    "path",
    [
        "/v1.0/me/messages",
        "/me/messages/",
        "/ME/Messages",
        "https://graph.microsoft.us/v1.0/me/messages?$top=1",
        "https://graph.microsoft.com/v1.0//me//messages#part",
        "/beta/me/messages",
        "/v1.0/me/messages?$filter=startswith(subject,'a/b')",
        "/v1.0//me//messages/?$search=(x)",
    ],
)
def test_host_version_query_case_and_needless_slashes_do_not_count(path: str) -> None:
    assert first(path) == ("me", "messages")


@pytest.mark.parametrize(("path", "beta"), [("/beta/me", True), ("/v1.0/me", False), ("/me", False)])
def test_the_version_is_told(path: str, *, beta: bool) -> None:
    assert read_path(path).beta is beta


def test_a_key_in_brackets_is_a_key_for_certain() -> None:
    assert ("users", KEY, "messages") in [each.segments for each in read_path("/users('a@b.c')/messages").readings]


def test_an_alternate_key_is_tried_by_its_name_first() -> None:
    readings = [each.segments for each in read_path("/users(userPrincipalName='a=b@c')/manager").readings]
    assert readings[:2] == [("users(userprincipalname)", "manager"), ("users", KEY, "manager")]


@pytest.mark.parametrize("path", ["/users/delta", "/users/delta()", "/users/microsoft.graph.delta()"])
def test_a_function_is_one_however_it_is_called_and_never_a_key(path: str) -> None:
    reading = read_path(path).readings[0]
    assert (reading.segments, reading.fixed) == (("users", "delta"), frozenset({1}))


def test_the_parameters_of_a_function_count_by_name_in_any_order() -> None:
    assert first("/reports/x(end=2,start='a,b=c')") == first("/reports/x(start={value},end={value})")


def test_a_slash_inside_quotes_or_brackets_parts_nothing() -> None:
    assert first("/drives/1/root/search(q='a/b')") == ("drives", "1", "root", "search(q)")
    assert first("/x(p=a/b)//y") == ("x(p)", "y")


def test_escapes_are_undone() -> None:
    assert first("/users/a%40b.c/messages") == ("users", "a@b.c", "messages")
    assert ("users", KEY) in [each.segments for each in read_path("/users%28'a%2Fb'%29").readings]


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/me/drive/root:/a/b.docx:/content", ("me", "drive", "items", KEY, "content")),
        ("/me/drive/root:/a/b.docx", ("me", "drive", "items", KEY)),
        ("/me/drive/items/1:/b.docx:/content", ("me", "drive", "items", KEY, "content")),
        ("/me/drive/special/approot:/x:/content", ("me", "drive", "items", KEY, "content")),
        ("/sites/contoso.sharepoint.com:/sites/hr:/lists", ("sites", KEY, "lists")),
    ],
)
def test_colon_addressing_stands_for_a_key(path: str, segments: tuple[str, ...]) -> None:
    assert first(path) == segments


@pytest.mark.parametrize("path", ["/groups/1/members/microsoft.graph.user", "/groups/1/members/graph.user"])
def test_a_type_cast_is_tried_in_full_then_short_then_left_out(path: str) -> None:
    readings = [each.segments for each in read_path(path).readings]
    assert readings == [
        ("groups", "1", "members", "microsoft.graph.user"),
        ("groups", "1", "members", "user"),
        ("groups", "1", "members"),
    ]


def test_a_projection_is_never_a_key() -> None:
    assert read_path("/users/$count").readings[0].fixed == frozenset({1})


@pytest.mark.parametrize(
    ("template", "segments"),
    [
        ("/users/{id}/messages", ("users", KEY, "messages")),
        ("/v1.0/users/{user-id}", ("users", KEY)),
        ("/teams/(team-id)/channels", ("teams", KEY, "channels")),
        ("/security/requests{requestid}/report", ("security", "requests", KEY, "report")),
        ("/a/{id}/.../b", ("a", KEY, "b")),
        ("/x/policies?$filter=isof('y')", ("x", "policies")),
        ("/workflows({id})/runs", ("workflows", KEY, "runs")),
    ],
)
def test_a_template_is_read_kindly(template: str, segments: tuple[str, ...]) -> None:
    assert template_segments(template) == segments


@given(st.text(max_size=200))
def test_no_path_makes_the_reading_fail_or_grow_without_bound(path: str) -> None:
    assert len(read_path(path).readings) <= 24


@pytest.mark.parametrize("path", ["", "/", "https://graph.microsoft.com", "?"])
def test_an_empty_path_is_no_error(path: str) -> None:
    assert first(path) == ("",)
