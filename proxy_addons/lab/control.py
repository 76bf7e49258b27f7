"""The lab's own face, under localhost: read the directory, read and change the switches, approve a device sign-in.

GET    /directory          accounts with passwords, applications with secrets, the host names
GET    /tenant             the switches
PATCH  /tenant             {"ews_enabled": false, ...}
DELETE /tenant             every switch back to its default
POST   /device             {"user_code": "...", "account": "adele@contoso.com"}
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from pydantic import ValidationError

from proxy_addons.lab.accounts import ACCOUNTS, CONTOSO, FABRIKAM, GROUPS
from proxy_addons.lab.answers import Answer, json_answer
from proxy_addons.lab.registered_apps import APPS
from proxy_addons.lab.well_known import MICROSOFT_HOSTS

if TYPE_CHECKING:
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant


def answer_control(tenant: Tenant, asked: Asked) -> Answer:
    """A request to the lab itself; 400 says which switch or value is wrong."""
    try:
        return _routed(tenant, asked)
    except ValidationError as problem:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problem.errors())
        return json_answer(400, {"error": f"{faults}. GET /tenant shows the switches and their types."})
    except ValueError as problem:
        return json_answer(400, {"error": str(problem)})


def _routed(tenant: Tenant, asked: Asked) -> Answer:
    what = f"{asked.method} {asked.path}"
    if what == "GET /directory":
        return json_answer(200, directory())
    if what == "PATCH /tenant":
        if not asked.json:
            raise ValueError('nothing to change: send a JSON object with switches, such as {"ews_enabled": false}')
        tenant.change_to(asked.json)
    elif what == "DELETE /tenant":
        tenant.reset()
    elif what == "POST /device":
        tenant.approve_device(str(asked.json.get("user_code", "")), str(asked.json.get("account", "")))
    elif what != "GET /tenant":
        routes = "GET /directory, GET, PATCH and DELETE /tenant, POST /device"
        return json_answer(404, {"error": f"the lab has no {what}; it has {routes}"})
    return json_answer(200, asdict(tenant.switches))


def directory() -> dict[str, object]:
    """Everything a person needs to sign in to the lab."""
    return {
        "tenants": {"contoso": CONTOSO.tenant_id, "fabrikam": FABRIKAM.tenant_id},
        "hosts": list(MICROSOFT_HOSTS),
        "apps": [
            {
                "name": app.name,
                "purpose": app.purpose,
                "client_id": app.client_id,
                "object_id": app.object_id,
                "secret": app.secret,
                "application": {resource.name: list(held) for resource, held in app.application.items()},
                "delegated": {resource.name: list(held) for resource, held in app.delegated.items()},
            }
            for app in APPS
        ],
        "accounts": [
            {
                "address": each.address,
                "object_id": each.object_id,
                "password": each.password if each.can_sign_in else "",
                "kind": each.kind.value,
            }
            for each in ACCOUNTS
        ],
        "groups": [{"name": each.display_name, "object_id": each.object_id} for each in GROUPS],
    }
