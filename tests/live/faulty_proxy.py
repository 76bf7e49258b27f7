"""`why403` with a switch at every place where it may break: run as a program. `Faults` is the test's end of it.

Nothing is mocked: it is the real command, the real addons and the real sinks, until a switch says otherwise.
"""

import contextlib
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import IO

from mitmproxy import ctx, hooks

from proxy_addons import addons as package, cli
from proxy_addons.addons import assembly
from proxy_addons.addons.bundle_writer import BundleWriter
from proxy_addons.addons.failure_store import FailureStore
from proxy_addons.addons.flow_explainer import RememberedReports
from proxy_addons.addons.links_json import JsonLinkStream
from proxy_addons.addons.repetitions import Repetitions
from proxy_addons.admin import store_watch
from proxy_addons.admin.event_stream import Feed
from proxy_addons.diagnosis import ranking
from proxy_addons.intake.body_tee import BodyTee
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.store import writer, writing
from proxy_addons.sinks.worker import LineWriter
from tests.live.proxy import ONE_RULE, SECONDS, RunningProxy, started

PORT = "WHY403_TESTS_FAULTS_AT"


class Switches:
    """What is broken at this moment, in the process that is to break."""

    def __init__(self) -> None:
        self._broken: dict[str, str] = {}
        self._ending = ("\0", "")
        self._mended = threading.Event()
        self.reached: dict[str, bool] = {}
        """The points that were come by, and whether it was on the event loop."""

    def around(self, point: str, real: Callable[..., object]) -> Callable[..., object]:
        """The same function until its switch is thrown."""

        def switched(*arguments: object, **named: object) -> object:
            on_the_loop = threading.current_thread() is threading.main_thread()
            self.reached[point] = on_the_loop
            kind = self._ending[1] if point.endswith(self._ending[0]) else self._broken.get(point)
            if kind is None:
                return real(*arguments, **named)
            if kind == "raise":
                raise RuntimeError("broken on purpose")
            if kind == "hang":
                if on_the_loop:
                    # Once is enough: every further one would cost its time again.
                    self._broken.pop(point, None)
                    threading.Event().wait()
                self._mended.wait()
                return real(*arguments, **named)
            return object()

        return switched

    def obey(self, orders: IO[str], answers: IO[str]) -> None:
        """Follow the test, line by line."""
        for line in orders:
            self.follow(line, answers)

    def follow(self, line: str, answers: IO[str]) -> None:
        """Follow one order."""
        order = json.loads(line)
        match order["do"]:
            case "break":
                self._mended = threading.Event()
                self.reached.clear()
                self._broken = dict.fromkeys(order["points"], order["kind"])
            case "break all":
                self._ending = (order["ending"], order["kind"])
            case "mend":
                self._broken = {}
                self._mended.set()
            case "set":
                self._set(order["options"])
            case "ring":
                # On a busy machine an honest call may take longer than a test wants to wait for one that hangs.
                signal.setitimer(signal.ITIMER_REAL, order["seconds"], order["seconds"])
            case _:
                pass
        answers.write(json.dumps(dict(self.reached)) + "\n")
        answers.flush()

    def _set(self, options: dict[str, object]) -> None:
        done = threading.Event()

        def update() -> None:
            ctx.options.update(**options)
            done.set()

        ctx.master.event_loop.call_soon_threadsafe(update)
        done.wait()


@dataclass
class Faults:
    """The test's end."""

    file: IO[str]

    def _order(self, **order: object) -> dict[str, bool]:
        self.file.write(json.dumps(order) + "\n")
        self.file.flush()
        reached: dict[str, bool] = json.loads(self.file.readline())
        return reached

    @contextlib.contextmanager
    def broken(self, kind: str, *points: str) -> Iterator[None]:
        """Break something for a while."""
        self._order(do="break", kind=kind, points=points)
        try:
            yield
        finally:
            self._order(do="mend")

    def break_all(self, kind: str, ending: str) -> None:
        """Break every point whose name ends so, for good."""
        self._order(do="break all", kind=kind, ending=ending)

    def reached(self) -> dict[str, bool]:
        """The points that were come by since something was broken last, and whether it was on the event loop."""
        return self._order(do="look")

    def ring_every(self, seconds: float) -> None:
        """Let the watchdog look so often from now on."""
        self._order(do="ring", seconds=seconds)

    def set(self, **options: object) -> None:
        """Change options of mitmproxy."""
        self._order(do="set", options=options)


@contextlib.contextmanager
def running_faulty_proxy(
    folder: Path, *arguments: str, before: Callable[[Faults], object] = Faults.reached
) -> Iterator[tuple[RunningProxy, Faults]]:
    """Start it; `before` may break something that happens while it starts."""
    ports = ["--reverse-port", "0", "--forward-port", "0", "--admin-port", "0"]
    rules = ["--no-shipped-rules", "--rules", str(ONE_RULE), "--confdir", str(folder / "conf")]
    command = [sys.executable, "-m", "tests.live.faulty_proxy", "run", *ports, *rules, *arguments]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        with (
            started(command, folder, environment={PORT: str(listener.getsockname()[1])}) as proxy,
            listener.accept()[0] as stream,
            stream.makefile("rw", encoding="utf-8") as file,
        ):
            faults = Faults(file)
            before(faults)
            ready = proxy.next_line("why403.ready")
            proxy.reverse, proxy.forward = ready["why403.reverse_port"], ready["why403.forward_port"]
            proxy.admin = ready["why403.admin_port"]
            yield proxy, faults


def wire_addon(switches: Switches, addon: object) -> object:
    """Put a switch before every event an addon hears."""
    for event in hooks.all_hooks:
        real = getattr(addon, event, None)
        if callable(real) and event not in {"load", "configure"}:
            setattr(addon, event, switches.around(f"{addon.name}.{event}", real))  # type: ignore[attr-defined]
    return addon


def wire_functions(switches: Switches, module: ModuleType) -> None:
    """Put a switch before every function of ours that a module calls by its name."""
    for name, found in [*vars(module).items()]:
        if isinstance(found, FunctionType) and found.__module__.startswith("proxy_addons."):
            setattr(module, name, switches.around(f"{module.__name__.rpartition('.')[2]}:{name}", found))


def wire_method(switches: Switches, owner: type, method: str) -> None:
    """Put a switch before a method of all objects of a class."""
    real = getattr(owner, method)
    switched = switches.around(f"{owner.__name__}.{method}", real)

    def method_of_all(*arguments: object, **named: object) -> object:
        return switched(*arguments, **named)

    setattr(owner, method, method_of_all)


_RESOLVE: Callable[..., object] = socket.getaddrinfo


def nowhere_else(*address: object, **named: object) -> object:
    """A resolver that knows this machine only: what a broken proxy tries to reach must not leave it."""
    if address[0] not in {"127.0.0.1", "::1", "localhost", None}:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _RESOLVE(*address, **named)


def main() -> None:
    """The command, wired before it imports what is wired."""
    setattr(socket, "getaddrinfo", nowhere_else)  # noqa: B010 - an assignment would have to be of its exact type
    # A refusal that repeats another would be told without being explained anew.
    Repetitions.__init__.__defaults__ = (0, 0)
    switches = Switches()
    own = [
        importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    ]
    for module in (*own, ranking, store_watch, writer, writing):
        wire_functions(switches, module)
    for owner, method in (
        (RememberedReports, "show"),
        (FailureStore, "offer"),
        (BundleWriter, "offer"),
        (Feed, "publish"),
        (BodyTee, "_keep"),
        (JsonLinkStream, "__call__"),
        (LineWriter, "_write"),
        (Metrics, "count_exchange"),
        (Metrics, "count_failure"),
    ):
        wire_method(switches, owner, method)
    real = assembly.assemble

    def assemble(outside: assembly.Outside | None = None) -> list[object]:
        addons = real(outside)
        for addon in addons:
            if addon.name == "why403-watchdog":  # type: ignore[attr-defined]
                addon._ours = (*addon._ours, __file__)  # type: ignore[attr-defined]
        return [wire_addon(switches, addon) for addon in addons]

    assembly.assemble = assemble
    stream = socket.create_connection(("127.0.0.1", int(os.environ[PORT])))
    orders, answers = stream.makefile("r", encoding="utf-8"), stream.makefile("w", encoding="utf-8")
    switches.follow(orders.readline(), answers)
    threading.Thread(target=switches.obey, args=(orders, answers), daemon=True).start()
    cli.main()


if __name__ == "__main__":
    main()
