"""The committed dashboards and the program that writes them, as the tests read them."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tests.infrastructure.tree import REPOSITORY

GRAFANA = REPOSITORY / "deploy" / "grafana"


def builder() -> ModuleType:
    """deploy/grafana/build.py as a module; it belongs to no package."""
    spec = importlib.util.spec_from_file_location("grafana_build", GRAFANA / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


COMMITTED: dict[str, Any] = {
    path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted((GRAFANA / "dashboards").glob("*.json"))
}


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything but headings."""
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


@dataclass(frozen=True)
class Asked:
    """One query of one panel."""

    panel: str
    expr: str

    @property
    def name(self) -> str:
        """For the test's name."""
        return f"{self.panel}: {self.expr[:40]}"


QUERIES = [
    Asked(f"{name.removesuffix('.json')}, {panel['title']}", target["expr"])
    for name, dashboard in COMMITTED.items()
    for panel in panels(dashboard)
    for target in panel["targets"]
]
