"""wrk as the clients: which requests it sends, and what it says about the answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.processes import OTHER_CORE, CannotMeasureError, output_of
from bench.speed.answers import APPS, EWS, GRAPH, HEALTHY, Request, refusals, token
from bench.speed.upstream import ANSWER_HEADER

if TYPE_CHECKING:
    from pathlib import Path

    from bench.speed.entrants import Entrant

CONNECTIONS: Final = 16
_GRACE: Final = 60.0
_LUA: Final = """
local healthy, refused, every, closing = {healthy}, {refused}, {every}, {closing}
local before, local_name = {before}, {local_name}
local tokens, apps, count, seed = {tokens}, {apps}, {begin}, {seed}
local always = "\\r\\nUser-Agent: bench/1.0\\r\\nAccept: application/json"
if closing then always = always .. "\\r\\nConnection: close" end
request = function()
   count = count + 1
   local chosen = healthy
   if every > 0 and count % every == 0 then chosen = refused[(count / every) % #refused + 1] end
   local host, path = chosen[2], chosen[3]
   local token, body = tokens[host][(chosen[4] + count % apps - 1) % #tokens[host] + 1], chosen[6]
   if local_name then host, path = local_name, "/" .. host .. path end
   local head = chosen[1] .. " " .. before .. path .. " HTTP/1.1\\r\\nHost: " .. host .. always
      .. "\\r\\nAuthorization: " .. token
      .. string.format("\\r\\nclient-request-id: 7f1d6f0e-6a5b-4f0e-%04x-%012x", seed, count)
   if chosen[5] then head = head .. "\\r\\n{answer_header}: " .. chosen[5] end
   if body then head = head .. "\\r\\nContent-Type: text/xml; charset=utf-8\\r\\nContent-Length: " .. #body end
   return head .. "\\r\\n\\r\\n" .. (body or "")
end
"""
"""What wrk runs. Its own `wrk.format` writes headers in another order in each run, as no client does."""


@dataclass(frozen=True)
class Traffic:
    """What is asked: one request in `every` is refused (0: none), in so many kinds.

    `closing`: a connection for each. `apps`: so many take turns in calling what is healthy.
    """

    every: int = 0
    kinds: int = 1
    closing: bool = False
    apps: int = 1


@dataclass(frozen=True)
class Load:
    """What wrk saw: exchanges a second and latencies in milliseconds."""

    per_second: float
    median: float
    p99: float
    answers: int


def drive(
    directory: Path,
    entrant: Entrant,
    traffic: Traffic,
    seconds: int,
    *,
    core: str | None = OTHER_CORE,
    begin: int = 0,
) -> Load:
    """Send traffic to a proxy for so long, from the request with that number on.

    Raises CannotMeasureError where answers are other than expected: a figure of another thing would look like any.
    """
    script = directory / "requests.lua"
    script.write_text(_script(traffic, entrant, begin), encoding="utf-8")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "--latency"]
    said = output_of([*command, "-s", str(script), entrant.address], seconds + _GRACE, core=core)
    answers = held(said, traffic)
    return Load(
        per_second=float(_found(r"Requests/sec:\s+([\d.]+)", said)),
        median=_milliseconds(_found(r"^\s+50%\s+(\S+)", said)),
        p99=_milliseconds(_found(r"^\s+99%\s+(\S+)", said)),
        answers=answers,
    )


def held(said: str, traffic: Traffic) -> int:
    """How many answers came; so many of them have to be refusals as were asked for."""
    answers = int(_found(r"^\s+(\d+) requests in", said))
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    share = int(refused[1]) / max(answers, 1) if refused else 0.0
    due = 1 / traffic.every if traffic.every else 0.0
    if not answers:
        raise CannotMeasureError("no answer came within the round")
    if abs(share - due) > 0.01:  # noqa: PLR2004 - the run may end within a round of 20
        raise CannotMeasureError(f"{share:.1%} of {answers} answers were refusals, not {due:.1%}")
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    # Of a connection that is closed after each answer wrk counts the end as a read error.
    counted = [int(number) for number in errors.groups()] if errors else [0, 0, 0, 0]
    broken = counted[0] + counted[2] + counted[3] + (0 if traffic.closing else counted[1])
    if broken > answers / 1000:
        raise CannotMeasureError(f"{broken} of {answers} calls broke: {errors[0] if errors else ''}")
    return answers


def _script(traffic: Traffic, entrant: Entrant, begin: int) -> str:
    tokens = ", ".join(
        f'["{host}"] = {{ {", ".join(_quoted(f"Bearer {token(host, app)}") for app in range(APPS))} }}'
        for host in (GRAPH, EWS)
    )
    return _LUA.format(
        healthy=_row(HEALTHY),
        refused="{ " + ",\n".join(_row(each) for each in refusals(traffic.kinds)) + " }",
        every=traffic.every,
        before=_quoted(entrant.before),
        local_name=_quoted("127.0.0.1") if entrant.host_in_path else "nil",
        closing=str(traffic.closing).lower(),
        tokens=f"{{ {tokens} }}",
        apps=traffic.apps,
        seed=traffic.kinds,
        begin=begin,
        answer_header=ANSWER_HEADER,
    )


def _row(request: Request) -> str:
    answer = _quoted(request.answer) if request.answer else "nil"
    body = _quoted(request.body) if request.body else "nil"
    parts = (_quoted(request.method), _quoted(request.host), _quoted(request.path))
    return f"{{ {', '.join(parts)}, {request.app + 1}, {answer}, {body} }}"


def _quoted(words: str) -> str:
    return f"[==[{words}]==]"


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise CannotMeasureError(f"wrk said something else: {text[-400:]}")
    return match[1]


def _milliseconds(text: str) -> float:
    for unit, factor in (("us", 0.001), ("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text)
