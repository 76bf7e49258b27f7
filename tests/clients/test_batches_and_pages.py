"""Several calls in one answer, one answer over several calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.tasks.page_iterator import PageIterator

from tests.clients.real_clients import ADELE, GRAPH, Clients

if TYPE_CHECKING:
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


# The address of the next page is Microsoft's own: a client of the reverse port that follows it leaves the proxy.
@pytest.mark.parametrize("way", ["forward"], indirect=True)
def test_a_client_reads_page_after_page_through_the_forward_port(clients: Clients, watch: Watch) -> None:
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
