"""One HTTP request as the lab's faces read it."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from starlette.datastructures import Headers

_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Asked:
    """Method, host without port, path with its escapes undone, query, headers and the whole body."""

    method: str
    host: str
    path: str
    query: str
    headers: Headers
    body: bytes
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    """What the service answers as `request-id`: new for every request, as nobody should expect it to be stable."""

    @property
    def url(self) -> str:
        """The address the client meant."""
        return f"https://{self.host}{self.path}{'?' if self.query else ''}{self.query}"

    @property
    def client_request_id(self) -> str:
        """The client's own id where it sent a GUID, else the service's."""
        sent = self.headers.get("client-request-id", "")
        return sent if _GUID.fullmatch(sent) else self.request_id

    @property
    def parameters(self) -> dict[str, str]:
        """Query parameters; the last value of a repeated name."""
        return _last_values(self.query)

    @property
    def form(self) -> dict[str, str]:
        """The body as a form: a `+` the client did not encode arrives as a blank, as it does at Microsoft."""
        return _last_values(self.body.decode("utf-8", errors="replace"))

    @property
    def json(self) -> dict[str, object]:
        """The body as a JSON object; empty where it is something else."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


def _last_values(encoded: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(encoded, keep_blank_values=True).items()}
