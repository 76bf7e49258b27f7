"""Templates of the pages. Every value is escaped; what steers terminals or turns the reading order is made visible."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from proxy_addons import __version__
from proxy_addons.diagnosis.report_text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER: Final = Path(__file__).parent / "templates"
_OK: Final = 200
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def prose(sentence: str) -> Markup:
    """A sentence in which rules mark code with backticks; one without a partner stays what it is."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:
        return escape(printable(sentence))
    shown = (Markup("<code>{}</code>") if index % 2 else Markup("{}") for index in range(len(parts)))
    return Markup().join(form.format(printable(part)) for form, part in zip(shown, parts, strict=True))


def moment(milliseconds: int) -> Markup:
    """A time for people, in UTC, with the exact one for programs and on hovering."""
    exact = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        exact.strftime("%Y-%m-%dT%H:%M:%SZ"), exact.strftime("%Y-%m-%d %H:%M:%S"), exact.strftime("%d %b %H:%M:%S")
    )


def ago(milliseconds: int) -> str:
    """How long ago something was, roughly."""
    seconds = max(0, int(time.time() - milliseconds / 1000))
    if seconds < _MINUTE:
        return "just now"
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return ""


def lines(text: str) -> str:
    """A text of several lines, which stay lines."""
    return "\n".join(map(printable, text.replace("\r\n", "\n").split("\n")))


def _shown(value: object) -> object:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _verbatim(value: str) -> Markup:
    return escape(lines(value))


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    finalize=_shown,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update({"prose": prose, "moment": moment, "ago": ago, "verbatim": _verbatim})
_ENVIRONMENT.globals["version"] = __version__


def page(template: str, values: Mapping[str, object], status: int = _OK) -> HTMLResponse:
    """A page."""
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(values), status)
