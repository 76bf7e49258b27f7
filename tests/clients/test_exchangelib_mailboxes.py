"""exchangelib and the rights on mailboxes: SOAP faults with 500, errors inside a 200."""

from __future__ import annotations

from typing import TYPE_CHECKING

import exchangelib
import pytest
from exchangelib.errors import (
    ErrorAccessDenied,
    ErrorImpersonateUserDenied,
    ErrorInvalidExchangeImpersonationHeaderData,
    ErrorNonExistentMailbox,
    ErrorSendAsDenied,
)

from tests.clients.real_clients import ADELE, ALEX, EXCHANGE, Clients, read

if TYPE_CHECKING:
    from proxy_addons.lab import Lab
    from tests.clients.watch import Watch

OWN_MAIL = f"{EXCHANGE}/EWS.AccessAsUser.All"


def test_a_mailbox_outside_the_scope_is_explained_as_impersonation_denied(
    lab: Lab, clients: Clients, watch: Watch
) -> None:
    lab.tenant.change(impersonation_scope=[ALEX])
    with pytest.raises(ErrorImpersonateUserDenied, match="does not have permission to impersonate the requested user"):
        read(clients.mailbox_as_app("mail-daemon"))
    verdict = watch.verdict("ews-impersonate-user-denied", "certain")
    assert (verdict.line["http.response.status_code"], verdict.line["auth.gate"]) == (500, "role")


def test_an_app_that_does_not_impersonate_is_told_to(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ErrorInvalidExchangeImpersonationHeaderData, match="must be present for this type"):
        read(clients.mailbox_as_app("mail-daemon", impersonate=False))
    verdict = watch.verdict("ews-impersonation-header-missing", "certain")
    assert verdict.line["auth.token.identity"] == "app"
    assert verdict.evidence["error.codes"] == "ErrorInvalidExchangeImpersonationHeaderData"


def test_a_user_who_impersonates_is_told_not_to(clients: Clients, watch: Watch) -> None:
    token = clients.user_token(ADELE, OWN_MAIL)
    with pytest.raises(ErrorInvalidExchangeImpersonationHeaderData, match="must not exist for this type"):
        read(clients.mailbox_with(token, impersonate=True))
    assert watch.verdict("ews-impersonation-header-forbidden", "certain").line["auth.token.identity"] == "user"


def test_an_address_without_a_mailbox_is_explained_as_absent(clients: Clients, watch: Watch) -> None:
    with pytest.raises(ErrorNonExistentMailbox, match="no mailbox associated"):
        read(clients.mailbox_as_app("mail-daemon", "nobody@contoso.com"))
    assert watch.verdict("ews-mailbox-absent", "certain").line["auth.gate"] == "resource"


def test_an_error_inside_a_200_is_explained_as_missing_folder_rights(clients: Clients, watch: Watch) -> None:
    token = clients.user_token(ALEX, OWN_MAIL)
    with pytest.raises(ErrorAccessDenied, match="Access is denied"):
        read(clients.mailbox_with(token, ADELE))
    verdict = watch.verdict("ews-delegate-folder-permission", "likely")
    assert verdict.line["http.response.status_code"] == 200
    assert verdict.told["exchange"]["hidden_in_success"] is True


def test_a_mail_in_somebody_elses_name_is_explained_as_send_as_denied(clients: Clients, watch: Watch) -> None:
    mailbox = clients.mailbox_as_app("mail-daemon")
    message = exchangelib.Message(
        account=mailbox, subject="Figures", author=ALEX, to_recipients=["rita@contoso.com"], body="see attachment"
    )
    with pytest.raises(ErrorSendAsDenied, match="does not have the right to send mail on behalf of"):
        message.send()
    assert watch.verdict("ews-send-as-denied", "certain").line["http.response.status_code"] == 200
