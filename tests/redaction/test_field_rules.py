import pytest

from proxy_addons.redaction.field_rules import Treatment, fold, rule_for


@pytest.mark.parametrize("name", ["client_id", "clientId", "Client-ID", "CLIENT.ID", "client%5Fid"])
def test_names_are_compared_folded(name: str) -> None:
    assert fold(name) == "clientid"
    assert rule_for(name) is Treatment.FACT_ID


def test_a_code_is_a_secret_in_a_form_and_a_fact_in_an_error() -> None:
    assert rule_for("code", in_form=True) is Treatment.SECRET
    assert rule_for("code", in_error=True) is Treatment.CODE
    assert rule_for("code") is Treatment.SECRET


def test_a_message_is_a_sentence_in_an_error_and_content_elsewhere() -> None:
    assert rule_for("message", in_error=True) is Treatment.PROSE
    assert rule_for("message") is None


@pytest.mark.parametrize("name", ["dbPassword", "x-session-token", "apiKey2", "MySecretValue", "authHeader"])
def test_a_name_that_speaks_of_secrets_holds_one(name: str) -> None:
    assert rule_for(name) is Treatment.SECRET


def test_ids_of_applications_are_facts_and_ids_of_others_may_be_people() -> None:
    assert rule_for("ownerTenantId") is Treatment.FACT_ID
    assert rule_for("ownerUserId") is Treatment.OBJECT_ID


def test_inside_an_error_an_unknown_name_holds_a_sentence() -> None:
    assert rule_for("whatever", in_error=True) is Treatment.PROSE
    assert rule_for("whatever") is None
