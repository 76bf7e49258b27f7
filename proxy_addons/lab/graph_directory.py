"""Graph's directory: users and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.lab.accounts import ACCOUNTS, CONTOSO, GROUPS, Account, Group, find_group
from proxy_addons.lab.graph_dialects import directory
from proxy_addons.lab.graph_errors import graph_data, graph_page

if TYPE_CHECKING:
    from proxy_addons.lab.answers import Answer
    from proxy_addons.lab.graph_call import GraphCall

HIDDEN_MEMBERS: Final = "Member.Read.Hidden"
_MISSING: Final = "Resource '{}' does not exist or one of its queried reference-property objects are not present."


def user(call: GraphCall) -> Answer:
    """`GET /me` and `GET /users/{id}`."""
    account = call.user
    if account is None or account.organization != call.caller.organization:
        return call.error(404, "Request_ResourceNotFound", _MISSING.format(call.named.get("user", "")))
    return graph_data(call.asked, {"@odata.context": _context(call, "users/$entity"), **user_content(account)})


def users(call: GraphCall) -> Answer:
    """`GET /users`."""
    own = [each for each in ACCOUNTS if each.organization == call.caller.organization]
    return graph_page(call.asked, "users", [user_content(each) for each in own])


def groups(call: GraphCall) -> Answer:
    """`GET /groups`: those whose nested groups the caller may read as well."""
    held = GROUPS if call.caller.organization == CONTOSO else ()
    return graph_page(call.asked, "groups", [_group(each) for each in held if _may_read(call, each)])


def group(call: GraphCall) -> Answer:
    """`GET /groups/{id}` and `/groups/{id}/members`: a nested group out of reach refuses its parent too."""
    found = find_group(call.named.get("group", ""))
    if found is None:
        return call.error(404, "Request_ResourceNotFound", _MISSING.format(call.named.get("group", "")))
    if not _may_read(call, found):
        return directory(call, (HIDDEN_MEMBERS,))
    if not call.asked.path.lower().endswith("/members"):
        return graph_data(call.asked, {"@odata.context": _context(call, "groups/$entity"), **_group(found)})
    people = [user_content(each) for each in ACCOUNTS if each.address in found.members]
    nested = [_group(each) for each in GROUPS if each.name in found.nested]
    return graph_page(call.asked, "directoryObjects", [*people, *nested])


def user_content(account: Account) -> dict[str, object]:
    """A user's default properties."""
    return {
        "businessPhones": [],
        "displayName": account.display_name,
        "givenName": account.display_name.split()[0],
        "jobTitle": None,
        "mail": account.address if account.has_mailbox else None,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": "en-US",
        "surname": account.display_name.split()[-1],
        "userPrincipalName": account.address,
        "id": account.object_id,
    }


def _may_read(call: GraphCall, wanted: Group) -> bool:
    nested = (each for each in GROUPS if each.name in wanted.nested)
    is_hidden = wanted.hidden or any(not _may_read(call, each) for each in nested)
    return not is_hidden or HIDDEN_MEMBERS in call.caller.permissions


def _group(found: Group) -> dict[str, object]:
    return {
        "id": found.object_id,
        "displayName": found.display_name,
        "groupTypes": ["Unified"],
        "mailEnabled": True,
        "securityEnabled": False,
        "visibility": "HiddenMembership" if found.hidden else "Private",
    }


def _context(call: GraphCall, what: str) -> str:
    return f"https://{call.asked.host}/{call.asked.path.split('/')[1]}/$metadata#{what}"
