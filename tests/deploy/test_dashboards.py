"""The dashboards: as generated, about metrics that exist, each panel with a question and a unit."""

import re
from itertools import combinations
from typing import Any

import pytest

from tests.deploy.dashboards import COMMITTED, GRAFANA, QUERIES, Asked, builder, panels
from tests.deploy.test_prometheus import series_of_a_running_proxy

ALL = pytest.mark.parametrize("dashboard", COMMITTED.values(), ids=COMMITTED)
EACH_QUERY = pytest.mark.parametrize("asked", QUERIES, ids=lambda asked: asked.name)


def test_what_is_committed_is_what_the_builder_writes() -> None:
    module = builder()
    for name, dashboard in module.DASHBOARDS.items():
        assert (GRAFANA / "dashboards" / name).read_text(encoding="utf-8") == module.written(dashboard)
    assert set(COMMITTED) == set(module.DASHBOARDS)


@ALL
def test_every_panel_has_a_title_a_question_a_unit_and_a_query(dashboard: dict[str, Any]) -> None:
    for panel in panels(dashboard):
        assert panel["title"]
        assert panel["description"].endswith((".", "?"))
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["targets"]


@ALL
def test_panels_have_names_of_their_own_and_do_not_overlap(dashboard: dict[str, Any]) -> None:
    drawn = [panel["gridPos"] for panel in dashboard["panels"]]
    for one, other in combinations(drawn, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)
    assert all(place["x"] + place["w"] <= 24 for place in drawn)
    titles = [panel["title"] for panel in panels(dashboard)]
    assert len(titles) == len(set(titles))


@ALL
def test_the_source_job_and_instance_can_be_chosen_and_are_looked_up_again(dashboard: dict[str, Any]) -> None:
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert list(variables) == ["datasource", "job", "instance"]
    assert all(variables[name]["refresh"] == 2 for name in ("job", "instance"))
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in panels(dashboard))


@ALL
def test_it_is_found_by_a_stable_name_and_not_edited_in_place(dashboard: dict[str, Any]) -> None:
    assert re.fullmatch(r"why403-[a-z]+", dashboard["uid"])
    assert dashboard["tags"] == ["why403"]
    assert dashboard["editable"] is False


@EACH_QUERY
def test_a_query_looks_at_the_chosen_job_and_instance_only(asked: Asked) -> None:
    selectors = re.findall(r"\{([^}]*)\}", asked.expr)
    assert selectors
    assert all('job=~"$job", instance=~"$instance"' in selector for selector in selectors)


@EACH_QUERY
def test_a_query_asks_for_series_the_proxy_has(asked: Asked) -> None:
    names = set(re.findall(r"\b((?:why403|process)_[a-z_]+|up)\{", asked.expr))
    assert names
    assert names <= series_of_a_running_proxy() | {"up"}


@EACH_QUERY
def test_a_counter_is_never_shown_as_it_stands(asked: Asked) -> None:
    counters = re.findall(r"\b(\w*\()?why403_\w+_(?:total|bucket)\{", asked.expr)
    assert all(function in {"rate(", "increase("} for function in counters)


@EACH_QUERY
def test_a_rate_is_over_the_interval_that_fits_the_zoom(asked: Asked) -> None:
    assert set(re.findall(r"rate\([^[]*\[([^\]]+)\]", asked.expr)) <= {"$__rate_interval"}
