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
_UNSAFE: Final = "something unsafe survived; nothing was written"

ENDINGS: Final[Mapping[str, str]] = {
    "run": ending(
        (
            "why403 run",
            "why403 run --bundles --log-format json",
            "HTTPS_PROXY=http://127.0.0.1:8404 python app.py   # in another terminal",
        ),
        {0: "ended with SIGTERM", 2: "a setting, a port or a rule is wrong", 130: "ended with Ctrl-C"},
    ),
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
    "rules test": ending(("why403 rules test trace.har",), _DATA),
}
"""By the words that lead to a verb."""
