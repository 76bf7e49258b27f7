"""A refused call out of a running proxy's memory, over its admin port."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import TYPE_CHECKING

from proxy_addons.admin.refused_calls import exchange_from_json, key_file
from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.refused_call import Refused
from proxy_addons.diagnosis.failure import explain
from proxy_addons.setting_values import LOOPBACK

if TYPE_CHECKING:
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.settings import Settings

_SECONDS = 10


def live_refusal(identifier: str, settings: Settings, ruleset: Ruleset) -> Refused:
    """The refusal of that id from the proxy on the admin port of the settings. Raises Complaint."""
    port = settings.admin_port
    file = key_file(settings.confdir.expanduser(), port)
    try:
        secret = file.read_text(encoding="ascii").strip()
    except OSError:
        raise Complaint(
            f"{identifier}: no proxy on admin port {port} remembers calls. Start it with --allow-verify, name its port "
            "with --admin-port, or verify a recording: why403 verify FILE --failure ID"
        ) from None
    status, told = _asked(port, identifier, secret)
    if status == 404:  # noqa: PLR2004  # HTTP's number
        raise Complaint(
            f"{identifier}: the proxy on admin port {port} does not, or no longer, remember it. "
            "Repeat the call through it"
        )
    if status != 200:  # noqa: PLR2004  # HTTP's number
        raise Complaint(f"{identifier}: the proxy on admin port {port} answered {status}. Start it anew")
    for failure in explain(exchange_from_json(told), ruleset):
        return Refused(failure, f"the proxy on admin port {port}")
    raise Complaint(f"{identifier}: these rules find no refusal in it. Use those the proxy was started with")


def _asked(port: int, identifier: str, secret: str) -> tuple[int, dict[str, object]]:
    try:
        with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=_SECONDS)) as connection:
            connection.request("GET", f"/refused/{identifier}", headers={"Authorization": f"Bearer {secret}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it gave no answer"
        raise Complaint(f"{identifier}: the proxy on admin port {port}: {reason}. Is it running?") from None
