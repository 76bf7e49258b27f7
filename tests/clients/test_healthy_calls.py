"""Nothing is wrong: the clients work as they do without a proxy, and why403 has nothing to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import exchangelib
import pytest

from tests.clients.real_clients import ADELE, ALEX, EXCHANGE, GRAPH, Clients, read

if TYPE_CHECKING:
    from tests.clients.watch import Watch

INBOX = ["Your expense report", "Lunch on Friday?", "Quarterly figures"]


def test_exchangelib_reads_a_mailbox_as_an_app(clients: Clients, watch: Watch) -> None:
    assert read(clients.mailbox_as_app("mail-daemon")) == INBOX
    assert watch.verdicts() == []


def test_exchangelib_reads_a_mailbox_as_its_user(clients: Clients, watch: Watch) -> None:
    token = clients.user_token(ALEX, f"{EXCHANGE}/EWS.AccessAsUser.All")
    assert clients.mailbox_with(token, ALEX).inbox.total_count == 3
    assert watch.verdicts() == []


def test_exchangelib_saves_a_message_and_finds_it_again(clients: Clients, watch: Watch) -> None:
    mailbox = clients.mailbox_as_app("mail-daemon", "boardroom@contoso.com")
    subject = f"Agenda by the {clients.way.name} port"
    exchangelib.Message(account=mailbox, folder=mailbox.drafts, subject=subject, to_recipients=[ALEX]).save()
    assert subject in [item.subject for item in mailbox.drafts.all()]
    assert watch.verdicts() == []


def test_msgraph_lists_users_and_mail(clients: Clients, watch: Watch) -> None:
    daemon = clients.daemon("mail-daemon")
    users = clients.graph(daemon, lambda graph: graph.users.get())
    mail = clients.graph(daemon, lambda graph: graph.users.by_user_id(ADELE).messages.get())
    assert users is not None
    assert mail is not None
    assert len(users.value or []) == 10
    assert [message.subject for message in mail.value or []] == INBOX
    assert watch.verdicts() == []


def test_a_person_reads_the_own_profile(clients: Clients, watch: Watch) -> None:
    me = clients.graph(clients.person(ADELE), lambda graph: graph.me.get())
    assert me is not None
    assert me.mail == ADELE
    assert watch.verdicts() == []


def test_a_security_reader_reads_alerts(clients: Clients, watch: Watch) -> None:
    alerts = clients.graph(clients.person("sasha@contoso.com"), lambda graph: graph.security.alerts.get())
    assert alerts is not None
    assert len(alerts.value or []) == 1
    assert watch.verdicts() == []


def test_an_administrator_calls_the_admin_api(clients: Clients, watch: Watch) -> None:
    token = clients.app_token("admin-daemon", EXCHANGE)
    url = f"{EXCHANGE}/adminapi/v2.0/{clients.lab.tenant_id}/Mailbox"
    answer = clients.call(token, "POST", url, json={"CmdletInput": {"CmdletName": "Get-Mailbox"}})
    assert ADELE in [each["PrimarySmtpAddress"] for each in answer.json()["value"]]
    assert watch.verdicts() == []


def test_what_a_client_sends_reaches_microsoft_as_sent(clients: Clients) -> None:
    read(clients.mailbox_as_app("mail-daemon"))
    asked = clients.wire.requests_to("outlook.office365.com")[0]
    assert asked.path == "/EWS/Exchange.asmx"
    assert asked.headers["x-anchormailbox"] == ADELE
    assert asked.headers["user-agent"].startswith("exchangelib/5.")
    assert asked.headers["host"] == "outlook.office365.com"
    assert "x-forwarded-for" not in asked.headers
    assert "via" not in asked.headers


# An ordinary client that ignores the proxy: nothing about it may depend on the reverse port's own address.
@pytest.mark.parametrize("way", ["reverse"], indirect=True)
def test_no_trace_of_the_reverse_port_reaches_microsoft(clients: Clients) -> None:
    token = clients.app_token("mail-daemon", GRAPH)
    clients.call(token, "GET", f"{GRAPH}/v1.0/users")
    assert [asked for asked in clients.wire.asked if "127.0.0.1" in f"{asked.url} {asked.headers.raw}"] == []
