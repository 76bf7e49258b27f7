"""Autodiscover: the JSON probe every client may make, and the XML service that first asks for credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy_addons.lab.accounts import AccountKind, find_account
from proxy_addons.lab.answers import Answer, json_answer
from proxy_addons.lab.exchange_gate import admit, back_end, front_end
from proxy_addons.lab.well_known import EXCHANGE_HOST

if TYPE_CHECKING:
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant


def answer_autodiscover(tenant: Tenant, asked: Asked) -> Answer:
    """A request below `/autodiscover/`. Raises `TurnedAway` with the challenge where no token came along."""
    if asked.path.lower().startswith("/autodiscover/autodiscover.json"):
        return _probe(asked)
    admit(tenant, asked)
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response>'
        '<Error Time="00:00:00" Id="1"><ErrorCode>600</ErrorCode><Message>Invalid Request</Message><DebugData/></Error>'
        "</Response></Autodiscover>"
    )
    return Answer(200, (("Content-Type", "text/xml; charset=utf-8"), *back_end(asked, 200)), body.encode())


def _probe(asked: Asked) -> Answer:
    """Where a mailbox's EWS is; no credentials needed."""
    given = {name.lower(): value for name, value in asked.parameters.items()}
    address = given.get("email", asked.path.rpartition("/")[2])
    account = find_account(address)
    if account is None or account.kind is AccountKind.PERSONAL:
        said = f"The given user was not found: {address}"
        return json_answer(404, {"ErrorCode": "UserNotFound", "ErrorMessage": said}, *front_end(asked))
    if given.get("protocol", "").lower() != "ews":
        protocol = given.get("protocol", "")
        said = f"The given protocol value '{protocol}' is invalid. Supported values are 'EWS'"
        return json_answer(400, {"ErrorCode": "InvalidProtocol", "ErrorMessage": said}, *front_end(asked))
    return json_answer(200, {"Protocol": "EWS", "Url": f"https://{EXCHANGE_HOST}/EWS/Exchange.asmx"}, *front_end(asked))
