"""What docs/live-proxy.md and docs/metrics.md say of the running proxy is what it has."""

import re

from proxy_addons.addons.options import NOT_MITMPROXYS
from proxy_addons.settings import options
from proxy_addons.sinks.event_log import failure_fields
from proxy_addons.sinks.metrics import Metrics
from tests.infrastructure.tree import REPOSITORY
from tests.sinks.reports import REPORT, UNREACHED

LIVE_PROXY = (REPOSITORY / "docs" / "live-proxy.md").read_text(encoding="utf-8")
METRICS = (REPOSITORY / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_every_option_has_its_row_and_no_row_is_left_over() -> None:
    rows = re.findall(r"^\| `(--[a-z-]+)", LIVE_PROXY, re.MULTILINE)
    assert rows == [option.flag for option in options()]


def test_defaults_are_those_of_the_settings() -> None:
    rows = dict(re.findall(r"^\| `(--[a-z-]+-port) PORT` \| (\d+) ", LIVE_PROXY, re.MULTILINE))
    assert rows == {option.flag: str(option.default) for option in options() if option.placeholder == "PORT"}


def test_every_option_for_mitmproxys_tools_is_named() -> None:
    named = set(re.findall(r"`(why403_[a-z_]+)`", LIVE_PROXY))
    assert named == {option.mitmproxy_name for option in options() if option.name not in NOT_MITMPROXYS}


def test_every_metric_has_its_row_with_its_labels() -> None:
    described = {
        name: tuple(re.findall(r"`(\w+)`", labels))
        for name, labels in re.findall(r"^\| `(why403_\w+)` \| ([^|]*)\|", METRICS, re.MULTILINE)
    }
    metrics = Metrics()
    metrics.announce_rules("r1", ["a-cause"])
    real: dict[str, tuple[str, ...]] = {}
    # process_* is Prometheus' own set, the same in every program.
    for family in (family for family in metrics.registry.collect() if family.name.startswith("why403_")):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels}
        real[name] = tuple(sorted(labels - {"le"}))
    assert {name: tuple(sorted(labels)) for name, labels in described.items()} == real


def test_every_field_and_event_of_the_log_is_described() -> None:
    log = METRICS[METRICS.index("## Log") :]
    modules = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "proxy_addons").rglob("*.py")]
    writing = [text for text in modules if '"fields"' in text]
    fields = {name for text in writing for name in re.findall(r'"(@timestamp|[a-z0-9_]+(?:\.[a-z0-9_]+)+)":', text)}
    events = {
        name for text in writing for name in re.findall(r'(?:"event.name": |_EVENT: Final = )"([a-z0-9.]+)"', text)
    }
    assert len(writing) > 1
    assert {name for name in fields | events if f"`{name}`" not in log} == set()


def test_every_field_of_a_failures_line_is_described() -> None:
    table = METRICS[METRICS.index("| field | meaning |") :]
    described = set(re.findall(r"`([a-z0-9_]+(?:\.[a-z0-9_]+)+)`", table))
    assert described == {*failure_fields(REPORT), *failure_fields(UNREACHED)} - {"event.name"}
