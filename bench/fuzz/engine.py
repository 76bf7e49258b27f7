"""One target in a process of its own: `python -m bench.fuzz.engine TARGET SECONDS FOLDER`.

Atheris guides the inputs by what they cover; without it hypothesis draws and mutates them. A broken promise is written
down and the run goes on, so that one mistake does not hide the next. The last line of standard output is a Tally.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from bench.time_limit import at_most

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from bench.fuzz.target import Target

HAS_ATHERIS: Final = importlib.util.find_spec("atheris") is not None
SLOW_SECONDS: Final = 20
"""An input that takes this long is a finding: the parsers run on the proxy's event loop, or a person waits."""
_MEMORY_MEGABYTES: Final = 2048
_BATCH: Final = 200


@dataclass
class Tally:
    """What a run of one target came to. `findings` are the files of inputs that broke a promise."""

    target: str
    engine: str
    executions: int = 0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)


class Run:
    """Counts, watches the clock, and keeps what breaks: one input for every place in our code where something broke."""

    def __init__(self, target: Target, seconds: float, folder: Path) -> None:
        self.tally = Tally(target.name, "atheris" if HAS_ATHERIS else "hypothesis")
        self._target = target
        self._folder = folder
        self._began = time.monotonic()
        self._until = self._began + seconds
        self._seen: set[str] = set()

    @property
    def is_over(self) -> bool:
        """Whether the time is used up."""
        return time.monotonic() >= self._until

    def try_one(self, case: object) -> None:
        """Hold one input against the target."""
        self.tally.executions += 1
        try:
            # A search of `re` cannot be broken off like this: the process that started us sees to it.
            with at_most(SLOW_SECONDS):
                self._target.holds(case)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
            self._keep(case, error)

    def _keep(self, case: object, error: Exception) -> None:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
        place = f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
        if isinstance(error, AssertionError):
            place = str(error)  # our own words
        if place in self._seen:
            return
        self._seen.add(place)
        raw = case if isinstance(case, bytes) else repr(case).encode(errors="backslashreplace")
        file = self._folder / f"{self.tally.target}-{hashlib.sha256(place.encode()).hexdigest()[:8]}"
        self._folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
        file.with_suffix(".txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        self.tally.findings.append(f"{place}: {file}")

    def tell(self) -> None:
        """Print the tally as the last line of all."""
        self.tally.seconds = round(time.monotonic() - self._began, 1)
        sys.stdout.write(f"{json.dumps(asdict(self.tally))}\n")
        sys.stdout.flush()


def shaped(run: Run, shape: SearchStrategy[object], examples: int) -> Callable[[], None]:
    """A hypothesis test that holds every case it draws against the target, and fails for none."""
    quiet = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @quiet
    @given(shape)
    def every_case(case: object) -> None:
        if not run.is_over:
            run.try_one(case)

    return every_case


def mutated(target: Target) -> SearchStrategy[bytes]:
    """Bytes, and the target's seeds with pieces cut out, doubled or replaced."""
    seeds, words = list(target.seeds) or [b""], [*target.words, b"\0", b"\xff", b'"', b"<", b"{", b"9" * 40, b"\n"]

    def changed(seed: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
        for place, length, word in changes:
            at = int(place * len(seed))
            seed = seed[:at] + word + seed[at + length :]
        return seed[: target.longest]

    changes = st.tuples(st.floats(0, 1), st.integers(0, 40), st.one_of(st.sampled_from(words), st.binary(max_size=8)))
    return st.one_of(
        st.builds(changed, st.sampled_from(seeds), st.lists(changes, max_size=6)),
        st.binary(max_size=target.longest // 8),
    )


def with_hypothesis(target: Target, run: Run) -> None:
    """Draw cases in batches until the time is used up."""
    every_case = shaped(run, target.shape if target.shape is not None else mutated(target), _BATCH)
    while not run.is_over:
        every_case()
    run.tell()


def with_atheris(target: Target, run: Run, folder: Path) -> None:
    """Let atheris look for new paths until the time is used up; it never returns."""
    import atheris  # noqa: PLC0415  # not on every machine

    draw = shaped(run, target.shape, 1).hypothesis.fuzz_one_input if target.shape is not None else run.try_one  # type: ignore[attr-defined]  # hypothesis puts it there

    def one(data: bytes) -> None:
        if run.is_over:
            run.tell()
            os._exit(0)
        draw(data)

    corpus = folder / "corpus" / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = folder / f"{target.name}.dict"
    # libFuzzer takes no empty one.
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in (*target.words, b"\0")), encoding="ascii")
    options = [
        f"-max_len={target.longest}",
        f"-rss_limit_mb={_MEMORY_MEGABYTES}",
        f"-artifact_prefix={folder}/",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, f"-timeout={2 * SLOW_SECONDS}", f"-dict={words}", str(corpus)], one)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def main(name: str, seconds: float, folder: Path) -> None:
    """Fuzz one target for so many seconds."""
    if HAS_ATHERIS:
        import atheris  # noqa: PLC0415  # not on every machine

        with atheris.instrument_imports(include=["proxy_addons"]):
            from bench.fuzz.catalogue import TARGETS  # noqa: PLC0415  # what is imported here is what gets watched
    else:
        from bench.fuzz.catalogue import TARGETS  # noqa: PLC0415
    target = TARGETS[name]
    run = Run(target, seconds, folder / "findings")
    if HAS_ATHERIS:
        with_atheris(target, run, folder)
    else:
        with_hypothesis(target, run)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
