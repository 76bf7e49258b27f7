"""Permissions a service prints in its own refusal: those it wants, and those it found in the token.

Every workload behind Graph words this differently; all the sentences below are observed. A list the service prints is
worth more than any table, so nothing is guessed here: what does not look like a permission's name is left out.
"""

from __future__ import annotations

import re
from typing import Final

_READ: Final = 4096
"""Characters of a message that are searched; none of the known sentences comes near."""

# A name has two parts or more, all but the first capitalised: Mail.Read, eDiscovery.Read.All; learn.microsoft.com not.
_PERMISSION: Final = re.compile(
    r"(?<![\w.-])(?:[A-Za-z][\w-]*+(?:\.[A-Z][\w-]*+)++|full_access_as_app|user_impersonation)", re.ASCII
)
_REQUIRED: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"API requires (?:one|any) of(?: the following permission\(s\))? ?:? ?'?(?P<list>[^'\n]*)",
        r"API required roles: ?(?P<list>.*?),? ?application roles:",
        r"required (?:delegated )?(?:permissions|scopes) ?[(:]? ?(?P<list>[A-Za-z][\w., -]*)",
        r"missing permission scope (?P<list>[\w., -]+)",
        r"one of the following scopes: ?(?P<list>[\w., -]+?)(?= - |\n|\Z)",
        r"required one role out of (?P<list>[\w., -]+)",
        r"Microsoft Graph permission\(s\): ?(?P<list>.*?) to call",
        r"required MSGraph permissions (?P<list>[\w., -]+)",
        r"requires the following permissions: ?'(?P<list>[^'\n]*)",
    )
)
_HELD: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:Roles|Scopes) on the request ?'(?P<list>[^'\n]*)'",
        r"application roles: ?(?P<list>[^\n]*)",
    )
)


def required_permissions(message: str) -> tuple[str, ...]:
    """The permissions a message names as wanted, in its order; empty where it names none."""
    plain = _tidy(message)
    return next((names for pattern in _REQUIRED if (names := _names(pattern.search(plain)))), ())


def held_permissions(message: str) -> tuple[str, ...] | None:
    """The permissions a message names as present in the token; None where it does not speak of them."""
    plain = _tidy(message)
    found = next((match for pattern in _HELD if (match := pattern.search(plain))), None)
    return None if found is None else _names(found)


def _tidy(message: str) -> str:
    """The message with every run of blanks as one, so that no pattern can be made slow by a longer one."""
    lines = (" ".join(line.split()) for line in message[:_READ].splitlines())
    return "\n".join(line for line in lines if line)


def _names(match: re.Match[str] | None) -> tuple[str, ...]:
    """The permission names of a printed list, in the order printed, each once."""
    return tuple(dict.fromkeys(_PERMISSION.findall(match["list"]))) if match else ()
