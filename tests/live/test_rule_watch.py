"""The rules of a running proxy are changed under its feet: what is right is taken up, what is wrong changes nothing."""

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.proxy import ONE_RULE, RunningProxy, running_proxy
from tests.live.upstream import Upstream

BAD = "id: graph-refused\nstatus: stable\nverified: 2026-11-21\ntitle: The call was refused\ngate: door\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ONE_RULE, tmp_path / "rules"))


@pytest.fixture
def proxy(tmp_path: Path, folder: Path, towards_upstream: list[str]) -> Iterator[RunningProxy]:
    with running_proxy(tmp_path, *towards_upstream, rules=folder) as running:
        yield running


def reloads(proxy: RunningProxy, outcome: str) -> float:
    return proxy.metric(f'why403_rules_reloads_total{{outcome="{outcome}"}}')


def revision(proxy: RunningProxy) -> str:
    page = proxy.admin_get("/metrics").read().decode()
    (found,) = re.findall(r'^why403_rules_info\{revision="(\w+)"\} 1', page, re.MULTILINE)
    return str(found)


def title(proxy: RunningProxy, upstream: Upstream) -> str:
    """What a refused call is called now."""
    upstream.on("/v1.0/refused", lambda received: received.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
    with proxy.through_reverse() as client:
        assert client.get("127.0.0.1", "/graph.microsoft.com/v1.0/refused").status == 403
        return str(proxy.failure(client)["rule.name"])


def retitled(folder: Path, name: str) -> None:
    rule = folder / "graph" / "graph-refused.yaml"
    rule.write_text(re.sub("^title: .*$", f"title: {name}", rule.read_text(), flags=re.MULTILINE))


def test_a_changed_rule_is_taken_up_without_a_restart(proxy: RunningProxy, folder: Path, upstream: Upstream) -> None:
    before = revision(proxy)
    retitled(folder, "Renamed while it ran")

    told = proxy.next_line("why403.rules")

    assert (told["event.outcome"], told["log.level"]) == ("success", "info")
    assert told["why403.rules_revision"] == revision(proxy) != before
    assert reloads(proxy, "applied") == 1
    assert title(proxy, upstream) == "Renamed while it ran"


def test_a_bad_file_keeps_the_old_rules_and_says_where_once(
    proxy: RunningProxy, folder: Path, upstream: Upstream
) -> None:
    before, known = revision(proxy), title(proxy, upstream)
    (folder / "graph" / "graph-refused.yaml").write_text(BAD)

    told = proxy.next_line("why403.rules")

    assert told["event.outcome"] == "failure"
    assert told["message"].startswith(
        f"the rules stay as they were: {folder}/graph/graph-refused.yaml:5:1: gate: input should be 'network'"
    )
    assert reloads(proxy, "refused") == 1
    assert proxy.metric("why403_rules_last_reload_successful") == 0
    assert revision(proxy) == before
    assert title(proxy, upstream) == known
    assert len([line for line in proxy.errors if "the rules stay" in line]) == 1


def test_a_bad_file_put_right_is_taken_up(proxy: RunningProxy, folder: Path) -> None:
    rule = folder / "graph" / "graph-refused.yaml"
    good, before = rule.read_text(), revision(proxy)
    rule.write_text(BAD)
    assert proxy.next_line("why403.rules")["event.outcome"] == "failure"

    rule.write_text(good)

    assert proxy.next_line("why403.rules")["event.outcome"] == "success"
    assert proxy.metric("why403_rules_last_reload_successful") == 1
    assert revision(proxy) == before


def test_sighup_reads_the_rules_again_at_once(proxy: RunningProxy) -> None:
    proxy.process.send_signal(signal.SIGHUP)

    assert proxy.next_line("why403.rules")["event.outcome"] == "success"
    assert reloads(proxy, "applied") == 1


def test_a_folder_that_goes_away_keeps_the_old_rules(proxy: RunningProxy, folder: Path) -> None:
    before = revision(proxy)
    shutil.rmtree(folder)

    told = proxy.next_line("why403.rules")

    assert told["event.outcome"] == "failure"
    assert "name a folder of rules with --rules" in told["message"]
    assert revision(proxy) == before


def test_rules_nobody_touches_are_read_once(proxy: RunningProxy) -> None:
    assert reloads(proxy, "applied") == reloads(proxy, "refused") == 0
    assert proxy.metric("why403_rules_last_reload_successful") == 1
    assert proxy.metric("why403_rules_last_reload_success_timestamp_seconds") > 1_700_000_000
