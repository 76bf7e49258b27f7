"""HAR entries as browsers and proxies write them, with everything around the exchange that may carry a copy."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from tests.redaction.proof.kinds import Cast
from tests.support.wire import jwt


@dataclass
class Entry:
    """One exchange while it is being planted."""

    cast: Cast
    method: str = "GET"
    url: str = "https://graph.microsoft.com/v1.0/me/messages"
    sent: list[tuple[str, str]] = field(default_factory=list)
    body: str | bytes | None = None
    status: int = 403
    received: list[tuple[str, str]] = field(default_factory=list)
    answer: str | bytes = ""

    def bearer(self, **claims: object) -> None:
        """Send a token."""
        token = jwt(self.cast.claims(**claims), signature=self.cast.random_bytes(200).hex()[:342])
        self.cast.plant("token", token.rpartition(".")[2])
        self.sent.append(("Authorization", f"Bearer {token}"))

    def graph(self) -> None:
        """Answer as Graph's gateway does."""
        cast = self.cast
        request_id, client_id, center = (
            cast.guid(),
            cast.guid(),
            cast.rng.choice(["North Europe", "East US 2", "Germany West Central"]),
        )
        instance = f"{cast.rng.choice(['DB1', 'AM2', 'FR3'])}PEPF0000{cast.random_bytes(2).hex().upper()}"
        diagnostic = {
            "ServerInfo": {
                "DataCenter": center,
                "Slice": "E",
                "Ring": "5",
                "ScaleUnit": "003",
                "RoleInstance": instance,
            }
        }
        self.received += [
            ("Content-Type", "application/json"),
            ("request-id", cast.fact(request_id)),
            ("client-request-id", cast.fact(client_id)),
            ("x-ms-ags-diagnostic", json.dumps(diagnostic, separators=(",", ":"))),
            ("Date", cast.fact("Tue, 06 Oct 2026 08:15:42 GMT")),
            ("Strict-Transport-Security", "max-age=31536000"),
        ]
        cast.facts += [center, instance]

    def exchange(self) -> None:
        """Answer as an Exchange server does."""
        cast = self.cast
        server = f"{cast.rng.choice(['AM9PR07MB', 'DB7PR04MB', 'SN6PR01MB'])}{cast.rng.randrange(1000, 9999)}"
        self.received += [
            ("request-id", cast.fact(cast.guid())),
            ("X-CalculatedBETarget", cast.fact(f"{server}.eurprd07.prod.outlook.com")),
            ("X-FEServer", cast.fact(f"AM0PR02CA0{cast.rng.randrange(100, 999)}")),
            ("X-BEServer", cast.fact(server)),
            ("X-DiagInfo", server),
            ("X-BackEndHttpStatus", "403"),
            ("X-RUM-Validated", "1"),
            ("Server", cast.fact("Microsoft-IIS/10.0")),
            ("Date", cast.fact("Tue, 06 Oct 2026 08:15:42 GMT")),
            ("MS-CV", cast.fact("k3Jx9Yq2VEqW7uT1.1.1")),
        ]

    def error(self, code: str, message: str, **inner: object) -> None:
        """Answer with Graph's error body."""
        self.cast.fact(code)
        inner = {"date": "2026-10-06T08:15:42", "request-id": self.cast.guid(), **inner}
        self.cast.facts += [str(inner["date"]), str(inner["request-id"])]
        self.answer = json.dumps({"error": {"code": code, "message": message, "innerError": inner}})

    def har(self) -> dict[str, object]:
        """The entry, with the copies the format asks for and the extras recorders add."""
        rng, secret = self.cast.rng, next(iter(self.cast.planted), "x")
        query = [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(self.url).query)]
        request: dict[str, object] = {
            "method": self.method,
            "url": self.url,
            "httpVersion": "HTTP/2",
            "headers": _pairs(self.sent),
            "queryString": query,
            "cookies": [],
            "headersSize": -1,
            "bodySize": 0,
            "comment": f"sent by {secret}",
            "_custom": secret,
        }
        if self.body is not None:
            text = self.body if isinstance(self.body, str) else self.body.decode("utf-8", "surrogateescape")
            post: dict[str, object] = {
                "mimeType": _first(self.sent),
                "text": text,
                "params": [{"name": "p", "value": secret}],
            }
            if isinstance(self.body, bytes):
                post |= {"text": b64encode(self.body).decode(), "encoding": "base64"}
            request |= {"postData": post, "bodySize": len(self.body)}
        content: dict[str, object] = {"size": len(self.answer), "mimeType": _first(self.received), "comment": secret}
        if isinstance(self.answer, bytes) or rng.random() < 0.2:
            raw = self.answer if isinstance(self.answer, bytes) else self.answer.encode()
            content |= {"text": b64encode(raw).decode(), "encoding": "base64"}
        else:
            content["text"] = self.answer
        response = {
            "status": self.status,
            "statusText": f"Refused {secret}",
            "httpVersion": "HTTP/2",
            "headers": _pairs(self.received),
            "cookies": [],
            "content": content,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        }
        return {
            "startedDateTime": "2026-10-06T08:15:41.120Z",
            "time": 12.5,
            "request": request,
            "response": response,
            "cache": {},
            "timings": {"send": 1, "wait": 10, "receive": 1, "comment": secret},
            "serverIPAddress": "52.97.1.2",
            "_initiator": {"url": f"https://app.example/{secret}"},
            "pageref": "page_1",
        }


def _pairs(fields: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in fields]


def _first(fields: list[tuple[str, str]]) -> str:
    return next((value for name, value in fields if name.casefold() == "content-type"), "")
