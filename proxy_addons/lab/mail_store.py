"""What lies in the mailboxes of Contoso: fixed folders, a few messages, and whatever clients put there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from proxy_addons.lab.accounts import ACCOUNTS
from proxy_addons.lab.identifiers import stable_text

MOST_MESSAGES: Final = 500
"""Beyond this a folder forgets its oldest message: the lab must not grow with the traffic of a long test."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One mailbox folder. `distinguished` is its EWS name (`inbox`), empty for folders a user made."""

    mailbox: str
    display_name: str
    distinguished: str
    parent: str
    """The display name of the parent; empty for the root, which is its own parent in no mailbox."""
    item_class: str = "IPF.Note"

    @property
    def folder_id(self) -> str:
        """The id EWS and Graph both use."""
        return f"AQMkA{stable_text(64, 'folder', self.mailbox, self.parent, self.display_name)}AAA="


@dataclass(frozen=True, slots=True)
class Message:
    """One mail. `received` is an ISO 8601 time in UTC."""

    item_id: str
    subject: str
    sender: str
    recipients: tuple[str, ...]
    body: str
    received: str
    is_read: bool = False


_FOLDERS: Final = (
    ("Root", "root", "", ""),
    ("Top of Information Store", "msgfolderroot", "Root", "IPF.Note"),
    ("Inbox", "inbox", "Top of Information Store", "IPF.Note"),
    ("Projects", "", "Inbox", "IPF.Note"),
    ("Drafts", "drafts", "Top of Information Store", "IPF.Note"),
    ("Sent Items", "sentitems", "Top of Information Store", "IPF.Note"),
    ("Deleted Items", "deleteditems", "Top of Information Store", "IPF.Note"),
    ("Junk Email", "junkemail", "Top of Information Store", "IPF.Note"),
    ("Outbox", "outbox", "Top of Information Store", "IPF.Note"),
    ("Calendar", "calendar", "Top of Information Store", "IPF.Appointment"),
    ("Contacts", "contacts", "Top of Information Store", "IPF.Contact"),
    ("Tasks", "tasks", "Top of Information Store", "IPF.Task"),
    ("Notes", "notes", "Top of Information Store", "IPF.StickyNote"),
)
_MAIL: Final = (
    ("Quarterly figures", "alex@contoso.com", "The figures for the quarter are attached.", "2026-01-12T08:15:00Z"),
    ("Lunch on Friday?", "rita@contoso.com", "Shall we try the new place?", "2026-01-13T10:02:11Z"),
    ("Your expense report", "admin@contoso.com", "Your report was approved.", "2026-01-14T16:40:59Z"),
)


def _folders_of(mailbox: str) -> tuple[Folder, ...]:
    return tuple(Folder(mailbox, name, known, parent, kind) for name, known, parent, kind in _FOLDERS)


def _first_messages(mailbox: str) -> list[Message]:
    return [
        Message(
            item_id=f"AAMkA{stable_text(80, 'item', mailbox, subject)}AAA=",
            subject=subject,
            sender=sender,
            recipients=(mailbox,),
            body=body,
            received=received,
        )
        for subject, sender, body, received in _MAIL
    ]


ARCHIVE: Final = "archive"
ARCHIVED: Final = 1000


def archived(mailbox: str) -> tuple[Message, ...]:
    """What lies in a mailbox's archive, which is made up when somebody looks.

    Every message quotes the link of a page, as people do who ask for help with one.
    """
    return tuple(
        Message(
            item_id=f"AAMkA{stable_text(80, 'archived', mailbox, str(number))}AAA=",
            subject=f"Archived message {number}",
            sender="alex@contoso.com",
            recipients=(mailbox,),
            body=f'It said "@odata.nextLink":"https://graph.microsoft.com/v1.0/me/messages?$skip={number}"',
            received=f"2025-{1 + number // 84:02}-01T08:00:00Z",
        )
        for number in range(ARCHIVED)
    )


@dataclass(slots=True)
class MailStore:
    """Every mailbox's folders and messages. Handlers run on one event loop, so nothing here needs a lock."""

    folders: dict[str, tuple[Folder, ...]] = field(
        default_factory=lambda: {each.address: _folders_of(each.address) for each in ACCOUNTS if each.has_mailbox}
    )
    messages: dict[str, list[Message]] = field(default_factory=dict)
    """Folder id -> its messages, oldest first."""
    _created: int = 0

    def __post_init__(self) -> None:
        for mailbox in self.folders:
            inbox = self.distinguished(mailbox, "inbox")
            if inbox is not None:
                self.messages[inbox.folder_id] = _first_messages(mailbox)

    def distinguished(self, mailbox: str, name: str) -> Folder | None:
        """A mailbox's well-known folder by its EWS name, or None where the mailbox has none of that name."""
        return next((each for each in self.folders.get(mailbox, ()) if each.distinguished == name.lower()), None)

    def by_id(self, folder_id: str) -> Folder | None:
        """The folder of this id, in whichever mailbox."""
        return next((each for own in self.folders.values() for each in own if each.folder_id == folder_id), None)

    def children(self, folder: Folder, *, deep: bool) -> tuple[Folder, ...]:
        """The folders below one, all of them or only the direct ones."""
        direct = [each for each in self.folders[folder.mailbox] if each.parent == folder.display_name]
        if not deep:
            return tuple(direct)
        return tuple(found for child in direct for found in (child, *self.children(child, deep=True)))

    def parent(self, folder: Folder) -> Folder:
        """The folder above; the root's is itself."""
        return next((each for each in self.folders[folder.mailbox] if each.display_name == folder.parent), folder)

    def messages_in(self, folder: Folder) -> tuple[Message, ...]:
        """A folder's messages, newest first."""
        return tuple(reversed(self.messages.get(folder.folder_id, [])))

    def find_message(self, item_id: str) -> tuple[Folder, Message] | None:
        """A message and the folder it lies in."""
        for folder_id, held in self.messages.items():
            for message in held:
                folder = self.by_id(folder_id)
                if message.item_id == item_id and folder is not None:
                    return folder, message
        return None

    def store(self, folder: Folder, subject: str, body: str, recipients: tuple[str, ...], received: str) -> Message:
        """Put a new message into a folder."""
        self._created += 1
        message = Message(
            item_id=f"AAMkA{stable_text(80, 'created', folder.folder_id, str(self._created))}AAA=",
            subject=subject,
            sender=folder.mailbox,
            recipients=recipients,
            body=body,
            received=received,
            is_read=True,
        )
        held = self.messages.setdefault(folder.folder_id, [])
        held.append(message)
        del held[:-MOST_MESSAGES]
        return message
