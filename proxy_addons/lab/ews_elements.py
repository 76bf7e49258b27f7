"""Folders, items and mailboxes as EWS writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from proxy_addons.lab.accounts import find_account
from proxy_addons.lab.ews_soap import tag, text
from proxy_addons.lab.identifiers import stable_text

if TYPE_CHECKING:
    from proxy_addons.lab.mail_store import Folder, MailStore, Message

_FOLDER_ELEMENTS: Final = {
    "IPF.Appointment": "t:CalendarFolder",
    "IPF.Contact": "t:ContactsFolder",
    "IPF.Task": "t:TasksFolder",
}


def folder_element(mail: MailStore, folder: Folder) -> str:
    """A folder with the properties clients usually ask for; EWS would leave out what was not asked for."""
    held = mail.messages_in(folder)
    parent = mail.parent(folder)
    return tag(
        _FOLDER_ELEMENTS.get(folder.item_class, "t:Folder"),
        tag("t:FolderId", Id=folder.folder_id, ChangeKey=_change_key(folder.folder_id)),
        tag("t:ParentFolderId", Id=parent.folder_id, ChangeKey=_change_key(parent.folder_id)),
        *([text("t:FolderClass", folder.item_class)] if folder.item_class else []),
        text("t:DisplayName", folder.display_name),
        text("t:TotalCount", str(len(held))),
        text("t:ChildFolderCount", str(len(mail.children(folder, deep=False)))),
        *([text("t:UnreadCount", str(sum(not each.is_read for each in held)))] if folder.item_class else []),
        *([text("t:DistinguishedFolderId", folder.distinguished)] if folder.distinguished else []),
    )


def item_id_element(message: Message) -> str:
    """A message reduced to its id."""
    return tag("t:Message", _item_id(message))


def item_element(folder: Folder, message: Message) -> str:
    """A message in full."""
    return tag(
        "t:Message",
        _item_id(message),
        tag("t:ParentFolderId", Id=folder.folder_id, ChangeKey=_change_key(folder.folder_id)),
        text("t:ItemClass", "IPM.Note"),
        text("t:Subject", message.subject),
        text("t:Sensitivity", "Normal"),
        tag("t:Body", escape(message.body), BodyType="Text"),
        text("t:DateTimeReceived", message.received),
        text("t:Size", str(len(message.body) + 4096)),
        text("t:Importance", "Normal"),
        text("t:IsDraft", "false"),
        text("t:DateTimeSent", message.received),
        text("t:DateTimeCreated", message.received),
        text("t:HasAttachments", "false"),
        tag("t:Sender", mailbox_element(message.sender)),
        tag("t:ToRecipients", *(mailbox_element(each) for each in message.recipients)),
        tag("t:From", mailbox_element(message.sender)),
        text("t:IsRead", str(message.is_read).lower()),
    )


def mailbox_element(address: str) -> str:
    """An address with the name the directory knows for it."""
    account = find_account(address)
    return tag(
        "t:Mailbox",
        text("t:Name", account.display_name if account else address),
        text("t:EmailAddress", address),
        text("t:RoutingType", "SMTP"),
        text("t:MailboxType", "Mailbox"),
    )


def _item_id(message: Message) -> str:
    return tag("t:ItemId", Id=message.item_id, ChangeKey=_change_key(message.item_id))


def _change_key(identifier: str) -> str:
    return f"CQAA{stable_text(28, 'change-key', identifier)}"
