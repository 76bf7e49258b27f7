"""Every target by name, in the order they are run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.fuzz import configuration, outward, recordings, wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.fuzz.target import Target

TARGETS: Final[Mapping[str, Target]] = {
    target.name: target for group in (wire, recordings, configuration, outward) for target in group.TARGETS
}
