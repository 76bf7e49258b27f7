"""The content view `why403`: on a refused flow it comes first, and says why instead of showing the error body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mitmproxy import contentviews, http

from proxy_addons.addons.flow_explainer import is_refused
from proxy_addons.sinks.annotation import METADATA_KEY

if TYPE_CHECKING:
    from mitmproxy.contentviews import Metadata, SyntaxHighlight

    from proxy_addons.addons.flow_explainer import FlowExplainer

_BEFORE_ALL_OTHERS: Final = 10.0
_NEVER: Final = -1.0
_NOTHING: Final = "This call was not refused, or why403 does not look at its host."


class Why403Contentview(contentviews.Contentview):
    """Takes the place of JSON, XML and HTML on the response of a call that was refused, and can be chosen on any."""

    def __init__(self, explainer: FlowExplainer) -> None:
        self._explainer = explainer

    @property
    def name(self) -> str:
        """As it is chosen."""
        return "why403"

    @property
    def syntax_highlight(self) -> SyntaxHighlight:
        """Plain text."""
        return "none"

    def prettify(self, data: bytes, metadata: Metadata) -> str:  # noqa: ARG002 - the flow tells more than its body
        """The report. A flow from a file is explained now."""
        from proxy_addons.addons.failure_page import failure_page

        reports = self._explainer.reports(metadata.flow) if metadata.flow is not None else ()
        if reports:
            return failure_page(reports)
        return (metadata.flow.comment if metadata.flow else "") or _NOTHING

    def render_priority(self, data: bytes, metadata: Metadata) -> float:  # noqa: ARG002 - as above
        """First on the response of a flow that was explained; never by itself on anything else."""
        flow, message = metadata.flow, metadata.http_message
        if not isinstance(flow, http.HTTPFlow) or message is not flow.response or not is_refused(flow):
            return _NEVER
        return _BEFORE_ALL_OTHERS if METADATA_KEY in flow.metadata else _NEVER
