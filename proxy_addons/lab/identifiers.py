"""Ids and secrets that look random and are the same in every lab, because they are derived from names."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Final

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://contoso.com/why403-lab")


def stable_guid(*words: str) -> str:
    """A version 5 GUID for a named thing, for example `stable_guid("app", "mail-daemon")`."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(words)))


def stable_text(length: int, *words: str) -> str:
    """`length` characters of the URL-safe base64 alphabet for a named thing; at most 86."""
    digest = hashlib.sha512(f"{_NAMESPACE}/{'/'.join(words)}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")[:length]


def client_secret(app_name: str) -> str:
    """A client secret in the shape Entra hands out today: 40 characters with `8Q~` after the first three."""
    return f"{stable_text(3, 'secret', app_name)}8Q~{stable_text(34, 'secret-value', app_name)}"
