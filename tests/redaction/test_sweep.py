import json

import pytest

from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.pseudonyms import Kind
from proxy_addons.redaction.sweep import ENCODINGS, WINDOW, Hit, prepare, recognised, sweep
from tests.redaction.encodings import spellings

SECRET = 'Zx9!käse"Tok~en_8Q~abcd<efghij'
ADDRESS = "wilhelmina.ostrowski@kestrel-labs.example"
FORBIDDEN = Originals({SECRET: Kind.SECRET, ADDRESS: Kind.USER})


@pytest.mark.parametrize("value", [SECRET, ADDRESS])
@pytest.mark.parametrize("spelling", [name for name, _ in spellings("x" * 20)])
def test_a_value_is_found_in_every_spelling(value: str, spelling: str) -> None:
    hidden = dict(spellings(f"  {value}  "))[spelling]
    assert sweep(b"before " + hidden + b" after", FORBIDDEN)


@pytest.mark.parametrize("start", range(len(SECRET) - WINDOW + 1))
def test_every_window_of_a_secret_is_found(start: int) -> None:
    assert sweep(f"x{SECRET[start : start + WINDOW]}y".encode(), FORBIDDEN) == (Hit("plain", "secret"),)


def test_a_part_of_an_address_is_no_finding() -> None:
    assert sweep(b"kestrel-labs.example", FORBIDDEN) == ()


def test_clean_bytes_are_clean() -> None:
    assert sweep(json.dumps({"error": "Access is denied.", "id": "%41&amp;\\u0041"}).encode(), FORBIDDEN) == ()
    assert sweep(b"\xff\x00broken\x00", Originals()) == ()


def test_a_finding_names_encoding_and_kind_and_never_the_value() -> None:
    (hit,) = sweep(SECRET.encode("utf-16-le"), Originals({SECRET: Kind.SECRET}))
    assert hit == Hit("utf-16", "secret")
    assert SECRET not in repr(prepare(FORBIDDEN))
    assert {hit.encoding} <= set(ENCODINGS)


def test_mixed_encodings_within_a_line_are_found() -> None:
    text = json.dumps({"url": f"https://x.example/?q={ADDRESS.replace('@', '%40').replace('-', '%2D')}"})
    assert sweep(text.encode(), FORBIDDEN)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("eyJhbGciOiJSUzI1NiJ9.eyJ1cG4iOiJqYW5lIn0.c2ln", "token"),
        ("EwBwA8l6BAAUO9chh8cJscQLmULSWpbnr0vmwwAATq3kfPzq7RbXYWlT9", "token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "secret"),
        ("somebody.new@kestrel-labs.example", "user"),
        ("somebody.new%40kestrel-labs.example", "user"),
    ],
)
def test_what_can_be_recognised_is_found_without_an_original(text: str, kind: str) -> None:
    assert sweep(text.encode(), Originals()) == (Hit("plain", kind),)


@pytest.mark.parametrize(
    "text",
    [
        "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@contoso.com",
        "00000001-0000-0000-c000-000000000000@contoso.com",
    ],
)
def test_addresses_that_are_nobodys_are_no_finding(text: str) -> None:
    assert sweep(text.encode(), Originals()) == ()


def test_short_values_count_as_words_only() -> None:
    short = Originals({"Reade": Kind.NAME})
    assert sweep(b"a reader", short) == ()
    assert sweep(b"by Reade.", short) == (Hit("plain", "name"),)
    longer = Originals({"Ostrowski": Kind.NAME})
    assert sweep(b"xOstrowskix", longer) == (Hit("plain", "name"),)


def test_decoded_junk_is_not_searched_for_short_values() -> None:
    assert sweep(b"T3N0cm9SZWFkZQ==", Originals({"Reade": Kind.NAME})) == ()


def test_a_fact_of_another_exchange_may_appear_unless_it_is_personal() -> None:
    facts = frozenset({"kestrelsync", "w.ostrowski"})
    assert sweep(b"KestrelSync", Originals({"KestrelSync": Kind.TEXT}, facts)) == ()
    assert sweep(b"w.ostrowski", Originals({"w.ostrowski": Kind.USER}, facts)) != ()


def test_public_sentences_inside_a_masked_text_are_no_finding() -> None:
    text = "Tove wrote: the application has been refused because of the policy of kestrel-labs.example today"
    masked = Originals({text: Kind.TEXT}, frozenset({"kestrel-labs.example", "short"}))
    assert sweep(b"the application has been refused because of the policy", masked) == ()
    assert sweep(b"of kestrel-labs.example today", masked) == ()
    assert sweep(b"@kestrel-labs.example", Originals({"x '@kestrel-labs.example' y": Kind.TEXT}, masked.facts)) == ()
    assert sweep(b"kestrel-labs.example", Originals({"'kestrel-labs.example' and": Kind.TEXT}, masked.facts)) == ()
    assert (
        sweep(b"wrote: zwiebelkuchen-falkenberg", Originals({"Tove wrote: zwiebelkuchen-falkenberg": Kind.TEXT})) != ()
    )


def test_of_a_huge_value_both_ends_are_searched_for() -> None:
    huge = "".join(f"{number:x}q" for number in range(40_000))
    held = Originals({huge: Kind.TOKEN})
    assert sweep(huge[:100].encode(), held)
    assert sweep(huge[-100:].encode(), held)


def test_many_originals_and_much_text_are_searched() -> None:
    many = Originals({f"person{number}.name@kestrel{number}.example": Kind.USER for number in range(2000)})
    text = ("nothing here " * 10_000 + "person1234.name@kestrel1234.example").encode()
    assert Hit("plain", "user") in sweep(text, many)


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        (b"to jane.doe@contoso.example", (Hit("plain", "user"),)),
        (b"to jane.doe&#64;contoso.example", (Hit("markup", "user"),)),
        (b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x", (Hit("plain", "token"),)),
        (b"<user:1> wrote", ()),
        (b"SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@contoso.com", ()),
    ],
)
def test_credentials_and_addresses_are_recognised_without_the_originals(text: bytes, hits: tuple[Hit, ...]) -> None:
    assert recognised(text) == hits


def test_a_line_of_a_longer_text_is_found_by_itself() -> None:
    held = Originals(
        {"short\nYsolde Quackenbush schrieb Heliotrop\nAccess is denied for all of these users": Kind.TEXT}
    )
    assert sweep(b"Ysolde Quackenbush schrieb Heliotrop", held) == (Hit("plain", "text"),)
    assert sweep(b"Access is denied for all of these users", held) == ()


def test_a_fact_inside_a_secret_is_no_window_of_it() -> None:
    held = Originals(
        {'user="jane", host="plumbagon85.example", x="7e7df3"': Kind.SECRET}, frozenset({"plumbagon85.example"})
    )
    assert sweep(b'"host": "plumbagon85.example"', held) == ()
