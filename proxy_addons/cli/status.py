"""`why403 status`: how a running proxy is, asked of its admin port."""

from __future__ import annotations

import typer

from proxy_addons.cli.admin_client import UrlOption
from proxy_addons.cli.exit_codes import ExitCode
from proxy_addons.cli.help_text import ending
from proxy_addons.cli.plain_format import FormatOption, PlainFormat
from proxy_addons.cli.printing import print_out

EPILOG = ending(
    (
        "why403 status",
        "why403 status --url https://why403.contoso.com   # WHY403_ADMIN_TOKEN holds its token",
        "why403 status --format json | jq .failures",
    ),
    {
        0: "ready, and nothing is wrong",
        2: "no proxy answers, or not to this token",
        3: "not ready, or something is wrong",
    },
)


def status(url: UrlOption = None, form: FormatOption = PlainFormat.TEXT) -> None:
    """Show how a running proxy is.

    Since when it runs, what passes through it and fails, the causes of the last hour, and how its store, its rules
    and its authority are. One address stands for all its workers.
    """
    from proxy_addons.cli.admin_client import NoAnswerError, admin_port, no_proxy_there
    from proxy_addons.cli.config_file import settings_from
    from proxy_addons.cli.status_text import read_status, status_text

    place = admin_port(url, settings_from({}))
    try:
        answer = place.ask("/status")
    except NoAnswerError as error:
        raise no_proxy_there(place, error) from None
    told = read_status(answer, place)
    if form is PlainFormat.JSON:
        print_out(told.model_dump_json(indent=2, by_alias=True) + "\n", encoding="utf-8")
    else:
        print_out(status_text(told, place.url))
    if told.state != "ready" or told.troubles:
        raise typer.Exit(ExitCode.FINDINGS)
