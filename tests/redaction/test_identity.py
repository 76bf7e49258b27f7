import pytest

from proxy_addons.redaction.identity import (
    ADDRESS,
    canonical_ip,
    canonical_name,
    canonical_user,
    forms,
    is_user,
    plain_form,
)

JANE = "jane.doe@contoso.com"


@pytest.mark.parametrize(
    "spelling",
    [
        "Jane.Doe@Contoso.COM",
        "SMTP:jane.doe@contoso.com",
        "smtp: jane.doe@contoso.com",
        "UPN:jane.doe@contoso.com",
        "mailto:jane.doe@contoso.com",
        "live.com#jane.doe@contoso.com",
        "i:0#.f|membership|jane.doe@contoso.com",
        "jane.doe%40contoso.com",
        "jane.doe%2540contoso.com",
        "jane.doe&#64;contoso.com",
        "<jane.doe@contoso.com>",
        "'jane.doe@contoso.com'",
        "jane.doe_contoso.com#EXT#@fabrikam.onmicrosoft.com",
        "jane_doe_contoso_com",
    ],
)
def test_every_spelling_of_a_user_is_one_person(spelling: str) -> None:
    assert canonical_user(spelling) == canonical_user(JANE)


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert canonical_user("jos\u00e9@contoso.com") == canonical_user("jose\u0301@contoso.com")


def test_a_doubled_quote_of_odata_is_one_quote() -> None:
    assert plain_form("o''neil@contoso.com") == "o'neil@contoso.com"


def test_two_people_are_two() -> None:
    assert canonical_user("jane@contoso.com") != canonical_user("john@contoso.com")


def test_a_guest_name_without_a_home_domain_is_taken_as_it_stands() -> None:
    assert plain_form("somebody#EXT#@contoso.com") == "somebody"


def test_encodings_are_undone_three_times_and_no_more() -> None:
    assert plain_form("a%252525252540b") == "a%252540b"


def test_a_name_with_a_comma_is_turned_round() -> None:
    assert canonical_name("Doe,  Jane") == canonical_name("jane doe")


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.1:443", "10.0.0.1"),
        ("[2001:DB8::1]:443", "2001:db8::1"),
        ("2001:0db8:0000::0001", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("15.20.8412.13", None),
        ("contoso.com", None),
    ],
)
def test_an_ip_address_has_one_form(raw: str, canonical: str | None) -> None:
    assert canonical_ip(raw) == canonical


@pytest.mark.parametrize(
    "value",
    [
        JANE,
        "smtp:jane@contoso.com",
        "S-1-5-21-3623811015-3361044348-30300820-1013",
        "/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=abc-jane",
        "CONTOSO\\jane",
        "i:0#.w|contoso\\jane",
    ],
)
def test_the_spellings_of_users_are_recognised(value: str) -> None:
    assert is_user(value)


@pytest.mark.parametrize("value", ["Jane Doe", "inbox", "https://graph.microsoft.com", "10.0.0.1"])
def test_other_values_are_no_users(value: str) -> None:
    assert not is_user(value)


def test_the_forms_hold_site_folder_guest_name_and_local_part() -> None:
    found = forms("SMTP:Jane.Doe@contoso.com", plain_form(JANE))
    assert {JANE, "SMTP:Jane.Doe@contoso.com", "jane_doe_contoso_com", "jane.doe_contoso.com#ext#", "jane.doe"} <= found


def test_what_is_no_address_has_no_other_forms() -> None:
    assert forms("CONTOSO\\jane", plain_form("CONTOSO\\jane")) == {"CONTOSO\\jane", "contoso\\jane"}


def test_addresses_of_every_script_are_found_in_text() -> None:
    assert [match[0] for match in ADDRESS.finditer("von жанна@пример.example an bob%40x.example.")] == [
        "жанна@пример.example",
        "bob%40x.example",
    ]
