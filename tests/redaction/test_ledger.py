from proxy_addons.redaction.ledger import DroppedPart, Removal
from proxy_addons.redaction.pseudonyms import Kind
from tests.redaction.notes import ledger
from tests.support.wire import jwt


def test_what_was_removed_is_counted_by_kind_and_place() -> None:
    notes = ledger()
    notes.place = "request body"
    notes.user("jane.doe@contoso.com")
    notes.user("jane.doe@contoso.com")
    notes.secret("Zwiebelkuchen77")
    assert notes.removals() == (Removal(Kind.SECRET, "request body", 1), Removal(Kind.USER, "request body", 2))


def test_a_part_left_out_is_noted_with_a_class_of_its_size() -> None:
    notes = ledger()
    notes.place = "response body"
    notes.drop(5000, "binary")
    assert notes.dropped() == (DroppedPart("response body", "up-to-16384", "binary"),)
    assert notes.removals() == (Removal(Kind.PART, "response body", 1),)


def test_a_user_is_forbidden_in_every_form() -> None:
    notes = ledger()
    notes.user("jane.doe@contoso.com")
    for text in ("Jane.Doe@contoso.com", "x JANE_DOE_CONTOSO_COM y", "jane.doe"):
        assert notes.survives_in(text)
    assert not notes.survives_in("Access is denied")


def test_a_user_of_public_words_is_replaced_and_not_searched_for() -> None:
    notes = ledger()
    assert notes.user("Default").startswith("<user:")
    assert len(notes.originals()) == 0


def test_what_cannot_be_a_user_is_masked_as_text() -> None:
    assert ledger().user("@@@") == "<text:up-to-16>"


def test_an_empty_name_stays_empty() -> None:
    assert ledger().name("  ") == "  "


def test_the_words_of_a_name_are_known_as_well() -> None:
    notes = ledger()
    shown = notes.name("Ostrowski, Wilhelmina")
    assert notes.surfaces["wilhelmina"] == notes.surfaces["ostrowski"] == shown


def test_short_secrets_are_masked_and_not_searched_for() -> None:
    notes = ledger()
    assert notes.secret("Zx9!k") == "<secret:up-to-16>"
    assert len(notes.originals()) == 0


def test_a_password_of_public_words_is_searched_for_unless_it_is_one_word() -> None:
    notes = ledger()
    notes.secret("password")
    assert len(notes.originals()) == 0
    notes.secret("correct token value")
    assert notes.survives_in("a correct token value")


def test_an_empty_value_is_not_counted() -> None:
    notes = ledger()
    assert notes.text("") == ""
    assert notes.removals() == ()


def test_the_domain_of_an_organisation_may_be_shown() -> None:
    notes = ledger()
    notes.user("jane.doe@contoso.com")
    assert notes.domain("contoso.com") == "contoso.com"
    assert "contoso.com" in notes.facts


def test_a_domain_that_names_its_owner_may_not() -> None:
    notes = ledger()
    notes.user("ostrowski@ostrowski-family.example")
    assert "ostrowski-family.example" not in notes.facts
    assert notes.domain("ostrowski-family.example").startswith("<domain:")


def test_an_installation_may_hide_all_domains() -> None:
    notes = ledger(hide_domains=True)
    notes.user("jane.doe@kestrel-labs.example")
    assert notes.domain("kestrel-labs.example").startswith("<domain:")
    assert notes.survives_in("https://kestrel-labs.example")


def test_addresses_in_text_that_is_not_shown_are_known_afterwards() -> None:
    notes = ledger()
    notes.gather("please ask tove.lindqvist@kestrel-labs.example about it")
    assert notes.survives_in("tove.lindqvist@kestrel-labs.example")


def test_gathering_ends_somewhere() -> None:
    notes = ledger()
    notes.gather(" ".join(f"person.{number}@kestrel-labs.example" for number in range(400)))
    assert notes.survives_in("person.100@kestrel-labs.example")
    assert not notes.survives_in("person.399@kestrel-labs.example")


def test_the_words_of_the_wire_are_known_in_every_form_a_reader_decodes() -> None:
    notes = ledger()
    for raw in ("Plain-Text", "per%20cent%2520twice", "ent&#105;ty", "esc\\u0061pe\\nline"):
        notes.see(raw)
    assert all(word in notes.wire for word in ("plain", "text", "per", "cent", "twice", "entity", "escape", "line"))


def test_a_token_says_no_words() -> None:
    notes = ledger()
    notes.see(f"Bearer {jwt({'a': 'b'}, signature='fl-' + 'c2ln' * 80)}")
    assert "fl" not in notes.wire


def test_ip_addresses_are_one_in_every_form() -> None:
    notes = ledger()
    assert notes.ip("10.0.0.1:443") == notes.ip("10.0.0.1")


def test_a_name_of_two_words_that_are_names_is_a_person() -> None:
    notes = ledger()
    shown = notes.name("Mark Young")
    assert notes.phrases["mark young"] == shown
    assert notes.survives_in("for mark young")


def test_no_word_of_a_persons_name_may_show_in_a_host() -> None:
    notes = ledger()
    notes.name("Tove Lindqvist", person=True)
    assert notes.domain("tove-laptop.contoso.local").startswith("<domain:")
    assert notes.survives_in("Tove-Tool/1.0")
    assert not notes.survives_in("stove")


def test_the_name_of_a_thing_does_not_hide_the_domain_of_its_owner() -> None:
    notes = ledger()
    notes.name("Kestrel Backup Service")
    assert notes.domain("kestrel.onmicrosoft.com") == "kestrel.onmicrosoft.com"
    assert not notes.survives_in("kestrel.onmicrosoft.com")


def test_system_mailboxes_and_microsofts_own_applications_are_nobody() -> None:
    notes = ledger()
    mailbox = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@contoso.onmicrosoft.com"
    assert notes.user(mailbox) == mailbox
    assert notes.user("00000003-0000-0000-c000-000000000000") == "00000003-0000-0000-c000-000000000000"
    notes.gather(f"see {mailbox}")
    assert len(notes.originals()) == 0


def test_an_id_that_is_a_fact_as_well_is_no_secret() -> None:
    notes = ledger()
    app = "b2f0c9d4-1a6e-4c35-8f27-90ad3be1c7f2"
    notes.fact(app)
    notes.secret(app)
    assert not notes.survives_in(f"client_id={app}")


def test_the_object_ids_of_people_are_known_for_other_exchanges() -> None:
    notes = ledger()
    shown = notes.user("0D9F8E7C-6b5a-4938-8271-605f4e3d2c1b")
    assert notes.originals().object_ids == {"0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b": shown}
