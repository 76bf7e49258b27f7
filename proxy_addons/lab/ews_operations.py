"""The EWS operations the lab knows, each with the checks a mailbox server makes on the identity that calls.

Not simulated: restrictions, sort orders and property shapes. FindItem returns a folder's messages, newest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.lab.accounts import ACCOUNTS, Account, find_account
from proxy_addons.lab.ews_elements import folder_element, item_element, item_id_element, mailbox_element
from proxy_addons.lab.ews_soap import MESSAGES, TYPES, failure, local_name, success, tag, texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from proxy_addons.lab.mail_store import Folder, Message
    from proxy_addons.lab.tenant import Tenant

_PAGE: Final = 100
_SCHEMA_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_ZONES: Final = (
    ("UTC", "(UTC) Coordinated Universal Time", "PT0S"),
    ("W. Europe Standard Time", "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "-PT1H"),
    ("Pacific Standard Time", "(UTC-08:00) Pacific Time (US & Canada)", "PT8H"),
)
_ACCESS_DENIED: Final = ("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
_FOLDER_NOT_FOUND: Final = ("ErrorFolderNotFound", "The specified folder could not be found in the store.")
_ITEM_NOT_FOUND: Final = ("ErrorItemNotFound", "The specified object was not found in the store.")
NO_MAILBOX: Final = ("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
_SEND_AS_DENIED: Final = (
    "ErrorSendAsDenied",
    (
        "The user account which was used to submit this request does not have the right to send mail on behalf of the "
        "specified sending account., Cannot submit message."
    ),
)


class ItemRefused(Exception):  # noqa: N818 - named after what happened to the item, like the message it becomes
    """One response message that says why it failed."""

    def __init__(self, error: tuple[str, str]) -> None:
        super().__init__(error[0])
        self.code, self.message = error


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations, called as one identity: the impersonated mailbox, or the user of a delegated token."""

    tenant: Tenant
    identity: Account

    def messages(self, operation: str, body: Element) -> tuple[str, ...] | None:
        """The response messages of a call, one for each thing it names; None for an operation the lab does not know."""
        known: dict[str, tuple[str, Callable[[Element, Element], str]]] = {
            "GetFolder": ("FolderIds", self._get_folder),
            "FindFolder": ("ParentFolderIds", self._find_folder),
            "FindItem": ("ParentFolderIds", self._find_item),
            "GetItem": ("ItemIds", self._get_item),
            "CreateItem": ("Items", self._create_item),
            "ResolveNames": ("", self._resolve_names),
            "ConvertId": ("SourceIds", self._convert_id),
            "GetServerTimeZones": ("", self._get_server_time_zones),
        }
        if operation not in known:
            return None
        container, handler = known[operation]
        named = _children(body, container) if container else [body]
        return tuple(_message(operation, handler, body, each) for each in named)

    def _get_folder(self, _body: Element, wanted: Element) -> str:
        return tag("m:Folders", folder_element(self.tenant.mail, self._folder(wanted)))

    def _find_folder(self, body: Element, wanted: Element) -> str:
        mail = self.tenant.mail
        folders = mail.children(self._folder(wanted), deep=body.get("Traversal") == "Deep")
        return _page("Folders", [folder_element(mail, each) for each in folders], body)

    def _find_item(self, body: Element, wanted: Element) -> str:
        held = self.tenant.mail.messages_in(self._folder(wanted))
        return _page("Items", [item_id_element(each) for each in held], body)

    def _get_item(self, _body: Element, wanted: Element) -> str:
        return tag("m:Items", item_element(*self._item(wanted)))

    def _create_item(self, body: Element, item: Element) -> str:
        disposition = body.get("MessageDisposition", "SaveOnly")
        is_sent = disposition != "SaveOnly"
        target = next(iter(_children(body, "SavedItemFolderId")), None)
        if is_sent:
            self._may_send_as(item)
        folder = self._own("sentitems" if is_sent else "drafts") if target is None else self._folder(target)
        stored = self._store(folder, item)
        return tag("m:Items", *([] if disposition == "SendOnly" else [item_id_element(stored)]))

    def _resolve_names(self, body: Element, _whole: Element) -> str:
        entry = (body.findtext(f"{{{MESSAGES}}}UnresolvedEntry") or "").lower()
        matches = [each for each in ACCOUNTS if entry in each.address or entry in each.display_name.lower()]
        if not entry or not matches:
            raise ItemRefused(("ErrorNameResolutionNoResults", "No results were found."))
        return tag(
            "m:ResolutionSet",
            *(tag("t:Resolution", mailbox_element(each.address)) for each in matches),
            TotalItemsInView=str(len(matches)),
            IncludesLastItemInRange="true",
        )

    def _convert_id(self, body: Element, source: Element) -> str:
        identifier = source.get("Id", "")
        if self.tenant.mail.by_id(identifier) is None and self.tenant.mail.find_message(identifier) is None:
            raise ItemRefused(("ErrorInvalidIdMalformed", "Id is malformed."))
        return tag(
            "m:AlternateId",
            **{"xmlns:xsi": _SCHEMA_INSTANCE, "xsi:type": "t:AlternateIdType"},
            Format=body.get("DestinationFormat", "EwsId"),
            Id=identifier,
            Mailbox=source.get("Mailbox", ""),
        )

    def _get_server_time_zones(self, body: Element, _whole: Element) -> str:
        wanted = texts(body, "Id")
        zones = [
            tag(
                "t:TimeZoneDefinition",
                tag("t:Periods", tag("t:Period", Bias=bias, Name="Standard", Id=f"trule:Microsoft/Registry/{name}")),
                Name=shown,
                Id=name,
            )
            for name, shown, bias in _ZONES
            if not wanted or name in wanted
        ]
        return tag("m:TimeZoneDefinitions", *zones)

    def _folder(self, wanted: Element) -> Folder:
        """The folder an id element names. Raises `ItemRefused` where it is not there, or not for this identity."""
        if local_name(wanted) == "FolderId":
            folder = self.tenant.mail.by_id(wanted.get("Id", ""))
        else:
            address = next(iter(texts(wanted, "EmailAddress")), self.identity.address)
            self._may_open(address)
            folder = self.tenant.mail.distinguished(address.lower(), wanted.get("Id", ""))
        if folder is None:
            raise ItemRefused(_FOLDER_NOT_FOUND)
        self._may_open(folder.mailbox)
        return folder

    def _own(self, distinguished: str) -> Folder:
        folder = self.tenant.mail.distinguished(self.identity.address, distinguished)
        if folder is None:
            raise ItemRefused(NO_MAILBOX)
        return folder

    def _item(self, wanted: Element) -> tuple[Folder, Message]:
        """An item by id. Exchange hides items of a foreign mailbox behind "not found"."""
        found = self.tenant.mail.find_message(wanted.get("Id", ""))
        if found is None or not self._has_access(found[0].mailbox):
            raise ItemRefused(_ITEM_NOT_FOUND)
        return found

    def _store(self, folder: Folder, item: Element) -> Message:
        subject = item.findtext(f"{{{TYPES}}}Subject") or ""
        body = item.findtext(f"{{{TYPES}}}Body") or ""
        received = f"{self.tenant.clock():%Y-%m-%dT%H:%M:%SZ}"
        recipients = item.find(f"{{{TYPES}}}ToRecipients")
        addresses = () if recipients is None else texts(recipients, "EmailAddress")
        return self.tenant.mail.store(folder, subject, body, addresses, received)

    def _may_send_as(self, item: Element) -> None:
        sender = item.find(f"{{{TYPES}}}From")
        address = "" if sender is None else next(iter(texts(sender, "EmailAddress")), "")
        if address and address.lower() != self.identity.address:
            raise ItemRefused(_SEND_AS_DENIED)

    def _may_open(self, address: str) -> None:
        account = find_account(address)
        if account is None or not account.has_mailbox:
            raise ItemRefused(NO_MAILBOX)
        if not self._has_access(account.address):
            raise ItemRefused(_ACCESS_DENIED)
        if not self.tenant.has_licence(account):
            guid = account.object_id
            said = f"The license is invalid for this mailbox., Mailbox '{guid}' doesn't have a valid license."
            raise ItemRefused(("ErrorInvalidLicense", said))

    def _has_access(self, address: str) -> bool:
        account = find_account(address)
        return account is not None and (account == self.identity or self.identity.address in account.delegates)


def _message(operation: str, handler: Callable[[Element, Element], str], body: Element, item: Element) -> str:
    try:
        return success(operation, handler(body, item))
    except ItemRefused as refused:
        return failure(operation, refused.code, refused.message)


def _children(body: Element, name: str) -> list[Element]:
    found = body.find(f"{{{MESSAGES}}}{name}")
    return [] if found is None else list(found)


def _view(body: Element) -> tuple[int, int]:
    """Offset and size of the page a client wants."""
    for view in body:
        if local_name(view).startswith("IndexedPage"):
            return _number(view.get("Offset"), 0), _number(view.get("MaxEntriesReturned"), _PAGE)
    return 0, _PAGE


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise


def _page(element: str, elements: list[str], body: Element) -> str:
    offset, size = _view(body)
    shown = elements[offset : offset + size]
    end = offset + len(shown)
    return tag(
        "m:RootFolder",
        tag(f"t:{element}", *shown),
        IndexedPagingOffset=str(end),
        TotalItemsInView=str(len(elements)),
        IncludesLastItemInRange=str(end >= len(elements)).lower(),
    )
