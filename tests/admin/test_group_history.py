import pytest

from proxy_addons.admin.group_history import chart_of


@pytest.mark.parametrize("span", [0, 59, 61, 3599, 86_400, 400 * 86_400, 4000 * 86_400])
def test_every_time_is_in_a_bar_and_the_last_bar_holds_the_latest(span: int) -> None:
    last = 1_795_262_437
    times = [1000 * (last - span * number // 50) for number in range(51)]
    chart = chart_of(times)
    assert chart is not None
    assert sum(bar.count for bar in chart.bars) == 51
    assert chart.bars[-1].count > 0
    assert all(bar.left >= 0 and bar.left + bar.width <= chart.width for bar in chart.bars)
    assert max(bar.height for bar in chart.bars) < chart.height


def test_without_a_time_there_is_no_chart() -> None:
    assert chart_of([]) is None
