"""`why403 diff`: what differs between a call that is refused and one that is answered."""

from __future__ import annotations

import secrets
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.help_text import ending
from proxy_addons.cli.plain_format import FormatOption, PlainFormat
from proxy_addons.cli.printing import counted, print_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from proxy_addons.cli.difference import Difference
    from proxy_addons.evidence.exchange import Exchange

EPILOG = ending(
    (
        "why403 diff failing.har working.har",
        "why403 diff trace.har#f-08f7f9b5d3c6 trace.har#12",
        "why403 diff monday.har friday.har --all --format json",
    ),
    {0: "compared", 2: "there is no such call"},
)


def diff(
    one: Annotated[
        str,
        typer.Argument(
            metavar="A", help="A recording; #ID or #NUMBER behind its name chooses a call, else the first refused."
        ),
    ],
    other: Annotated[
        str, typer.Argument(metavar="B", help="The same; else the first call of A's operation that was answered.")
    ],
    everything: Annotated[
        bool, typer.Option("--all", help="Show request ids, dates and what else differs in every call, too.")
    ] = False,
    form: FormatOption = PlainFormat.TEXT,
) -> None:
    """Show what differs between two calls.

    Claims of the tokens, headers, address, answer and the servers that gave it; redacted. What is equal is not shown.
    """
    import orjson

    from proxy_addons.cli.difference import differences
    from proxy_addons.redaction.pseudonyms import Pseudonyms

    first = _chosen(one, None)
    second = _chosen(other, first)
    found = differences(first, second, Pseudonyms(secrets.token_bytes(32)))
    shown = [each for each in found if everything or not each.every]
    sides = [(name, _named(exchange)) for name, exchange in ((one, first), (other, second))]
    if form is PlainFormat.JSON:
        told = {
            "schema": "why403.diff/1",
            "calls": [{"from": Path(name.partition("#")[0]).name, "call": call} for name, call in sides],
            "differences": [
                {"group": each.group, "name": each.name, "a": each.one, "b": each.other, "in_every_call": each.every}
                for each in shown
            ],
        }
        print_out(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n", encoding="utf-8")
        return
    left_out = len(found) - len(shown)
    lines = [f"{letter}  {call}  ({Path(name).name})" for letter, (name, call) in zip("AB", sides, strict=True)]
    print_out("\n".join([*lines, *_lines(shown), *_remark(left_out), ""]))


def _lines(shown: Sequence[Difference]) -> Iterator[str]:
    from proxy_addons.diagnosis.report_text import printable

    if not shown:
        yield ""
        yield "Nothing differs."
    width = max((len(each.name) for each in shown), default=0)
    for group, members in groupby(shown, key=lambda each: each.group):
        yield ""
        yield group
        for each in members:
            first, second = ("(absent)" if side is None else printable(side) for side in (each.one, each.other))
            same = "  (differs where it is not shown)" if first == second else ""
            yield f"  {each.name:<{width}}  A  {first}"
            yield f"  {'':<{width}}  B  {second}{same}"


def _remark(left_out: int) -> list[str]:
    return (
        ["", f"Left out: {counted(left_out, 'value')} that differ in every call (--all shows them)."]
        if left_out
        else []
    )


def _named(exchange: Exchange) -> str:
    from proxy_addons.evidence.facts import collect

    operation = collect(exchange, {}).text("request.operation") or exchange.request.method
    return f"{exchange.response.status if exchange.response else 'no answer'}  {operation}"


def _chosen(name: str, failing: Exchange | None) -> Exchange:
    """The call an argument means. Raises Complaint."""
    from proxy_addons.cli.refused_call import exchanges, refusal, refusals
    from proxy_addons.intake.rule_files import read_rules

    file, mark, wanted = name.rpartition("#")
    path = Path(file if mark else name)
    if wanted.isdecimal() and mark:
        calls = [*exchanges(path)]
        if not 0 < int(wanted) <= len(calls):
            raise Complaint(f"{name}: there are {counted(len(calls), 'call')} in it, counted from 1")
        return calls[int(wanted) - 1]
    if mark:
        return refusal(path, wanted, read_rules()).failure.exchange
    if failing is not None:
        found = _answered(path, failing)
        if found is None:
            raise Complaint(f"{name}: no call like A's was answered in it. Choose one with {name}#NUMBER")
        return found
    for refused in refusals(path, read_rules()):
        return refused.failure.exchange
    raise Complaint(f"{name}: nothing was refused in it. Choose a call with {name}#NUMBER")


def _answered(path: Path, failing: Exchange) -> Exchange | None:
    from proxy_addons.cli.refused_call import exchanges
    from proxy_addons.evidence.facts import collect
    from proxy_addons.evidence.hidden import hidden_failures

    wanted = collect(failing, {}).text("request.operation")
    calls = (each for each in exchanges(path) if each.response is not None and each.response.status < 400)  # noqa: PLR2004  # HTTP's classes
    alike = (each for each in calls if collect(each, {}).text("request.operation") == wanted)
    return next((each for each in alike if not hidden_failures(each)), None)
