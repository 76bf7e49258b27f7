"""Evidence, diagnosis and redaction are plain functions over frozen values."""

from pathlib import Path

import pytest

from tests.infrastructure.purity import impurities
from tests.infrastructure.tree import PURE_MODULES, REPOSITORY


@pytest.mark.parametrize("module", PURE_MODULES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_pure_module_has_no_clock_no_chance_no_disk_and_no_loose_state(module: Path) -> None:
    assert impurities(module.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("datetime.now(UTC)", ".now() reads the clock"),
        ("datetime.datetime.utcnow()", ".utcnow() reads the clock"),
        ("date.today()", ".today() reads the clock"),
        ("uuid.uuid4()", ".uuid4() draws by chance"),
        ("open('rules.yaml')", "open() is not for a pure module"),
        ("Path('rules.yaml').read_text()", ".read_text() reaches the disk"),
        ("print('found')", "print() is not for a pure module"),
        ("def f():\n    global seen\n    seen = 1", "global seen is state that outlives a call"),
        ("@dataclass\nclass Fact: ...", "dataclass Fact is not frozen with slots"),
        ("@dataclasses.dataclass(frozen=True)\nclass Fact: ...", "dataclass Fact is not frozen with slots"),
        ("@dataclass(frozen=True, slots=False)\nclass Fact: ...", "dataclass Fact is not frozen with slots"),
        ("from urllib import request", "urllib.request reaches the network"),
        ("from urllib.request import urlopen", "urllib.request reaches the network"),
        ("import urllib.request", "urllib.request reaches the network"),
    ],
)
def test_the_search_for_impurities_finds_each_kind(source: str, complaint: str) -> None:
    assert [found.partition(": ")[2] for found in impurities(source)] == [complaint]


@pytest.mark.parametrize(
    "source",
    [
        "@dataclass(frozen=True, slots=True)\nclass Fact: ...",
        "@dataclass(slots=True)\nclass _Collector: ...",
        "from urllib.parse import urlsplit",
        "datetime.fromtimestamp(now, UTC)",
        "re.compile('x')",
    ],
)
def test_the_search_for_impurities_lets_pure_code_be(source: str) -> None:
    assert impurities(source) == []


def test_an_impurity_is_reported_with_its_line() -> None:
    assert impurities("x = 1\n\nprint(x)\n") == ["line 3: print() is not for a pure module"]
