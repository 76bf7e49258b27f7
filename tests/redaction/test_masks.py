import pytest

from proxy_addons.redaction.masks import length_class, mask, sort_of


@pytest.mark.parametrize(
    ("value", "sort"),
    [
        ("d4c3b2a1-0f9e-4d8c-8b7a-695847362514", "guid"),
        ("eyJhbGciOiJub25lIn0.eyJhIjoxfQ.", "jwt"),
        ("eyJhbGciOiJub25lIn0.a.b.c.d", "jwe"),
        ("123456", "digits"),
        ("00ff00ff00ff00ff", "hex"),
        ("QmFzZTY0IGlzIG5vIHNlY3JldA==", "base64"),
        ("correct horse", "text"),
        ("a" * 70_000, "text"),
    ],
)
def test_the_sort_of_a_value_is_told(value: str, sort: str) -> None:
    assert sort_of(value) == sort


@pytest.mark.parametrize(
    ("length", "shown"),
    [(1, "up-to-16"), (16, "up-to-16"), (17, "up-to-64"), (1_048_576, "up-to-1048576"), (1_048_577, "over-1048576")],
)
def test_a_length_is_told_as_a_class(length: int, shown: str) -> None:
    assert length_class(length) == shown


def test_a_mask_tells_kind_sort_and_length_class() -> None:
    assert mask("secret", "d4c3b2a1-0f9e-4d8c-8b7a-695847362514") == "<secret:guid:up-to-64>"
    assert mask("text", "Zwiebelkuchen!") == "<text:up-to-16>"


def test_an_empty_value_stays_empty_because_that_is_a_fact() -> None:
    assert mask("secret", "") == ""
