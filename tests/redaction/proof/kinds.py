"""Secrets, people and facts drawn from a seed, in the forms Microsoft 365 traffic has them."""

import random
import string
import uuid
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field


def _listed(words: str) -> list[str]:
    return words.split()


_FIRST = _listed(
    "Wilhelmina Ostap Jürgen Zoë Søren Bjørn Łukasz Nguyễn Aoife Siobhán Xóchitl Ines Radomir Kazimierz Ysolde "
    "Tariq Oluwaseun Mehmet Chidi Anneliese Fritzi Corvin Delphine Ragnhild Björk Ignatius Perpetua Hyacinth Quillon "
    "Mark Grant April Will Summer June Hope Grace Max Rich Rose Adele Megan Alex Jane Lee"
)
_LAST = _listed(
    "Ostrowski Müller-Lüdenscheidt O'Shaughnessy Brzęczyszczykiewicz Þórsdóttir Nakamura Kowalczyk van-der-Berg "
    "Çelik Ångström Petrović Szczepański Fitzwilliam Quackenbush Featherstonehaugh Zimmermannová Abernathy Dlamini "
    "Vance Bowen Wilber Doe Young Black White Brown Green Field Page Hall Smith Nguyen"
)
_ORGS = _listed("kestrel-labs northmoor zilverberg quarzwerk tamboril osprey-med vellum-co birkensee plumbagon")
_WORDS = _listed(
    "Rechnung Gehaltsliste Kündigung Umsatzprognose Abfindung Projekt Nachtfalke Merger Heliotrop Diagnose Befund "
    "Lohnzettel Vertragsentwurf Zwiebelkuchen Falkenhorst Übernahme Bonusplan Krankmeldung"
)
_SALT = string.ascii_letters + string.digits


@dataclass
class Cast:
    """Who and what takes part in one exchange. `planted` must vanish, `facts` must stay."""

    rng: random.Random
    planted: dict[str, str] = field(default_factory=dict)
    facts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Draw the people and the organisation."""
        rng = self.rng
        self.first, self.last = rng.choice(_FIRST), rng.choice(_LAST)
        self.org = f"{rng.choice(_ORGS)}{rng.randrange(10, 99)}"
        self.domain = f"{self.org}.example"
        local = _ascii(f"{self.first}.{self.last}").lower()
        self.local = rng.choice([local, local.replace(".", "_"), f"{local}{rng.randrange(100)}", local.upper()])
        self.tenant, self.app = str(self.guid()), str(self.guid())

    def guid(self) -> str:
        """A GUID of version 4."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def plant(self, kind: str, value: str) -> str:
        """Note a value that must not leave."""
        self.planted[value] = kind
        return value

    def fact(self, value: str) -> str:
        """Note a value that must stay."""
        self.facts.append(value)
        return value

    def name(self) -> str:
        """The person's display name, in one of its orders."""
        whole = self.plant("name", self.rng.choice([f"{self.first} {self.last}", f"{self.last}, {self.first}"]))
        for part in (self.first, self.last):
            if part.lower() not in _COMMON:
                self.plant("name", part)
        return whole

    def upn(self) -> str:
        """The person's address."""
        self.plant("local part", self.local)
        return self.plant("address", f"{self.local}@{self.domain}")

    def password(self) -> str:
        """A password with marks, letters and at times a euro sign."""
        body = "".join(self.rng.choice(_SALT + "!#$%&*+-/:;=?@^_~€§'") for _ in range(self.rng.randrange(11, 40)))
        return self.plant("password", f"{self.rng.choice('Kq7Zx')}{body}9")

    def secret(self) -> str:
        """A client secret as Entra makes them, or a random run."""
        run = "".join(self.rng.choice(_SALT) for _ in range(31))
        return self.plant(
            "secret", self.rng.choice([f"{run[:3]}8Q~{run}", run + run, urlsafe_b64encode(run.encode()).decode()])
        )

    def random_bytes(self, count: int) -> bytes:
        """Bytes nobody can guess."""
        return self.rng.randbytes(count)

    def opaque(self) -> str:
        """An opaque token: refresh token, consumer ticket, session cookie."""
        run = urlsafe_b64encode(self.random_bytes(90)).decode().rstrip("=")
        return self.plant("token", self.rng.choice([f"0.A{run}", f"EwB{run}", f"1.AV{run}", f"M.C5_{run}", run]))

    def phone(self) -> str:
        """A telephone number."""
        digits = "".join(self.rng.choice("0123456789") for _ in range(9))
        form = self.rng.choice(["+49 {}-{}", "+1 ({}) {}", "+44{}{}", "0{}/{}"])
        return self.plant("phone", form.format(digits[:3], digits[3:]))

    def ip(self) -> str:
        """An address of a machine."""
        rng = self.rng
        return self.plant(
            "ip",
            rng.choice(
                [
                    f"{rng.choice([10, 84, 203])}.{rng.randrange(10, 255)}.{rng.randrange(10, 255)}.{rng.randrange(10, 255)}",
                    f"2001:db8:{rng.randrange(4096, 65535):x}:{rng.randrange(4096, 65535):x}::{rng.randrange(256, 65535):x}",
                ]
            ),
        )

    def sid(self) -> str:
        """A security identifier."""
        parts = "-".join(str(self.rng.randrange(10**8, 4 * 10**9)) for _ in range(3))
        return self.plant("sid", f"S-1-5-21-{parts}-{self.rng.randrange(1000, 99999)}")

    def machine(self) -> str:
        """A computer's or an on-premises server's name."""
        rng = self.rng
        stem = rng.choice(["LAPTOP-", "DESKTOP-", "WS", "NB-", "srv-ex", "PC"])
        return self.plant(
            "machine", f"{stem}{''.join(rng.choice('ABCDEFGHJKMNPQRSTUVWXYZ23456789') for _ in range(7))}"
        )

    def subject(self) -> str:
        """A subject, a file name, a line of a mail."""
        return self.plant("content", " ".join(self.rng.sample(_WORDS, 3)) + f" {self.rng.randrange(1000, 9999)}")

    def street(self) -> str:
        """A postal address."""
        return self.plant(
            "street",
            f"{self.rng.choice(_WORDS)}straße {self.rng.randrange(10, 200)}a, {self.rng.randrange(10000, 99999)} {self.rng.choice(_WORDS)}stadt",
        )

    def object_id(self) -> str:
        """The object id of a person."""
        return self.plant("object id", self.guid())

    def claims(self, **more: object) -> dict[str, object]:
        """The claims of a delegated token; what support reads of them is noted as facts."""
        issued = 1_790_000_000 + self.rng.randrange(9_000_000)
        scopes = self.rng.sample(
            ["Mail.Read", "User.Read", "Calendars.ReadWrite", "Files.Read.All", "EWS.AccessAsUser.All"], 2
        )
        claims: dict[str, object] = {
            "aud": self.rng.choice(
                ["https://graph.microsoft.com", "https://outlook.office365.com", "00000003-0000-0000-c000-000000000000"]
            ),
            "iss": f"https://sts.windows.net/{self.tenant}/",
            "iat": issued,
            "nbf": issued,
            "exp": issued + 3899,
            "appid": self.app,
            "appidacr": "1",
            "idtyp": "user",
            "tid": self.tenant,
            "ver": "1.0",
            "scp": " ".join(scopes),
            "wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"],
            "upn": self.upn(),
            "unique_name": f"{self.local}@{self.domain}",
            "name": self.name(),
            "given_name": self.first,
            "family_name": self.last,
            "oid": self.object_id(),
            "ipaddr": self.ip(),
            "onprem_sid": self.sid(),
            "puid": self.plant("puid", f"1003{self.random_bytes(6).hex().upper()}"),
            "sub": self.plant("sub", urlsafe_b64encode(self.random_bytes(32)).decode().rstrip("=")),
            "uti": urlsafe_b64encode(self.random_bytes(16)).decode().rstrip("="),
            **more,
        }
        self.facts += [str(claims[name]) for name in ("aud", "tid", "appid", "exp", "uti")] + scopes
        return claims

    def exchange_id(self) -> str:
        """An EWS item id: a mailbox GUID inside base64."""
        return self.plant("item id", b64encode(b"\x01F\x00" + self.upn().encode() + self.random_bytes(40)).decode())


_COMMON = frozenset(
    _listed(
        "mark grant april will summer june hope grace max rich rose lee field page hall young black white brown green"
    )
)


def _ascii(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and (letter.isalnum() or letter in ".-'")) or "anon"


def any_personal(cast: Cast) -> str:
    """One personal value or secret of any kind."""
    kinds = (
        cast.name,
        cast.upn,
        cast.password,
        cast.secret,
        cast.opaque,
        cast.phone,
        cast.ip,
        cast.sid,
        cast.machine,
        cast.subject,
        cast.street,
    )
    return cast.rng.choice(kinds)()
