"""How many workers a run has."""

import pytest

from proxy_addons.cli import worker_number
from proxy_addons.cli.proxy_ports import ProxyError
from proxy_addons.cli.shared_ports import can_share
from proxy_addons.cli.worker_number import workers_for
from proxy_addons.settings import Settings, read_settings


def settings(**given: object) -> Settings:
    return read_settings(given, {})


def test_there_is_one_unless_more_are_wanted() -> None:
    assert workers_for(settings(), with_client=False) == 1


@pytest.mark.skipif(not can_share(), reason="this system cannot share ports")
def test_there_are_as_many_as_were_asked_for_or_as_there_are_cores() -> None:
    assert workers_for(settings(workers="3"), with_client=False) == 3
    assert workers_for(settings(workers="auto"), with_client=False) >= 1


def test_a_client_of_its_own_has_one_worker_and_a_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert workers_for(settings(workers=2), with_client=True) == 1
    assert capsys.readouterr().err == (
        "why403: a client of its own is served by one worker, which then knows all it did before\n"
    )


def test_where_ports_cannot_be_shared_there_is_one_and_a_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(worker_number, "can_share", lambda: False)
    assert workers_for(settings(workers=2), with_client=False) == 1
    assert capsys.readouterr().err == (
        "why403: on this system workers cannot take connections from one port, so there is one worker\n"
    )


@pytest.mark.skipif(not can_share(), reason="this system cannot share ports")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ui": "web"}, "--ui web needs a single process. Remedy: leave out --workers, or --ui"),
        ({"ui": "console"}, "--ui console needs a single process. Remedy: leave out --workers, or --ui"),
        ({"mode": ["socks5@1080"]}, "--mode needs a single process. Remedy: leave out --workers, or --mode"),
        (
            {"allow_verify": True},
            "--allow-verify needs a single process. Remedy: leave out --workers, or --allow-verify",
        ),
    ],
)
def test_what_only_one_process_can_do_is_refused_with_several(given: dict[str, object], said: str) -> None:
    with pytest.raises(ProxyError) as refused:
        workers_for(settings(workers=2, **given), with_client=False)
    assert str(refused.value) == said
