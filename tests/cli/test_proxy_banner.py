from pathlib import Path

from proxy_addons.cli.proxy_banner import banner
from proxy_addons.cli.proxy_ports import Ports
from proxy_addons.diagnosis.ruleset import Ruleset
from proxy_addons.settings import read_settings
from tests.sinks.reports import assert_golden

GOLDEN = Path(__file__).parent / "golden"


def test_the_banner_says_where_to_send_traffic_and_what_to_trust() -> None:
    settings = read_settings(
        {"confdir": "/home/adele/.mitmproxy", "mode": ["socks5@127.0.0.1:1080"], "bundle_dir": "evidence"},
        {"WHY403_STORE": "postgresql://why403:not-shown@store.contoso.com/failures"},
    )
    shown = banner(settings, Ruleset(revision="169a8a5e7518"), Ports(8403, 8404, 9403))
    version, _, rest = shown.partition(" is ready")
    assert version.startswith("why403 ")
    assert_golden(GOLDEN / "banner.txt", f"why403 is ready{rest}\n")
