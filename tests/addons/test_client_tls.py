from pathlib import Path

from proxy_addons.addons.client_tls import explanation
from tests.sinks.reports import assert_golden

GOLDEN = Path(__file__).parent / "golden"
ERRORS = (
    "The client does not trust it ([('SSL routines', '', 'tlsv1 alert unknown ca')])",
    "OpenSSL Error([('SSL routines', '', 'tls alert decrypt error')])",
    "ssl/tls alert certificate unknown",
    "[('SSL routines', '', 'unsupported protocol')]",
    "[('SSL routines', '', 'wrong version number')]",
    "connection closed early",
)


def test_every_kind_of_tls_trouble_is_one_line_with_its_remedy() -> None:
    host = "graph.microsoft.com"
    told = [explanation(error, host, trusted_before=False) for error in ERRORS]
    told.append(explanation(ERRORS[0], host, trusted_before=True))
    assert all(" Remedy: " in line and "\n" not in line for line in told)
    assert_golden(GOLDEN / "client-tls.txt", "\n".join(told) + "\n")
