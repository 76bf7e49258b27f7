"""Commands for mitmproxy's prompt: `why403.explain @focus`, `why403.token @focus`, `why403.bundle @marked file.zip`."""

# No `from __future__ import annotations` here: mitmproxy reads the types of a command's arguments from its signature.
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mitmproxy import command, contentviews, exceptions, flow as flows, http, types

from proxy_addons.addons.content_view import Why403Contentview
from proxy_addons.evidence.bearer_token import read_authorizations
from proxy_addons.sinks.annotation import annotate

if TYPE_CHECKING:
    from proxy_addons.addons.flow_explainer import FlowExplainer

_logger = logging.getLogger(__name__)

_NO_FLOW: Final = "no flow was chosen. Remedy: name some, for example @focus, @marked, @all or '~c 403'"


class Commands:
    """What mitmproxy calls when somebody types a command, and the content view beside them."""

    name = "why403-commands"

    def __init__(self, explainer: "FlowExplainer") -> None:
        self._explainer = explainer

    def load(self, _: object) -> None:
        """Add the content view; a reloaded script replaces the one before."""
        contentviews.add(Why403Contentview(self._explainer))

    def configure(self, updated: set[str]) -> None:
        """Pass on what changed."""
        self._explainer.configure(updated)

    @command.command("why403.explain")  # type: ignore[untyped-decorator]  # mitmproxy leaves it untyped
    def explain(self, flows: Sequence[flows.Flow]) -> Sequence[str]:
        """Explain flows, from a file or of now, and write comment and marker on them."""
        from proxy_addons.addons.failure_page import failure_page

        lines: list[str] = []
        for flow in _some(flows):
            reports = self._explainer.reports(flow)
            if isinstance(flow, http.HTTPFlow):
                annotate(flow, reports)
            lines += failure_page(reports).splitlines() if reports else ["Nothing in this flow was refused."]
        return lines

    @command.command("why403.token")  # type: ignore[untyped-decorator]  # mitmproxy leaves it untyped
    def token(self, flows: Sequence[flows.Flow]) -> Sequence[str]:
        """Show what the tokens of flows say: claims with their meaning, never the token itself."""
        from proxy_addons.addons.failure_page import token_page

        lines: list[str] = []
        for flow in _some(flows):
            sent = flow.request.headers.get_all("authorization") if isinstance(flow, http.HTTPFlow) else []
            if self._explainer.pseudonyms is not None:
                lines += token_page(read_authorizations(sent), self._explainer.pseudonyms).splitlines()
        return lines

    @command.command("why403.bundle")  # type: ignore[untyped-decorator]  # mitmproxy leaves it untyped
    def bundle(self, flows: Sequence[flows.Flow], path: types.Path) -> None:
        """Write the refusals among flows into one bundle that is safe to send."""
        from proxy_addons.sinks.bundle import write_bundle

        records = [record for flow in _some(flows) for record in self._explainer.records(flow)]
        if not records:
            raise exceptions.CommandError("nothing in these flows was refused, so there is nothing to bundle")
        target = Path(path).expanduser()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_bundle(target, records, rules_revision=self._explainer.revision, created=datetime.now(UTC))
        except Exception as error:
            # Whatever it is, its text is ours: redaction names no values, and the disk only the path.
            raise exceptions.CommandError(f"{target}: no bundle was written: {error}") from error
        _logger.warning("bundle with %d refusals written: %s", len(records), target)


def _some(chosen: Sequence[flows.Flow]) -> Sequence[flows.Flow]:
    if not chosen:
        raise exceptions.CommandError(_NO_FLOW)
    return chosen
