import contextlib
import os
from pathlib import Path

import pytest

from proxy_addons.cli import demo
from proxy_addons.cli.demo_proxy import DemoProxy
from tests.live.proxy import terminal

PROXY = DemoProxy(admin="http://127.0.0.1:9403")


def test_it_ends_with_the_address_of_the_page_and_waits_for_nobody(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    demo._show_page(PROXY, tmp_path)
    shown = capsys.readouterr().out
    assert "http://127.0.0.1:9403 showed all of this, live." in shown
    assert f"why403 run --store {tmp_path / 'failures.sqlite'}" in shown


def test_before_a_terminal_the_page_stays_until_enter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with terminal() as screen, contextlib.ExitStack() as stack:
        keyboard = stack.enter_context(os.fdopen(os.dup(screen.side), encoding="utf-8"))
        display = stack.enter_context(os.fdopen(os.dup(screen.side), "w", encoding="utf-8"))
        monkeypatch.setattr("sys.stdin", keyboard)
        monkeypatch.setattr("sys.stdout", display)
        asked: list[str] = []
        monkeypatch.setattr("builtins.input", lambda: asked.append("Enter"))
        demo._show_page(PROXY, tmp_path)
        display.flush()
        monkeypatch.undo()
    assert asked == ["Enter"]
    assert "shows all of this, live. Press Enter to end the demo." in screen.shown.decode()
