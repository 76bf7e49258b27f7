from pathlib import Path

import pytest

from proxy_addons.sinks.store.place import default_file, shown, store_url
from proxy_addons.sinks.store.trouble import StoreError


@pytest.mark.parametrize(
    ("platform", "environment", "place"),
    [
        ("linux", {"XDG_STATE_HOME": "/state"}, Path("/state/why403/failures.sqlite")),
        ("linux", {}, Path.home() / ".local/state/why403/failures.sqlite"),
        ("darwin", {"XDG_STATE_HOME": "/state"}, Path.home() / "Library/Application Support/why403/failures.sqlite"),
        ("win32", {"LOCALAPPDATA": "/local"}, Path("/local/why403/failures.sqlite")),
    ],
)
def test_the_store_lies_where_the_platform_keeps_such_things(
    platform: str, environment: dict[str, str], place: Path
) -> None:
    assert default_file(environment, platform) == place


def test_a_path_and_an_address_of_sqlite_mean_a_file() -> None:
    assert shown(store_url("/a/b.sqlite")) == shown(store_url("sqlite:////a/b.sqlite")) == "/a/b.sqlite"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_an_address_of_postgresql_is_shown_without_its_password(scheme: str) -> None:
    url = store_url(f"{scheme}://why403:not-shown@db.contoso.com/failures")
    assert url.drivername == "postgresql+psycopg"
    assert shown(url) == "PostgreSQL database failures on db.contoso.com"


@pytest.mark.parametrize("place", ["mysql://a:not-shown@b/c", "postgresql://a:not-shown@b:port/c", "sqlite://"])
def test_an_address_no_store_can_be_kept_at_is_refused_without_quoting_it(place: str) -> None:
    with pytest.raises(StoreError, match="Remedy: ") as caught:
        store_url(place)
    assert "not-shown" not in str(caught.value)
