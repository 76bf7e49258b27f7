"""Real exchangelib against the lab: what works, and what its user is told when it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from exchangelib import (
    DELEGATE,
    IMPERSONATION,
    OAUTH2,
    Account,
    Configuration,
    Identity,
    Message,
    OAuth2Credentials,
    OAuth2LegacyCredentials,
)
from exchangelib.errors import (
    ErrorAccessDenied,
    ErrorImpersonateUserDenied,
    ErrorInvalidExchangeImpersonationHeaderData,
    ErrorNonExistentMailbox,
    ErrorSendAsDenied,
    MalformedResponseError,
    UnauthorizedError,
)
from exchangelib.protocol import BaseProtocol, close_connections

from proxy_addons.lab.accounts import find_account
from tests.lab.clients import LabAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.lab import Lab


@pytest.fixture
def through_the_lab(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    class Adapter(LabAdapter):
        pass

    Adapter.lab = lab
    monkeypatch.setattr(BaseProtocol, "HTTP_ADAPTER_CLS", Adapter)
    yield lab
    close_connections()


def open_as_app(lab: Lab, address: str, app_name: str = "mail-daemon", access_type: str = IMPERSONATION) -> Account:
    app = lab.app(app_name)
    credentials = OAuth2Credentials(
        client_id=app.client_id,
        client_secret=app.secret,
        tenant_id=lab.tenant_id,
        identity=Identity(primary_smtp_address=address) if access_type == IMPERSONATION else None,
    )
    return _account(address, credentials, access_type)


def open_as_user(lab: Lab, mailbox: str, user: str) -> Account:
    account = find_account(user)
    assert account is not None
    credentials = OAuth2LegacyCredentials(
        client_id=lab.app("desktop").client_id,
        client_secret=None,
        tenant_id=lab.tenant_id,
        username=user,
        password=account.password,
    )
    return _account(mailbox, credentials, DELEGATE)


def _account(address: str, credentials: object, access_type: str) -> Account:
    configuration = Configuration(server="outlook.office365.com", credentials=credentials, auth_type=OAUTH2)
    return Account(address, config=configuration, autodiscover=False, access_type=access_type)


def test_an_app_lists_the_folders_of_the_mailbox_it_impersonates(through_the_lab: Lab) -> None:
    account = open_as_app(through_the_lab, "adele@contoso.com")
    names = {folder.name for folder in account.root.walk()}
    assert {"Inbox", "Projects", "Calendar", "Sent Items"} <= names


def test_an_app_reads_the_messages_of_the_inbox(through_the_lab: Lab) -> None:
    account = open_as_app(through_the_lab, "adele@contoso.com")
    assert [item.subject for item in account.inbox.all()] == [
        "Your expense report",
        "Lunch on Friday?",
        "Quarterly figures",
    ]


def test_a_message_that_was_saved_is_found_again(through_the_lab: Lab) -> None:
    account = open_as_app(through_the_lab, "boardroom@contoso.com")
    Message(account=account, folder=account.drafts, subject="Agenda", to_recipients=["alex@contoso.com"]).save()
    assert [item.subject for item in account.drafts.all()] == ["Agenda"]


def test_a_message_is_sent_and_kept_among_the_sent_items(through_the_lab: Lab) -> None:
    account = open_as_app(through_the_lab, "rita@contoso.com")
    Message(account=account, subject="Plain", to_recipients=["alex@contoso.com"]).send()
    Message(account=account, folder=account.sent, subject="Kept", to_recipients=["alex@contoso.com"]).send_and_save()
    assert "Kept" in [item.subject for item in account.sent.all()]


def test_a_user_reads_the_own_mailbox_with_a_delegated_token(through_the_lab: Lab) -> None:
    assert open_as_user(through_the_lab, "alex@contoso.com", "alex@contoso.com").inbox.total_count == 3


def test_a_delegate_opens_the_shared_mailbox(through_the_lab: Lab) -> None:
    assert open_as_user(through_the_lab, "helpdesk@contoso.com", "alex@contoso.com").inbox.total_count == 3


def test_the_server_gives_its_version_and_its_time_zones(through_the_lab: Lab) -> None:
    account = open_as_app(through_the_lab, "adele@contoso.com")
    assert account.version.build.major_version == 15
    assert "UTC" in {zone.id for zone in account.protocol.get_timezones()}


def test_a_name_is_resolved_to_its_mailbox(through_the_lab: Lab) -> None:
    account = open_as_app(through_the_lab, "adele@contoso.com")
    assert account.version  # exchangelib asks for it once and cannot resolve names before
    assert [found.email_address for found in account.protocol.resolve_names(["wilber"])] == ["alex@contoso.com"]


def test_a_graph_scoped_app_is_told_only_that_its_credentials_are_invalid(through_the_lab: Lab) -> None:
    with pytest.raises(UnauthorizedError, match="Invalid credentials"):
        _ = open_as_app(through_the_lab, "adele@contoso.com", "directory-reader").inbox


def test_a_blocked_user_agent_surfaces_as_an_unknown_failure(through_the_lab: Lab) -> None:
    through_the_lab.tenant.change(ews_policy="EnforceBlockList", ews_block_list=["exchangelib/*"])
    with pytest.raises(MalformedResponseError, match="Code: 403"):
        _ = open_as_app(through_the_lab, "adele@contoso.com").inbox


def test_an_app_that_forgets_to_impersonate_is_told_so(through_the_lab: Lab) -> None:
    with pytest.raises(ErrorInvalidExchangeImpersonationHeaderData, match="must be present"):
        _ = open_as_app(through_the_lab, "adele@contoso.com", access_type=DELEGATE).inbox


def test_a_mailbox_outside_the_management_scope_cannot_be_impersonated(through_the_lab: Lab) -> None:
    through_the_lab.tenant.change(impersonation_scope=["alex@contoso.com"])
    with pytest.raises(ErrorImpersonateUserDenied):
        _ = open_as_app(through_the_lab, "adele@contoso.com").inbox


def test_a_mailbox_that_does_not_exist_is_named_as_the_reason(through_the_lab: Lab) -> None:
    with pytest.raises(ErrorNonExistentMailbox):
        _ = open_as_app(through_the_lab, "nobody@contoso.com").inbox


def test_a_user_without_rights_on_another_mailbox_is_denied_access(through_the_lab: Lab) -> None:
    with pytest.raises(ErrorAccessDenied):
        _ = open_as_user(through_the_lab, "adele@contoso.com", "alex@contoso.com").inbox


def test_sending_as_somebody_else_is_refused(through_the_lab: Lab) -> None:
    account = open_as_app(through_the_lab, "adele@contoso.com")
    message = Message(account=account, subject="x", author="alex@contoso.com", to_recipients=["rita@contoso.com"])
    with pytest.raises(ErrorSendAsDenied):
        message.send()
