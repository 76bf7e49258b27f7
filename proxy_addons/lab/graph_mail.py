"""Graph's mail paths, which Exchange answers: its policies apply here as they do to EWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.lab.answers import Answer, TurnedAway
from proxy_addons.lab.ews import refused_by_user_agent, restricted_by_access_policy
from proxy_addons.lab.graph_dialects import mail
from proxy_addons.lab.graph_errors import graph_data, graph_fields, graph_page
from proxy_addons.lab.mail_store import ARCHIVE, archived

if TYPE_CHECKING:
    from proxy_addons.lab.accounts import Account
    from proxy_addons.lab.graph_call import GraphCall
    from proxy_addons.lab.mail_store import Folder, Message

_NOT_FOUND: Final = ("ErrorItemNotFound", "The specified object was not found in the store.")


def messages(call: GraphCall) -> Answer:
    """`GET .../messages`."""
    mailbox = _mailbox(call, shared="Mail.Read.Shared")
    inbox = call.tenant.mail.distinguished(mailbox.address, "inbox")
    held = call.tenant.mail.messages_in(inbox) if inbox else ()
    return graph_page(call.asked, f"users('{mailbox.object_id}')/messages", [_message(each) for each in held])


def mail_folders(call: GraphCall) -> Answer:
    """`GET .../mailFolders` and one folder of them."""
    mailbox = _mailbox(call, shared="Mail.Read.Shared")
    store = call.tenant.mail
    wanted = call.named.get("folder", "")
    if wanted:
        folder = store.distinguished(mailbox.address, wanted) or store.by_id(wanted)
        if folder is None or folder.mailbox != mailbox.address:
            return call.error(404, *_NOT_FOUND)
        return graph_data(call.asked, _folder(call, folder))
    root = store.distinguished(mailbox.address, "msgfolderroot")
    folders = store.children(root, deep=False) if root else ()
    return graph_page(
        call.asked,
        f"users('{mailbox.object_id}')/mailFolders",
        [_folder(call, each) for each in folders if each.item_class == "IPF.Note"],
    )


def folder_messages(call: GraphCall) -> Answer:
    """`GET .../mailFolders/{id}/messages`; `archive` holds a thousand, for clients that page."""
    return _folder_page(call, delta=False)


def folder_changes(call: GraphCall) -> Answer:
    """`GET .../mailFolders/{id}/messages/delta`."""
    return _folder_page(call, delta=True)


def _folder_page(call: GraphCall, *, delta: bool) -> Answer:
    mailbox = _mailbox(call, shared="Mail.Read.Shared")
    store, wanted = call.tenant.mail, call.named["folder"]
    folder = store.distinguished(mailbox.address, wanted) or store.by_id(wanted)
    if wanted.lower() == ARCHIVE:
        held = archived(mailbox.address)
    elif folder is None or folder.mailbox != mailbox.address:
        return call.error(404, *_NOT_FOUND)
    else:
        held = store.messages_in(folder)
    context = f"users('{mailbox.object_id}')/mailFolders('{wanted}')/messages"
    return graph_page(call.asked, context, [_message(each) for each in held], delta=delta)


def send_mail(call: GraphCall) -> Answer:
    """`POST .../sendMail`."""
    mailbox = _mailbox(call, shared="Mail.Send.Shared")
    content = call.asked.json.get("message")
    if not isinstance(content, dict):
        return call.error(400, "ErrorInvalidRequest", "Cannot read the request body.")
    sender = _address(content.get("from"))
    if sender and sender.lower() != mailbox.address:
        said = (
            "The user account which was used to submit this request does not have the right to send mail on behalf of "
            "the specified sending account., Cannot submit message."
        )
        return call.error(403, "ErrorSendAsDenied", said)
    sent = call.tenant.mail.distinguished(mailbox.address, "sentitems")
    if sent is not None:
        given = content.get("toRecipients")
        recipients = tuple(_address(each) for each in given) if isinstance(given, list) else ()
        moment = f"{call.tenant.clock():%Y-%m-%dT%H:%M:%SZ}"
        call.tenant.mail.store(sent, str(content.get("subject", "")), "", recipients, moment)
    return Answer(202, graph_fields(call.asked))


def _mailbox(call: GraphCall, *, shared: str) -> Account:
    """The mailbox a call may work on; its permissions were checked before.

    Raises `TurnedAway`: policies first, then whether the mailbox exists, then the user's rights on somebody else's.
    """
    account = call.user
    address = account.address if account else call.named.get("user", "")
    _check_policies(call, address)
    if account is None:
        raise TurnedAway(call.error(404, "ErrorInvalidUser", f"The requested user '{address}' is invalid."))
    if not call.tenant.has_licence(account):
        said = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        raise TurnedAway(call.error(404, "MailboxNotEnabledForRESTAPI", said))
    if call.is_about_somebody_else:
        if shared not in call.caller.scopes:
            raise TurnedAway(mail(call, (shared,)))
        if call.caller.account is None or call.caller.account.address not in account.delegates:
            raise TurnedAway(call.error(404, *_NOT_FOUND))
    return account


def _check_policies(call: GraphCall, address: str) -> None:
    switches = call.tenant.switches
    if not call.caller.organization.has_exchange or call.lacks_service("exchange"):
        said = f"The tenant for tenant guid '{call.caller.organization.tenant_id}' does not exist."
        raise TurnedAway(call.error(401, "OrganizationFromTenantGuidNotFound", said))
    if restricted_by_access_policy(switches, call.caller, address):
        said = "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."
        raise TurnedAway(call.error(403, "ErrorAccessDenied", said))
    if refused_by_user_agent(switches, call.asked.headers.get("user-agent", "")):
        raise TurnedAway(call.error(403, "ErrorAccessDenied", "Access to OData is disabled."))


def _message(message: Message) -> dict[str, object]:
    return {
        "id": message.item_id,
        "receivedDateTime": message.received,
        "subject": message.subject,
        "bodyPreview": message.body,
        "isRead": message.is_read,
        "from": {"emailAddress": {"address": message.sender}},
        "toRecipients": [{"emailAddress": {"address": each}} for each in message.recipients],
    }


def _folder(call: GraphCall, folder: Folder) -> dict[str, object]:
    store = call.tenant.mail
    return {
        "id": folder.folder_id,
        "displayName": folder.display_name,
        "parentFolderId": store.parent(folder).folder_id,
        "childFolderCount": len(store.children(folder, deep=False)),
        "totalItemCount": len(store.messages_in(folder)),
    }


def _address(recipient: object) -> str:
    """`{"emailAddress": {"address": ...}}` as its address; empty for any other shape."""
    inner = recipient.get("emailAddress") if isinstance(recipient, dict) else None
    return str(inner.get("address", "")) if isinstance(inner, dict) else ""
