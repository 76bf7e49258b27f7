"""What an error answer says, whichever of Microsoft's dialects it is written in.

Documented shapes: Graph/OData (`error.code`, `innerError`, learn.microsoft.com/graph/errors), OAuth 2.0 (RFC 6749
section 5.2) with Entra's `error_codes`, AAD Graph's `odata.error`. Observed: workloads that put their real error as a
JSON string into `error.message`, EWS faults, bodies of zero bytes, HTML inside `message`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.printed_permissions import held_permissions, required_permissions
from proxy_addons.evidence.soap import read_fault, read_response_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.evidence.exchange import Body

_AADSTS: Final = re.compile(r"AADSTS([0-9]{4,8})(?![0-9])")
_AADSTS_NUMBERS: Final = range(1, 100_000_000)
_MAX_DEPTH: Final = 8
_PREFIX: Final = 8192
_CUT_OFF: Final = re.compile(
    r'"(?:(?P<name>code|error)"\s*:\s*"(?P<word>[^"\\]*+)"|(?P<key>message|error_description)"\s*:\s*"(?P<text>(?:[^"\\]|\\.)*+))',
    re.DOTALL,
)
"""The texts of an error. Half a code would be another code; a sentence may end anywhere."""
_INNER_KEYS: Final = ("innererror", "innerexception")
_PLACEHOLDER_CODES: Final = frozenset({"", "unknownerror"})
_PADDING: Final = "\0 \t\r\n"


@dataclass(frozen=True, slots=True)
class ServiceError:
    """One error answer. `code` is the most specific code, `codes` every code met from the outside in.

    `cut_off` says that the answer ends before its JSON does: what is not here may have stood in the rest.
    """

    dialect: str = "none"
    code: str = ""
    message: str = ""
    outer_message: str = ""
    codes: tuple[str, ...] = ()
    description: str = ""
    suberror: str = ""
    fault_code: str = ""
    aadsts: int | None = None
    claims: str = ""
    required: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    held_printed: bool = False
    cut_off: bool = False

    @property
    def outer_code(self) -> str:
        """The code of the outermost error object."""
        return self.codes[0] if self.codes else self.code


def body_kind(body: Body) -> str:
    """What the bytes are, whatever the label says: empty, nul, json, xml, html, text or not-captured."""
    if body.content is None:
        return "not-captured"
    if not body.content:
        return "empty"
    if not body.content.strip(b"\0"):
        return "nul"
    text = body.text.strip(_PADDING)
    if text[:1] in {"{", "["} and (body.truncated or _json(text) is not None):
        return "json"
    head = text[:512].lower()
    if "<!doctype html" in head or "<html" in head:
        return "html"
    return "xml" if head.startswith("<") else "text"


def read_error(body: Body) -> ServiceError:
    """Read the error a body carries; a `ServiceError()` of dialect none where it carries none. Never raises."""
    text = body.text.strip(_PADDING)
    decoded = _json(text)
    if isinstance(decoded, dict):
        return _with_printed_permissions(_read_json(decoded))
    fault = read_fault(text)
    if fault is not None:
        return ServiceError(
            "soap", fault.code, fault.message, fault.message, (fault.code,), fault_code=fault.fault_code
        )
    errors = read_response_errors(text)
    if errors:
        codes = tuple(error.code for error in errors)
        return ServiceError("ews-response", errors[0].code, errors[0].message, errors[0].message, codes)
    return _read_cut_off(text) if text.startswith("{") else ServiceError()


def _read_cut_off(text: str) -> ServiceError:
    """The error at the beginning of JSON that breaks off: loggers cut bodies, and the code stands in front."""
    found: dict[str, str] = {}
    for match in _CUT_OFF.finditer(text[:_PREFIX]):
        found.setdefault(match["name"] or match["key"], match["word"] or match["text"] or "")
    if "code" not in found and "error_description" not in found:
        return ServiceError()
    plain = {key: _unescaped(value) for key, value in found.items()}
    error: Mapping[str, object] = plain if "error_description" in plain else {"error": plain}
    return replace(_with_printed_permissions(_read_json({"error": "", **error})), cut_off=True)


def _unescaped(text: str) -> str:
    """A JSON string's content, as far as its escapes are whole."""
    decoded = _json(f'"{text}"')
    return decoded if isinstance(decoded, str) else text


def _read_json(decoded: Mapping[str, object]) -> ServiceError:
    keys = {key.lower(): value for key, value in decoded.items()}
    error = keys.get("error")
    if isinstance(error, str):
        return _read_oauth(error, keys)
    if isinstance(error, dict):
        return _read_odata(error, "graph")
    legacy = keys.get("odata.error")
    if isinstance(legacy, dict):
        return _read_odata(legacy, "odata-legacy")
    if isinstance(keys.get("message"), str) or isinstance(keys.get("error_description"), str):
        return _read_odata(decoded, "rest")
    return ServiceError()


def _read_oauth(error: str, keys: Mapping[str, object]) -> ServiceError:
    description = _text(keys.get("error_description"))
    return ServiceError(
        dialect="entra",
        code=error,
        message=description,
        outer_message=description,
        codes=(error,),
        description=description,
        suberror=_text(keys.get("suberror")),
        aadsts=_listed_aadsts(keys.get("error_codes")) or written_aadsts(description),
        claims=_text(keys.get("claims")),
    )


def _listed_aadsts(listed: object) -> int | None:
    numbers = [number for number in listed if type(number) is int] if isinstance(listed, list) else []
    return next((number for number in numbers if number in _AADSTS_NUMBERS), None)


def written_aadsts(*texts: str) -> int | None:
    """The first AADSTS number that is written out in a text."""
    return next((int(match[1]) for text in texts if (match := _AADSTS.search(text))), None)


def _read_odata(error: Mapping[str, object], dialect: str) -> ServiceError:
    layers = list(_layers(error, 0))
    nested = any(layer.from_string for layer in layers)
    if dialect == "graph" and _is_admin(error):
        dialect = "admin"
    if nested and dialect == "graph":
        dialect = "graph-nested"
    return ServiceError(
        dialect,
        _most_specific_code(layers),
        _most_specific_message(layers),
        layers[0].message,
        tuple(layer.code for layer in layers),
        aadsts=written_aadsts(*(layer.message for layer in reversed(layers))),
    )


def _is_admin(error: Mapping[str, object]) -> bool:
    inner = {key.lower(): value for key, value in error.items()}.get("innererror")
    kind = inner.get("type") if isinstance(inner, dict) else None
    return isinstance(kind, str) and "Microsoft.Exchange." in kind


@dataclass(frozen=True, slots=True)
class _Layer:
    code: str
    message: str
    from_string: bool

    @property
    def is_prose(self) -> bool:
        """Whether the message is written for people, and not an error packed into a string."""
        return bool(self.message) and _json(self.message) is None


def _layers(error: Mapping[str, object], depth: int, *, from_string: bool = False) -> Iterator[_Layer]:
    """Every code and message from the outside in, bounded in depth; a JSON string in `message` is one layer more."""
    if depth >= _MAX_DEPTH:
        return
    keys = {key.lower(): value for key, value in error.items()}
    named = keys.get("code") or keys.get("errorcode") or keys.get("error")
    code, message = _text(named), _text(keys.get("message") or keys.get("error_description"))
    if code or message or depth == 0:
        yield _Layer(code, message, from_string)
    embedded = _json(message) if message.lstrip()[:1] == "{" else None
    if isinstance(embedded, dict):
        inner = {key.lower(): value for key, value in embedded.items()}.get("error")
        yield from _layers(inner if isinstance(inner, dict) else embedded, depth + 1, from_string=True)
    for key in _INNER_KEYS:
        inner = keys.get(key)
        if isinstance(inner, dict):
            yield from _layers(inner, depth + 1, from_string=from_string)
    yield from _server_details(keys.get("details"))


def _server_details(listed: object) -> Iterator[_Layer]:
    """What an Exchange cmdlet reports in `details`: 'Ex6F9304|Microsoft.Exchange....Exception|text' (observed).

    Other services list remarks about single parameters there, which are no more specific than the error itself.
    """
    for item in listed if isinstance(listed, list) else ():
        message = _text(item.get("message")) if isinstance(item, dict) else ""
        if "|Microsoft.Exchange." in message:
            yield _Layer("", message, from_string=False)


def _most_specific_code(layers: list[_Layer]) -> str:
    """The innermost real code. A bare number inside (Teams sends `1`) is none while a word stands further out."""
    real = [layer.code for layer in reversed(layers) if layer.code.lower() not in _PLACEHOLDER_CODES]
    return next((code for code in real if not code.isdigit()), real[0] if real else layers[0].code)


def _most_specific_message(layers: list[_Layer]) -> str:
    return next((layer.message for layer in reversed(layers) if layer.is_prose), "")


def _text(value: object) -> str:
    """A JSON value as text; OData's old `{"lang": ..., "value": ...}` messages yield their value."""
    if isinstance(value, dict):
        value = value.get("value")
    return value if isinstance(value, str) else "" if value is None or isinstance(value, list | dict) else str(value)


def _json(text: str) -> object:
    try:
        decoded: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return decoded


def _with_printed_permissions(error: ServiceError) -> ServiceError:
    held = held_permissions(error.message)
    required = required_permissions(error.message)
    return replace(error, required=required, held=held or (), held_printed=held is not None)
