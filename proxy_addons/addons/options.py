"""why403's settings as options of mitmproxy: `--set why403_connect_to=...`, `set why403_verdict_header=true`."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from mitmproxy import ctx, exceptions

from proxy_addons.settings import (
    MITMPROXY_PREFIX,
    Settings,
    SettingsError,
    as_given,
    options,
    read_settings,
    settings_from_mitmproxy,
)

if TYPE_CHECKING:
    from mitmproxy.addonmanager import Loader

_logger = logging.getLogger(__name__)

NOT_MITMPROXYS: Final = frozenset(
    {
        "reverse_port",
        "forward_port",
        "listen_host",
        "workers",
        "mode",
        "upstream_ca",
        "confdir",
        "log_format",
        "quiet",
        "fail_on",
        "ui",
    }
)
"""Settings mitmproxy has an option of its own for; only `why403 run` translates them."""


class Options:
    """Declares the options and keeps the settings that follow from them, for the other addons to read."""

    name = "why403-options"

    def __init__(self) -> None:
        self.settings = read_settings({}, {})

    def load(self, loader: Loader) -> None:
        """Declare every option; where the environment says something, that is the default."""
        try:
            self.settings = read_settings({}, os.environ)
        except SettingsError as error:
            # An error in the log while mitmproxy starts makes it stop, which is what a wrong setting deserves.
            _logger.error("%s", error)  # noqa: TRY400 - the text is complete, a traceback adds nothing
        defaults = as_mitmproxy_options(self.settings)
        for option in options():
            if option.name not in NOT_MITMPROXYS:
                kind: Any = bool if option.is_flag else Sequence[str] if option.repeatable else str
                loader.add_option(option.mitmproxy_name, kind, defaults[option.mitmproxy_name], option.help)

    def configure(self, updated: set[str]) -> None:
        """Validate what was set; mitmproxy shows the error and takes the change back."""
        if not any(name.startswith(MITMPROXY_PREFIX) for name in updated):
            return
        values = {
            option.name: getattr(ctx.options, option.mitmproxy_name)
            for option in options()
            if option.name not in NOT_MITMPROXYS
        }
        try:
            self.settings = settings_from_mitmproxy(values)
        except SettingsError as error:
            raise exceptions.OptionsError(str(error)) from error


def as_mitmproxy_options(settings: Settings) -> dict[str, object]:
    """Settings in the form mitmproxy's options hold them."""
    return {MITMPROXY_PREFIX + name: value for name, value in as_given(settings).items() if name not in NOT_MITMPROXYS}
