"""The end of the help of verbs that do not bring their own: examples to paste, and what their exit codes mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.cli.help_text import ending

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATA: Final = {0: "printed", 2: "an argument, a file or a rule is wrong; the line says where"}
_GAP: Final = {
    0: "nothing is missing, or no table knows",
    2: "an argument or a recording is wrong",
    3: "something is missing, or held without need",
}
_STORED: Final = {0: "printed, or written", 2: "there is no store, no such failure, or an option is wrong"}
_UNSAFE: Final = "something unsafe survived; nothing was written"

ENDINGS: Final[Mapping[str, str]] = {
    "explain": ending(
        (
            "why403 explain trace.har",
            "why403 explain traces/ --format html > report.html",
            "why403 explain trace.har --fail-on likely   # for CI",
        ),
        {
            0: "explained, or nothing was refused",
            2: "a recording cannot be read whole, or an option is wrong",
            3: "a cause is at least as sure as --fail-on asks",
        },
    ),
    "lab": ending(
        ("why403 lab", "why403 lab --port 8444 --directory lab"),
        {2: "the port is taken or the folder cannot be written", 130: "ended with Ctrl-C"},
    ),
    "demo": ending(("why403 demo",), {0: "every refusal was explained", 1: "one was not", 2: "a client is missing"}),
    "sanitize": ending(
        ("why403 sanitize trace.har", "why403 sanitize trace.saz clean.har"),
        {0: "written", 2: "no recording, or the file cannot be written", 4: _UNSAFE},
    ),
    "bundle create": ending(
        ("why403 bundle create trace.har", "why403 bundle create trace.har --output case.zip"),
        {0: "written, or nothing was refused", 2: "a recording cannot be read whole", 4: _UNSAFE},
    ),
    "bundle verify": ending(("why403 bundle verify case.zip",), {0: "untouched", 2: "not readable, or altered"}),
    "bundle inspect": ending(("why403 bundle inspect case.zip",), {0: "shown", 2: "not readable, or altered"}),
    "ca show": ending(("why403 ca show",), {0: "shown", 2: "there is none, or it cannot be read"}),
    "ca install": ending(("why403 ca install",), {0: "trusted now", 2: "it cannot be installed; the line says why"}),
    "ca remove": ending(("why403 ca remove",), {0: "no longer trusted", 2: "it cannot be removed; the line says why"}),
    "failures list": ending(
        ("why403 failures list --since 2h", "why403 failures list --cause graph-stale-token"), _STORED
    ),
    "failures groups": ending(("why403 failures groups --since 7d",), _STORED),
    "failures show": ending(("why403 failures show f-08f7f9b5d3c6",), _STORED),
    "failures export": ending(
        ("why403 failures export --since 7d > failures.jsonl", "why403 failures export --as pytest --output tests/"),
        {**_STORED, 4: _UNSAFE},
    ),
    "pseudonym": ending(("why403 pseudonym adele@contoso.com",), {0: "printed", 2: "an argument is wrong"}),
    "permissions doubts": ending(("why403 permissions doubts",), _DATA),
    "permissions validate": ending(("why403 permissions validate traces/",), _GAP),
    "permissions check": ending(
        ("why403 permissions check GET /me/messages --token - < token.txt", "why403 permissions check GET /groups"),
        _GAP,
    ),
    "permissions minimal": ending(("why403 permissions minimal traces/",), _GAP),
    "permissions excess": ending(("why403 permissions excess traces/ --format json",), _GAP),
    "permissions import": ending(("why403 permissions import published",), _DATA),
    "permissions status": ending(("why403 permissions status",), _DATA),
    "rules check": ending(("why403 rules check", "why403 rules check --rules my-rules"), _DATA),
    "rules list": ending(("why403 rules list",), _DATA),
    "rules show": ending(("why403 rules show ews-app-role-missing",), _DATA),
    "rules docs": ending(("why403 rules docs causes/",), _DATA),
    "rules facts": ending(("why403 rules facts",), _DATA),
    "rules coverage": ending(("why403 rules coverage",), _DATA),
    "rules schema": ending(("why403 rules schema > rule.schema.json",), _DATA),
    "rules test": ending(("why403 rules test trace.har",), _DATA),
}
"""By the words that lead to a verb."""
