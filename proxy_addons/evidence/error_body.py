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

from proxy_addons.evidence.soap import read_fault, read_response_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.evidence.exchange import Body

_AADSTS: Final = re.compile(r"AADSTS(\d{4,8})")
_MAX_DEPTH: Final = 8
_INNER_KEYS: Final = ("innererror", "innerexception")
_PLACEHOLDER_CODES: Final = frozenset({"", "unknownerror"})


@dataclass(frozen=True, slots=True)
class ServiceError:
    """One error answer. `code` is the most specific code, `codes` every code met from the outside in."""

    dialect: str = "none"
    code: str = ""
    message: str = ""
    codes: tuple[str, ...] = ()
    description: str = ""
    suberror: str = ""
    fault_code: str = ""
    aadsts: int | None = None
    claims: str = ""
    required: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    held_printed: bool = False

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
    text = body.text.lstrip("\0 \t\r\n")
    if text[:1] in {"{", "["} and _json(text) is not None:
        return "json"
    head = text[:512].lower()
    if "<!doctype html" in head or "<html" in head:
        return "html"
    return "xml" if head.startswith("<") else "text"


def read_error(body: Body) -> ServiceError:
    """Read the error a body carries; a `ServiceError()` of dialect none where it carries none. Never raises."""
    text = body.text.strip("\0 \t\r\n")
    if not text:
        return ServiceError()
    decoded = _json(text)
    if isinstance(decoded, dict):
        return _with_printed_permissions(_read_json(decoded))
    fault = read_fault(text)
    if fault is not None:
        return ServiceError("soap", fault.code, fault.message, (fault.code,), fault_code=fault.fault_code)
    errors = read_response_errors(text)
    if errors:
        codes = tuple(error.code for error in errors)
        return ServiceError("ews-response", errors[0].code, errors[0].message, codes)
    return ServiceError()


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
    if any(key in keys for key in ("errorcode", "code")) and "message" in keys:
        return _read_odata(decoded, "rest")
    return ServiceError()


def _read_oauth(error: str, keys: Mapping[str, object]) -> ServiceError:
    description = _text(keys.get("error_description"))
    return ServiceError(
        dialect="entra",
        code=error,
        message=description,
        codes=(error,),
        description=description,
        suberror=_text(keys.get("suberror")),
        aadsts=_aadsts(keys.get("error_codes"), description),
        claims=_text(keys.get("claims")),
    )


def _aadsts(listed: object, description: str) -> int | None:
    numbers = listed if isinstance(listed, list) else []
    first = next((number for number in numbers if isinstance(number, int) and not isinstance(number, bool)), None)
    match = _AADSTS.search(description)
    return first if first is not None else int(match[1]) if match else None


def _read_odata(error: Mapping[str, object], dialect: str) -> ServiceError:
    layers = list(_layers(error, 0))
    codes = tuple(code for code, _, _ in layers)
    nested = any(from_string for _, _, from_string in layers)
    code, message, _ = _most_specific(layers)
    match = _AADSTS.search(message)
    aadsts = int(match[1]) if match else None
    if dialect == "graph" and _is_admin(error):
        dialect = "admin"
    if nested and dialect == "graph":
        dialect = "graph-nested"
    return ServiceError(dialect, code, message, codes, aadsts=aadsts)


def _is_admin(error: Mapping[str, object]) -> bool:
    inner = {key.lower(): value for key, value in error.items()}.get("innererror")
    kind = inner.get("type") if isinstance(inner, dict) else None
    return isinstance(kind, str) and "Microsoft.Exchange." in kind


_Layer = tuple[str, str, bool]


def _layers(error: Mapping[str, object], depth: int, *, from_string: bool = False) -> Iterator[_Layer]:
    """Every (code, message, came out of a JSON string) from the outside in, bounded in depth."""
    if depth >= _MAX_DEPTH:
        return
    keys = {key.lower(): value for key, value in error.items()}
    code = _text(keys.get("code") or keys.get("errorcode"))
    message = _text(keys.get("message"))
    if code or message or depth == 0:
        yield code, message, from_string
    embedded = _json(message) if message.lstrip()[:1] == "{" else None
    if isinstance(embedded, dict):
        inner = embedded.get("error")
        yield from _layers(inner if isinstance(inner, dict) else embedded, depth + 1, from_string=True)
    for key in _INNER_KEYS:
        inner = keys.get(key)
        if isinstance(inner, dict):
            yield from _layers(inner, depth + 1, from_string=from_string)


def _most_specific(layers: list[_Layer]) -> _Layer:
    """The innermost layer with a real code, together with the innermost message that is prose."""
    code = next((code for code, _, _ in reversed(layers) if code.lower() not in _PLACEHOLDER_CODES), layers[0][0])
    prose = (message for _, message, _ in reversed(layers) if message and _json(message) is None)
    return code, next(prose, ""), False


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


_PERMISSION: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)+|full_access_as_app|user_impersonation")
_REQUIRED: Final = (
    re.compile(
        r"API requires (?:one|any) of(?: the following permission\(s\))?\s*:?\s*'?(?P<list>[^'\n]*)", re.IGNORECASE
    ),
    re.compile(r"API required roles:\s*(?P<list>.*?),?\s*application roles:", re.IGNORECASE),
    re.compile(r"required (?:delegated )?(?:permissions|scopes)\s*\(?:?\s*(?P<list>[A-Za-z][\w., -]*)", re.IGNORECASE),
    re.compile(r"missing permission scope\s+(?P<list>[\w., -]+)", re.IGNORECASE),
    re.compile(r"one of the following scopes:\s*(?P<list>[\w., -]+?)(?:\s+-\s|\Z)", re.IGNORECASE),
    re.compile(r"required one role out of\s+(?P<list>[\w., -]+)", re.IGNORECASE),
    re.compile(r"Microsoft Graph permission\(s\):\s*(?P<list>.*?)\s+to call", re.IGNORECASE),
    re.compile(r"required MSGraph permissions\s+(?P<list>[\w., -]+)", re.IGNORECASE),
    re.compile(r"requires the following permissions:\s*'(?P<list>[^']*)", re.IGNORECASE),
)
_HELD: Final = (
    re.compile(r"(?:Roles|Scopes) on the request\s*'(?P<list>[^']*)'", re.IGNORECASE),
    re.compile(r"application roles:\s*(?P<list>[^\n]*?)\.?\s*\Z", re.IGNORECASE),
)


def _with_printed_permissions(error: ServiceError) -> ServiceError:
    required = next((names for pattern in _REQUIRED if (names := _names(pattern.search(error.message)))), ())
    held = next((match for pattern in _HELD if (match := pattern.search(error.message))), None)
    return replace(error, required=required, held=_names(held), held_printed=held is not None)


def _names(match: re.Match[str] | None) -> tuple[str, ...]:
    """The permission names of a printed list, in the order printed, each once."""
    found = (name.rstrip(".") for name in _PERMISSION.findall(match["list"])) if match else ()
    return tuple(dict.fromkeys(found))
