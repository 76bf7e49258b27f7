from __future__ import annotations

from proxy_addons.diagnosis import report_style


def test_the_style_fetches_nothing_and_knows_light_and_dark() -> None:
    style = "\n".join(value for value in vars(report_style).values() if isinstance(value, str))

    assert "prefers-color-scheme: dark" in style
    assert "url(" not in style
    assert "@import" not in style
