"""How much memory and time `why403 explain` takes for a HAR far larger than the memory it may use.

Run it from the checkout: `.venv/bin/python -m bench.large_recording [MEGABYTES] [FORMAT]`. It writes the recording to a
temporary folder (1,024 MB unless told otherwise, 5 % of the calls refused), explains it, and removes it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

PADDING: Final = "x" * 1500
"""Each call's answer is as long as a short list of messages."""
REFUSED_EVERY: Final = 20
LIMIT_MEGABYTES: Final = 300


def main() -> int:
    """Write, explain, measure; 1 where the limit is passed."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    form = sys.argv[2] if len(sys.argv) > 2 else "json"  # noqa: PLR2004  # the second argument
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "large.har"
        calls = write(recording, megabytes * 1024 * 1024)
        started = time.monotonic()
        with (Path(folder) / "report").open("wb") as report:
            command = (sys.executable, "-m", "proxy_addons.cli", "explain", str(recording), "--format", form)
            status = subprocess.run(command, stdout=report, check=False).returncode  # noqa: S603  # our own command
        seconds = time.monotonic() - started
        shown = (Path(folder) / "report").stat().st_size
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = used.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    sys.stdout.write(
        f"{megabytes} MB, {calls} calls, exit code {status}: {seconds:.0f} s, "
        f"{used.ru_utime:.0f} s of CPU ({calls / used.ru_utime:.0f} calls a second of it), "
        f"{peak:.0f} MB of memory at most, {shown / 1024**2:.0f} MB of {form}\n"
    )
    return int(status != 0 or peak > LIMIT_MEGABYTES)


def write(recording: Path, size: int) -> int:
    """Write a HAR of about `size` bytes; the number of its calls."""
    calls = 0
    with recording.open("w", encoding="utf-8") as file:
        file.write('{"log": {"version": "1.2", "creator": {"name": "bench", "version": "1"}, "entries": [\n')
        while file.tell() < size:
            file.write(f"{',' if calls else ''}{json.dumps(entry(calls))}\n")
            calls += 1
        file.write("]}}\n")
    return calls


def entry(number: int) -> dict[str, object]:
    """One Graph call of one of fifty people."""
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC) + timedelta(milliseconds=20 * number)
    refused = number % REFUSED_EVERY == 0
    failure = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}}
    answer = failure if refused else {"value": [{"subject": PADDING}]}
    headers = {
        "Date": f"{moment:%a, %d %b %Y %H:%M:%S} GMT",
        "Content-Type": "application/json",
        "request-id": f"00000000-0000-4000-8000-{number:012d}",
        "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"West Europe","Slice":"E","Ring":"5"}}',
    }
    return {
        "startedDateTime": moment.isoformat(),
        "time": 10,
        "request": {
            "method": "GET",
            "url": f"https://graph.microsoft.com/v1.0/users/user{number % 50}@contoso.com/messages",
            "httpVersion": "HTTP/1.1",
            "headers": fields({"Authorization": f"Bearer {token(number % 50)}", "User-Agent": "bench"}),
        },
        "response": {
            "status": 403 if refused else 200,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "headers": fields(headers),
            "content": {"size": 1, "mimeType": "application/json", "text": json.dumps(answer)},
        },
    }


def token(number: int) -> str:
    """A token that can be read and not verified."""
    claims = {
        "aud": "https://graph.microsoft.com",
        "iss": "https://sts.windows.net/6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21/",
        "tid": "6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21",
        "appid": "3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f8a36",
        "upn": f"user{number}@contoso.com",
        "scp": "User.Read",
        "iat": 1_795_260_000,
        "exp": 1_795_300_000,
    }
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    return ".".join(
        [*(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), "c2ln" * 80]
    )


def fields(headers: dict[str, str]) -> list[dict[str, str]]:
    """Headers in HAR's form."""
    return [{"name": name, "value": value} for name, value in headers.items()]


if __name__ == "__main__":
    sys.exit(main())
