"""Several calls in one answer, one answer over several calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.users.item.mail_folders.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.tasks.page_iterator import PageIterator

from tests.clients.real_clients import ADELE, GRAPH, Clients

if TYPE_CHECKING:
    from msgraph.generated.models.message import Message
    from msgraph.generated.models.user import User
    from msgraph.graph_service_client import GraphServiceClient

    from tests.clients.watch import Watch

REQUESTS = [
    {"id": "1", "method": "GET", "url": "/users"},
    {"id": "2", "method": "GET", "url": f"/users/{ADELE}/messages"},
    {"id": "3", "method": "GET", "url": "/groups"},
    {"id": "4", "method": "GET", "url": "/me"},
]


def test_every_refused_request_of_a_batch_is_a_failure_of_its_own(clients: Clients, watch: Watch) -> None:
    token = clients.app_token("directory-reader", GRAPH)
    answer = clients.call(token, "POST", f"{GRAPH}/v1.0/$batch", json={"requests": REQUESTS})
    assert [each["status"] for each in answer.json()["responses"]] == [200, 403, 403, 400]
    mail, groups, me = watch.verdicts()
    assert mail.short == ("graph-permission-missing-app", "likely")
    assert mail.line["why403.operation"] == "GET /users/{id}/messages"
    assert groups.line["why403.operation"] == "GET /groups"
    assert me.short == ("graph-me-with-app-token", "certain")
    assert {each.told["exchange"]["hidden_in_success"] for each in (mail, groups, me)} == {True}


def test_a_batch_in_which_all_is_well_is_no_failure(clients: Clients, watch: Watch) -> None:
    token = clients.app_token("directory-reader", GRAPH)
    clients.call(token, "POST", f"{GRAPH}/v1.0/$batch", json={"requests": REQUESTS[:1]})
    assert watch.verdicts() == []


def test_a_client_reads_page_after_page(clients: Clients, watch: Watch) -> None:
    names: list[str] = []

    async def read_all(graph: GraphServiceClient) -> None:
        settings = RequestConfiguration(
            query_parameters=UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=3)
        )
        first = await graph.users.get(request_configuration=settings)
        assert first is not None
        pages = PageIterator(first, graph.request_adapter)

        def take(user: User) -> bool:
            names.append(str(user.display_name))
            return True

        await pages.iterate(take)

    clients.graph(clients.daemon("mail-daemon"), read_all)
    assert len(names) == len(set(names)) == 10
    assert [asked.parameters.get("$skiptoken") for asked in clients.wire.requests_to("graph.microsoft.com")] == [
        None,
        "3",
        "6",
        "9",
    ]
    assert watch.verdicts() == []


def test_a_client_pages_through_a_thousand_messages_without_leaving(clients: Clients, watch: Watch) -> None:
    token = clients.app_token("mail-daemon", GRAPH)
    link, messages = f"{GRAPH}/v1.0/users/{ADELE}/mailFolders/archive/messages/delta?$top=90", []
    page = clients.call(token, "GET", link).json()
    while True:
        messages += page["value"]
        link = page.get("@odata.nextLink", "")
        if not link:
            break
        assert link.startswith(clients.way.url(GRAPH))
        page = clients.follow(token, link)
    assert len({each["subject"] for each in messages}) == 1000
    assert {each["bodyPreview"].partition("?")[0] for each in messages} == {
        'It said "@odata.nextLink":"https://graph.microsoft.com/v1.0/me/messages'
    }
    later = clients.follow(token, page["@odata.deltaLink"])
    assert later["value"] == []
    assert len(clients.wire.requests_to("graph.microsoft.com")) == 13
    assert watch.verdicts() == []


def test_the_sdk_follows_page_after_page_without_leaving(clients: Clients, watch: Watch) -> None:
    subjects: list[str] = []

    async def read_all(graph: GraphServiceClient) -> None:
        folder = graph.users.by_user_id(ADELE).mail_folders.by_mail_folder_id("archive")
        settings = RequestConfiguration(
            query_parameters=MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(top=40)
        )
        first = await folder.messages.get(request_configuration=settings)
        assert first is not None
        pages = PageIterator(first, graph.request_adapter)

        def take(message: Message) -> bool:
            subjects.append(str(message.subject))
            # The SDK needs milliseconds to read one message; three pages show what twenty would.
            return len(subjects) < 110

        await pages.iterate(take)

    clients.graph(clients.daemon("mail-daemon"), read_all)
    assert len(set(subjects)) == len(subjects) == 110
    assert len(clients.wire.requests_to("graph.microsoft.com")) == 3
    assert watch.verdicts() == []
