import pytest

from proxy_addons.redaction.lexicon import ALSO_NAMES, PUBLIC, is_public_name, is_public_text, is_public_word


@pytest.mark.parametrize(
    "name",
    [
        "userPrincipalName",
        "X-FEServer",
        "x-ms-ags-diagnostic",
        "@odata.nextLink",
        "$skiptoken",
        "Get-Mailbox",
        "serviceprincipals",
        "alerts_v2",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "2006",
        "D7",
    ],
)
def test_a_name_of_public_words_may_be_shown(name: str) -> None:
    assert is_public_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "janedoe",
        "jane.doe",
        "Zürich",
        "hunter2",
        "S3cr3tP4ss",
        "kJhGfDsAqWeRtY",
        "X-Contoso-Api-Key",
        "error104233",
        "a-b-c-d-e",
        "user\x00name",
        "Young-Black",
        "access" * 30,
        "AAMkAGI2NGVhZTVlLTI1OGMtNDI4My1iZmE5",
    ],
)
def test_any_other_name_may_not(name: str) -> None:
    assert not is_public_name(name)


def test_words_run_together_are_public_where_names_stand_and_not_in_prose() -> None:
    assert is_public_name("approleassignments")
    assert not is_public_name("approleassignments", compounds=False)


def test_case_does_not_matter_to_a_word() -> None:
    assert is_public_word("Mailbox")
    assert is_public_word("MAILBOX")
    assert not is_public_word("Ostrowski")


@pytest.mark.parametrize("text", ["Access is denied.", "error 403, code 12", "", "graph.microsoft.com/beta"])
def test_a_text_of_public_words_and_short_numbers_is_public(text: str) -> None:
    assert is_public_text(text)


@pytest.mark.parametrize("text", ["Access for Tove", "call 5550199", "für", "denied " * 1000])
def test_a_text_with_anything_else_is_not(text: str) -> None:
    assert not is_public_text(text)


def test_words_that_are_also_names_are_words_first() -> None:
    assert ALSO_NAMES <= PUBLIC
