"""`why403 logs`: refused calls as they happen, from a running proxy or from the file its log goes to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from proxy_addons.cli.admin_client import UrlOption
from proxy_addons.cli.failures import AppOption, CauseOption, RequestOption, ServiceOption
from proxy_addons.cli.help_text import ending
from proxy_addons.cli.plain_format import FormatOption, PlainFormat
from proxy_addons.cli.stored_failures import GroupOption, SinceOption, TraceOption

if TYPE_CHECKING:
    from proxy_addons.cli.logs_line import Line

EPILOG = ending(
    (
        "why403 logs -f",
        "why403 logs --since 1h --cause graph-scope-missing",
        "why403 logs --trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "why403 logs -f --file /var/log/why403.log",
        "journalctl -u why403 -o cat -f | why403 logs -f --file -",
    ),
    {
        0: "printed, or standard input ended",
        2: "no proxy answers, it keeps no failures, or the file cannot be read",
        130: "ended with Ctrl-C",
    },
)


def logs(  # noqa: PLR0913, PLR0917  # a filter is an option, and an option is a parameter
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C, with what is refused then.")
    ] = False,
    last: Annotated[
        int, typer.Option("--lines", "-n", min=0, max=100, metavar="N", help="So many of those there are already.")
    ] = 20,
    since: SinceOption = None,
    group: GroupOption = None,
    cause: CauseOption = None,
    service: ServiceOption = None,
    app_id: AppOption = None,
    request_id: RequestOption = None,
    trace: TraceOption = None,
    form: FormatOption = PlainFormat.TEXT,
    file: Annotated[
        str | None,
        typer.Option("--file", metavar="FILE", help="Read the proxy's log in JSON from here; - is standard input."),
    ] = None,
    url: UrlOption = None,
) -> None:
    """Print refused calls, a line each; with -f as they happen.

    A running proxy is asked through its admin port, and tells what all that share its failure store keep. A log that
    goes to a file is followed over rotation. Interruptions are told on standard error.
    """
    from proxy_addons.cli.logs_line import printed
    from proxy_addons.cli.stored_failures import moment_of, trace_of
    from proxy_addons.sinks.failure_filters import Filters

    filters = Filters(
        moment_of(since), group or "", cause or "", service or "", app_id or "", request_id or "", trace_of(trace)
    )
    coloured = form is PlainFormat.TEXT and sys.stdout.isatty()

    def show(line: Line) -> None:
        printed(line, as_json=form is PlainFormat.JSON, coloured=coloured)

    if file is not None:
        from proxy_addons.cli.logs_file import read_log

        read_log(file, filters, last, follow=follow, show=show, tell=_tell)
        return
    from proxy_addons.cli.admin_client import admin_port
    from proxy_addons.cli.config_file import settings_from
    from proxy_addons.cli.logs_live import LiveLog

    live = LiveLog(admin_port(url, settings_from({})), filters, show, _tell)
    live.begin(last)
    if follow:
        live.follow()


def _tell(text: str) -> None:
    sys.stderr.write(f"why403 logs: {text}\n")
    sys.stderr.flush()
