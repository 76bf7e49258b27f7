import pytest

from proxy_addons.redaction.free_text import clean, clean_our_words, object_id
from tests.redaction.notes import ledger, plain

GUID = "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b"


@pytest.mark.parametrize(
    "sentence",
    [
        "Insufficient privileges to complete the operation.",
        "AADSTS7000215: Invalid client secret provided.",
        f"Trace ID: {GUID} Correlation ID: {GUID} Timestamp: 2026-11-21 12:00:00Z",
        "API requires one of 'ChannelMessage.Read.All, Group.Read.All'. Roles on the request ''.",
        "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.",
        "The audience claim value is invalid 'https://graph.microsoft.com'.",
        "Server AM9PR07MB7251 version 15.20.8412.13 says 0x80070005.",
        "CompactToken parsing failed with error code: 80049217",
        "The client's token isn't valid.",
        "00000001-0000-0000-c000-000000000000@*",
        f"{GUID}@{GUID}",
        "Offset=10 of 100 200 at 12:00:00",
        "Requires plan E5.",
        "Grant the permission first.",
        "11/21/2026 12:00:00 PM",
        "Your account has access.",
        "Enable SAM first.",
        "IDX10511: Signature validation failed.",
        "Error code 80049217, status 1234567",
        "",
    ],
)
def test_what_a_service_says_about_itself_stays(sentence: str) -> None:
    assert clean(sentence, ledger()) == sentence


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Couldn't find Wilhelmina Ostrowski.", "Couldn't find <text>."),
        ("User jane@contoso.com is not allowed", "User <user> is not allowed"),
        ("for jane%40contoso.com", "for <user>"),
        ("for jane&#64;contoso.com", "for <user>"),
        ("for Am\\u0452a Am%D1%92a Am&#1106;a", "for <text>"),
        ("for Am=D1=92a and A\\xd1b", "for <text> and <text>"),
        ("User 'Grant Young' is not allowed", "User '<text>' is not allowed"),
        ("blocked by Mark", "blocked by <text>"),
        ('No item with subject "quarterly review of plans"', 'No item with subject "<text>"'),
        ("IP address 203.0.113.7 or 2001:db8::17 is blocked", "IP address <ip> or <ip> is blocked"),
        ("Call +49 170 1234567", "Call <text>"),
        ("Employee 104233777", "Employee <number>"),
        ("a%252525252541b", "<text>"),
        ("a:b:c:1:2:3:4:5:6:7:8:9", "a:b:c:<text>"),
        ("device 0A:1B:2C:3D:4E:5F", "device <text>"),
        ("secret 7b:4d;91x", "secret <text>:<text>;<text>"),
        (f"user {GUID} is unknown", "user <user> is unknown"),
        ("owner S-1-5-21-3623811015-3361044348-30300820-1013", "owner <user>"),
        ("CONTOSO\\jane and i:0#.f|membership|jane@contoso.com", "<user> and <user>"),
        ("key -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- end", "key <secret:up-to-64> end"),
        ("token EwBwA8l6BAAUO9chh8cJscQLmULSWpbnr0vmww", "token <token>"),
        ("see https://portal.jane-doe.example/Falkenberg.", "see https://<domain>/<text:up-to-16>."),
        ("host mail.jane-doe.example", "host <domain>"),
        ("für alle", "<text>"),
        ("日本", "<text>"),
        ("x" * 5000, "<text>"),
    ],
)
def test_what_it_says_about_people_does_not(sentence: str, shown: str) -> None:
    assert plain(clean(sentence, ledger()))[: len(shown)] == shown


def test_what_lies_beyond_four_thousand_characters_is_left_out() -> None:
    assert clean("denied 5 " * 800, ledger()).endswith("<text:up-to-4096>")


def test_whoever_is_known_from_the_exchange_gets_the_stand_in_known() -> None:
    notes = ledger()
    name, user = notes.name("Wilhelmina Ostrowski"), notes.user("w.ostrowski@kestrel-labs.example")
    said = "wilhelmina ostrowski, OSTROWSKI and w.ostrowski (w_ostrowski_kestrel-labs_example) are w.ostrowski@kestrel-labs.example"
    assert clean(said, notes) == f"{name}, {name} and {user} ({user}) are {user}"


def test_a_quoted_name_that_is_known_gets_its_stand_in() -> None:
    notes = ledger()
    name = notes.name("Ostrowski")
    assert clean("mailbox 'of Ostrowski now'", notes) == f"mailbox '<text> {name} <text>'"


def test_a_user_name_of_digits_and_letters_is_known_too() -> None:
    notes = ledger()
    user = notes.user("4711x")
    assert clean("user 4711x", notes) == f"user {user}"


def test_the_facts_of_the_exchange_stay_wherever_they_stand() -> None:
    notes = ledger()
    notes.fact("Kestrel.Sync")
    notes.fact("2222222")
    notes.fact("9x8z7")
    notes.fact(GUID)
    said = f"'Kestrel.Sync' of user {GUID} 2222222 and 9x8z7"
    assert clean(said, notes) == said


def test_a_guid_is_judged_by_what_is_known_of_it() -> None:
    notes = ledger()
    user = notes.user(GUID)
    assert object_id(GUID.upper(), notes) == user
    assert clean(f"app {GUID}", notes) == f"app {user}"
    assert object_id("00000003-0000-0000-c000-000000000000", notes) == "00000003-0000-0000-c000-000000000000"


def test_our_own_words_stay_unless_the_wire_said_them() -> None:
    sentence = "Ask Kestrel's helpdesk for Falkenberg, see https://aka.ms/falkenberg"
    assert clean_our_words(sentence, ledger(), frozenset()) == sentence
    shown = clean_our_words(sentence, ledger(), frozenset({"falkenberg"}))
    assert shown == "Ask Kestrel's helpdesk for <text>, see https://aka.ms/<text>"


def test_what_a_sentence_of_ours_quotes_in_an_encoding_is_decoded_and_cleaned() -> None:
    wire = frozenset({"tove", "3dtove", "xd1tove"})
    assert clean_our_words("a %2B becomes %252B", ledger(), wire) == "a %2B becomes %252B"
    assert clean_our_words("it sent claims%3DTove", ledger(), wire) == "it sent claims=<text>"
    assert clean_our_words("it sent A\\xd1Tove", ledger(), wire) == "it sent <text>"


def test_public_prose_is_ours_at_once() -> None:
    assert clean_our_words("Grant it to the app", ledger(), frozenset({"grant"})) == "Grant it to the app"


def test_a_short_number_stays_in_our_sentences_whoever_said_it() -> None:
    shown = clean_our_words("Ostrowski was refused 305 times", ledger(), frozenset({"ostrowski", "305"}))
    assert shown == "<text> was refused 305 times"


def test_a_value_cut_off_is_never_ours() -> None:
    assert clean_our_words("It said Ostrows\u2026", ledger(), frozenset({"ostrowski"})) == "It said <text>\u2026"


def test_words_beyond_ascii_are_never_ours() -> None:
    assert clean_our_words("Frau Köves said so", ledger(), frozenset()) == "Frau <text> said so"


def test_whoever_is_known_is_replaced_in_our_sentences_as_well() -> None:
    notes = ledger()
    name = notes.name("Ostrowski")
    assert clean_our_words("The mailbox of Ostrowski", notes, frozenset()) == f"The mailbox of {name}"


def test_a_part_of_a_word_the_wire_said_is_ours() -> None:
    assert clean_our_words("az ad app list", ledger(), frozenset({"azure", "lazy"})) == "az ad app list"


@pytest.mark.parametrize("text", ["on AM9PR07MB7251", "on DB1PEPF000399A2", "by AM0PR02CA0113", "at DB7PR04A03DC001"])
def test_servers_of_microsofts_stay_in_sentences(text: str) -> None:
    assert clean(text, ledger()) == text


def test_an_account_number_is_no_server() -> None:
    assert "370400" not in clean("paid to DE89370400440532013000", ledger())
