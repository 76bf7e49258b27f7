import gc

import pytest

from proxy_addons.cli.collector import loading


def test_nothing_is_collected_while_loading_and_everything_after() -> None:
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()


def test_a_mistake_while_loading_does_not_end_collecting() -> None:
    with pytest.raises(ValueError, match="rules"), loading():
        raise ValueError("rules")
    assert gc.isenabled()
    gc.unfreeze()
