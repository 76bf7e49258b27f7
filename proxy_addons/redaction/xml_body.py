"""XML and SOAP rebuilt element by element. Comments, processing instructions and document types never leave.

`defusedxml` refuses document types, so no entity is ever expanded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from proxy_addons.redaction.field_rules import Treatment, fold, rule_for
from proxy_addons.redaction.fields import treat
from proxy_addons.redaction.lexicon import is_public_name
from proxy_addons.redaction.pieces import Pieces, escaped, in_markup
from proxy_addons.redaction.scope import DEEPEST, UnreadableError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from proxy_addons.redaction.ledger import Ledger
    from proxy_addons.redaction.scope import Scope

_NODES_AT_MOST: Final = 600
_PREFIXES: Final[dict[str, str]] = {
    "http://schemas.xmlsoap.org/soap/envelope/": "s",
    "http://www.w3.org/2003/05/soap-envelope": "s",
    "http://schemas.microsoft.com/exchange/services/2006/types": "t",
    "http://schemas.microsoft.com/exchange/services/2006/messages": "m",
    "http://schemas.microsoft.com/exchange/services/2006/errors": "e",
    "http://schemas.microsoft.com/exchange/2010/Autodiscover": "a",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi",
    "http://www.w3.org/2001/XMLSchema": "xsd",
    "http://www.w3.org/2005/08/addressing": "wsa",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd": "wsse",
}
_ERROR_ELEMENTS: Final = frozenset({"fault", "detail", "error", "errors", "errorresponse"})
_ERROR_CLASSES: Final = frozenset({"error", "warning"})
_EWS_RULES: Final[dict[str, Treatment]] = {
    "message": Treatment.PROSE,
    "text": Treatment.PROSE,
    "value": Treatment.CODE,
    "reason": Treatment.PROSE,
    "error": Treatment.PROSE,
}
_ATTRIBUTE_IDS: Final[dict[str, Treatment]] = {
    "distinguishedfolderid": Treatment.WORD,
    "folderid": Treatment.OPAQUE_ID,
    "itemid": Treatment.OPAQUE_ID,
    "timezonedefinition": Treatment.CONTENT,
}


def clean_xml(text: str, scope: Scope, ledger: Ledger) -> Pieces:
    """An XML document as it may be shown; `UnreadableError` where it is none, or carries a document type."""
    try:
        root: Element = fromstring(re.sub(r"\A\s*<\?xml[^>]*\?>", "", text), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise UnreadableError("no XML") from error
    writer = _Writer(ledger)
    writer.element(root, scope, {})
    return writer.out


@dataclass(slots=True)
class _Writer:
    ledger: Ledger
    out: Pieces = field(default_factory=list)
    left: int = _NODES_AT_MOST

    def element(self, element: Element, scope: Scope, known: dict[str, str]) -> None:
        self.left -= 1
        if self.left <= 0 or scope.depth > DEEPEST:
            return
        prefixes = dict(known)
        tag, declared = self._name(element.tag, prefixes)
        attributes, others = self._attributes(element, scope, prefixes)
        declared += others
        self.out.append(f"<{tag}{''.join(declared)}")
        self.out += attributes
        inner = scope.inside(in_error=scope.in_error or _is_error(element))
        before = len(self.out)
        self.out.append(">")
        self.out += self._content(element, inner)
        for child in element:
            self.element(child, inner, prefixes)
        self.out.append(f"</{tag}>")
        if len(self.out) == before + 2:
            self.out[before:] = ["/>"]

    def _name(self, name: str, prefixes: dict[str, str]) -> tuple[str, list[str]]:
        """A name with a prefix of ours, and the declaration where it is used for the first time."""
        namespace, _, local = name.rpartition("}")
        shown = local if self.ledger.is_public_name(local) else "masked"
        if shown != local:
            self.ledger.text(local)
        uri = namespace.removeprefix("{")
        if not uri:
            return shown, []
        declared = []
        if uri not in prefixes:
            prefixes[uri] = _PREFIXES.get(uri) or f"n{len(prefixes)}"
            if uri != "http://www.w3.org/XML/1998/namespace":
                public = uri in _PREFIXES or is_public_name(uri.replace("/", "."))
                declared = [f' xmlns:{prefixes[uri]}="{in_markup(uri if public else self.ledger.text(uri))}"']
        return f"{prefixes[uri]}:{shown}", declared

    def _attributes(self, element: Element, scope: Scope, prefixes: dict[str, str]) -> tuple[Pieces, list[str]]:
        shown: Pieces = []
        declared: list[str] = []
        for name, value in element.attrib.items():
            attribute, new = self._name(name, prefixes)
            declared += new
            rule = rule_for(_local(name), in_error=scope.in_error)
            if fold(_local(name)) == "id":
                rule = _ATTRIBUTE_IDS.get(fold(_local(element.tag)), rule)
            shown += [f' {attribute}="', *escaped(treat(rule or Treatment.CONTENT, value, self.ledger), in_markup), '"']
        return shown, declared

    def _content(self, element: Element, scope: Scope) -> Pieces:
        text = (element.text or "").strip()
        if not text or (len(element) and not scope.in_error):
            return [self.ledger.text(text)] if text else []
        embedded = scope.embedded(text, scope, self.ledger)
        pieces = treat(_rule(element, scope), text, self.ledger) if embedded is None else embedded
        return escaped(pieces, in_markup)


def _rule(element: Element, scope: Scope) -> Treatment:
    name = fold(_local(element.tag))
    if name == "value" and element.get("Name"):
        return rule_for(element.get("Name", ""), in_error=scope.in_error) or Treatment.CONTENT
    if scope.in_error and name in _EWS_RULES:
        return _EWS_RULES[name]
    return rule_for(_local(element.tag), in_error=scope.in_error) or Treatment.CONTENT


def _is_error(element: Element) -> bool:
    marked = fold(element.get("ResponseClass", "")) in _ERROR_CLASSES
    return marked or fold(_local(element.tag)) in _ERROR_ELEMENTS


def _local(name: str) -> str:
    return name.rpartition("}")[2]
