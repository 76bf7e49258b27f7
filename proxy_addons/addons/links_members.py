"""Which answers carry addresses a client will call next, and in which members they stand.

Only members a service itself fills are named here: annotations (`@odata.nextLink`), which no property of a user can be
called, and names at one known place. Text a person wrote is never looked at, whatever addresses are in it.

Left alone on purpose, because nobody calls them or a browser does: `@odata.context`, `@odata.id` (sent back as a
reference, it has to name Microsoft), `webUrl`, the issuer, the authorize and logout endpoints, `verification_uri`.

Sources: OData JSON Format 4.01 section 4.5, Graph's paging, delta, batching and upload session pages, OpenID Connect
Discovery 1.0 section 3, MS-OXDSCLI (POX), MS-OXWSADISC (SOAP), Autodiscover v2 (JSON).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.services import identify

if TYPE_CHECKING:
    from collections.abc import Mapping

LINK_HEADERS: Final = ("Location", "Content-Location", "Operation-Location", "Azure-AsyncOperation")
"""Header fields that hold one address each; in answers of any status."""


@dataclass(frozen=True, slots=True)
class JsonLinks:
    """`annotations`: how keys end, at any depth. `places`: keys (lower case) by the keys of the objects around them.

    `names` are the keys of all places. Where none of the marks stands, nor one of the folded ones in lower case, no key
    of a link does; none is longer than `longest_mark`.
    """

    annotations: tuple[bytes, ...] = ()
    places: Mapping[tuple[bytes, ...], frozenset[bytes]] = field(default_factory=dict)
    names: frozenset[bytes] = field(init=False)
    marks: tuple[bytes, ...] = field(init=False)
    folded_marks: tuple[bytes, ...] = field(init=False)
    longest_mark: int = field(init=False)

    def __post_init__(self) -> None:
        names = frozenset().union(*self.places.values())
        marks, folded = (
            tuple(each + b'"' for each in self.annotations),
            tuple(b'"%s"' % name for name in sorted(names)),
        )
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "marks", marks)
        object.__setattr__(self, "folded_marks", folded)
        object.__setattr__(self, "longest_mark", max(map(len, (*marks, *folded)), default=1))

    def holds(self, around: tuple[bytes, ...], key: bytes) -> bool:
        """Whether the text below this key is an address to rewrite."""
        if self.annotations and key.endswith(self.annotations):
            return True
        return bool(self.places) and key.lower() in self.places.get(around, ())


@dataclass(frozen=True, slots=True)
class XmlLinks:
    """`elements`: local names whose text is an address. `settings`: what the Name beside such a Value says."""

    elements: frozenset[bytes]
    settings: frozenset[bytes]


type Links = JsonLinks | XmlLinks

_PAGES: Final = (b"@odata.nextLink", b"@odata.deltaLink")
_DOWNLOADS: Final = (b"@microsoft.graph.downloadUrl", b"@content.downloadUrl")
_GRAPH: Final = JsonLinks((*_PAGES, *_DOWNLOADS), {(): frozenset({b"uploadurl"})})
"""`uploadUrl` of an upload session leads to another host of Microsoft's."""

_BATCH: Final = JsonLinks(
    _GRAPH.annotations,
    {
        (b"responses", b"headers"): frozenset(name.lower().encode() for name in LINK_HEADERS),
        (b"responses", b"body"): frozenset({b"uploadurl"}),
    },
)
_EXCHANGE_REST: Final = JsonLinks(_PAGES)
_OLD_ODATA: Final = JsonLinks((*_PAGES, b"odata.nextLink", b"odata.deltaLink"), {(b"d",): frozenset({b"__next"})})
"""OData 2 and 3, which SharePoint and Azure AD Graph still speak."""

_SIGN_IN: Final = JsonLinks(
    (),
    {
        (): frozenset(
            {
                b"tenant_discovery_endpoint",
                b"token_endpoint",
                b"jwks_uri",
                b"device_authorization_endpoint",
                b"userinfo_endpoint",
            }
        )
    },
)
_AUTODISCOVER_JSON: Final = JsonLinks((), {(): frozenset({b"url", b"redirecturl"})})
_AUTODISCOVER_XML: Final = XmlLinks(
    elements=frozenset(
        {
            b"RedirectUrl",
            b"RedirectTarget",
            b"ASUrl",
            b"EwsUrl",
            b"EmwsUrl",
            b"EwsPartnerUrl",
            b"OOFUrl",
            b"UMUrl",
            b"OABUrl",
            b"ExternalUrl",
            b"InternalUrl",
        }
    ),
    settings=frozenset(
        {
            b"ExternalEwsUrl",
            b"InternalEwsUrl",
            b"EwsPartnerUrl",
            b"ExternalUMUrl",
            b"InternalUMUrl",
            b"ExternalOABUrl",
            b"InternalOABUrl",
            b"ExternalPhotosUrl",
            b"InternalPhotosUrl",
            b"ExternalMailboxServer",
            b"MobileSyncServer",
        }
    ),
)
_JSON_BY_SURFACE: Final[Mapping[str, JsonLinks]] = {
    "graph": _GRAPH,
    "graph-batch": _BATCH,
    "aad-graph": _OLD_ODATA,
    "admin-api": _EXCHANGE_REST,
    "exo-powershell": _EXCHANGE_REST,
    "outlook-rest": _EXCHANGE_REST,
    "sharepoint-rest": _OLD_ODATA,
    "discovery": _SIGN_IN,
    "autodiscover": _AUTODISCOVER_JSON,
}
_SUCCESS: Final = frozenset({200, 201, 202})
_SOMEBODYS_FILE: Final = re.compile(
    r"/(?:(?:\$|%24)value|content|contentstream|openbinarystream[^/]*)/?\Z", re.IGNORECASE
)
"""Operations that answer with what a person stored, which may be JSON as well."""

_JSON: Final = re.compile(r"(?:application|text)/(?:[\w.-]+\+)?json\Z", re.IGNORECASE)
_XML: Final = re.compile(r"(?:application|text)/(?:[\w.-]+\+)?xml\Z", re.IGNORECASE)
_UTF_8: Final = frozenset({"", "utf-8", "utf8", "us-ascii"})


def link_members(host: str, path: str, status: int, content_type: str) -> Links | None:
    """The members of an answer's body that hold addresses to call; None for a body that is passed on untouched.

    `host` in lower case, `path` with its query or without.
    """
    plain = path.partition("?")[0]
    if status not in _SUCCESS or _SOMEBODYS_FILE.search(plain):
        return None
    form = _form(content_type)
    surface = identify(host, plain).surface if form else ""
    if surface == "sharepoint-rest" and "/_api/" not in plain.lower():
        return None
    if form == "json":
        return _JSON_BY_SURFACE.get(surface)
    return _AUTODISCOVER_XML if surface == "autodiscover" and form == "xml" else None


@lru_cache(maxsize=100)
def _form(content_type: str) -> str:
    """`json` or `xml`, empty for anything that is neither, or not in UTF-8. Servers write only few types."""
    kind, _, parameters = content_type.partition(";")
    if _charset(parameters) not in _UTF_8:
        return ""
    return "json" if _JSON.fullmatch(kind.strip()) else "xml" if _XML.fullmatch(kind.strip()) else ""


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return ""
