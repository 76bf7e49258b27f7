"""The garbage collector stands by while the command loads what it needs: nothing of that is garbage.

While modules and rules are read, hundreds of thousands of objects arise that stay until the end. Looking through all of
them again and again takes a sixth of the time until the proxy listens.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def loading() -> Iterator[None]:
    """Collect nothing inside the block; what is there at its end is left alone from then on."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
