"""Fetch a published permission table from a file or an https address, never more than such a table can weigh."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

PUBLISHED_AT: Final = "https://raw.githubusercontent.com/microsoftgraph/microsoft-graph-devx-content/master/permissions/new/permissions.json"
"""Where Microsoft publishes its table (repository microsoftgraph/microsoft-graph-devx-content, MIT licence)."""
LARGEST: Final = 64 * 1024 * 1024
"""Bytes; the table had 3 million in 2026."""
_TIMEOUT: Final = 30.0
"""Seconds without any byte."""


class SourceError(ValueError):
    """A file or an address that gave no table; the text says why, and what to do."""


def fetch(place: str) -> bytes:
    """The bytes of a file or of an https address; SourceError where there are none."""
    scheme = urlsplit(place).scheme
    if scheme == "http":
        raise SourceError(
            f"{place}: anybody on the way could change a table fetched without TLS. Give an https address"
        )
    content = _download(place) if scheme == "https" else _read(Path(place).expanduser())
    if len(content) > LARGEST:
        raise SourceError(f"{place}: is larger than {LARGEST >> 20} MiB, so it is no permission table")
    return content


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or 'cannot be read'}. Name the file you downloaded") from None


def _download(address: str) -> bytes:
    trusted = ssl.create_default_context()
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT, context=trusted) as answer:  # noqa: S310  # https only
            content: bytes = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        raise SourceError(f"{address}: answered {error.code}. Download the file by other means and name it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise SourceError(f"{address}: {reason}. Download the file by other means and name it") from None
    return content
