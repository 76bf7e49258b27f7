"""`why403 config` and why403.toml: which value holds, where it comes from, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from proxy_addons.cli.config_schema import config_schema
from tests.sinks.reports import assert_golden
from tests.support.our_own_calls import run_here

if TYPE_CHECKING:
    from tests.support.our_own_calls import Ended

DOCS = Path(__file__).resolve().parents[2] / "docs"
GOLDEN = Path(__file__).parent / "golden"


def _run(folder: Path, *arguments: str, **variables: str) -> Ended:
    return run_here("config", *arguments, folder=folder, **{"XDG_CONFIG_HOME": str(folder / "home"), **variables})


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _settings(folder: Path, **variables: str) -> dict[str, tuple[str, str]]:
    ended = _run(folder, "show", "--format", "json", **variables)
    assert (ended.returncode, ended.stderr) == (0, "")
    return {each["name"]: (each["value"], each["origin"]) for each in json.loads(ended.stdout)["settings"]}


def test_the_environment_beats_the_project_and_the_project_beats_the_user(tmp_path: Path) -> None:
    _write(tmp_path / "home/why403/why403.toml", "forward_port = 1001\nreverse_port = 1002\nadmin_port = 1003\n")
    _write(tmp_path / "why403.toml", "forward_port = 2001\nreverse_port = 2002\n")

    settings = _settings(tmp_path, WHY403_FORWARD_PORT="3001")

    assert settings["forward_port"] == ("3001", "WHY403_FORWARD_PORT")
    assert settings["reverse_port"] == ("2002", "why403.toml:2: reverse_port")
    assert settings["admin_port"] == ("1003", "home/why403/why403.toml:3: admin_port")
    assert settings["quiet"] == ("false", "default")


def test_the_projects_file_is_found_from_a_folder_below_and_not_beyond_a_repository(tmp_path: Path) -> None:
    _write(tmp_path / "why403.toml", "quiet = true\n")
    inside, repository = tmp_path / "a/b", tmp_path / "other"
    inside.mkdir(parents=True)
    (repository / ".git").mkdir(parents=True)

    assert _settings(inside)["quiet"][0] == "true"
    assert _settings(repository)["quiet"] == ("false", "default")


def test_a_named_file_takes_the_place_of_the_projects(tmp_path: Path) -> None:
    _write(tmp_path / "why403.toml", "quiet = true\n")
    _write(tmp_path / "named.toml", "forward_port = 1\n")

    settings = _settings(tmp_path, WHY403_CONFIG="named.toml")

    assert (settings["quiet"][0], settings["forward_port"][0]) == ("false", "1")


def test_a_path_in_a_file_is_seen_from_that_file(tmp_path: Path) -> None:
    _write(tmp_path / "why403.toml", 'bundle_dir = "bundles"\n')
    (tmp_path / "below").mkdir()

    assert _settings(tmp_path / "below")["bundle_dir"][0] == str(tmp_path / "bundles")


def test_the_origin_stands_beside_each_value(tmp_path: Path) -> None:
    _write(
        tmp_path / "why403.toml",
        'forward_port = 9000\nlog_format = "json"\n\n[identities.daemon]\nclient_id = "an-id"\nsecret_env = "S"\n',
    )

    shown = _run(tmp_path, "show", "--origin", WHY403_QUIET="true", WHY403_CONFDIR="conf").stdout

    chosen = "".join(f"{line}\n" for line in shown.splitlines() if not line.endswith("default"))
    assert_golden(GOLDEN / "config.txt", chosen)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a = 1\nforwrd_port = 1\n", "why403.toml:1: a: unknown key. Known are "),
        ("forwrd_port = 1\n", "why403.toml:1: forwrd_port: unknown key. Did you mean forward_port?"),
        ("forward_port = 99999\n", "why403.toml:1: forward_port 99999: input should be less than or equal to 65535"),
        ('connect_to = ["x"]\n', "why403.toml:1: connect_to x: 'x' does not say where to connect to"),
        ("[identities.a]\nclient_id='x'\nsecret='y'\n", "why403.toml:3: secret: a secret has no place in a file"),
        ("[identities.a]\nclient_id='x'\nclaud='y'\n", "why403.toml:3: claud: unknown key. Did you mean cloud?"),
        ("[identities.a]\ntenant='x'\n", "why403.toml:1: [identities.a]: client_id is missing"),
        ("[identities.a]\nclient_id='x'\nflow='magic'\n", "why403.toml:1: [identities.a]: flow: input should be"),
        ("identities = 1\n", "why403.toml:1: identities is no table. Write [identities.NAME]"),
        ("[identities]\na = 1\n", "why403.toml:2: a is no table. Write [identities.a]"),
        ("[quiet]\na = 1\n", "why403.toml:1: quiet: is no table. Write quiet = ... above"),
        ("quiet = yes\n", "why403.toml:1:9: is no TOML"),
        ("quiet = \udcff\n", "why403.toml: is no TOML"),
    ],
    ids=lambda value: value.partition("\n")[0] if isinstance(value, str) else "",
)
def test_a_mistake_is_one_line_with_its_place_and_the_nearest_key(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "why403.toml").write_bytes(text.encode(errors="surrogateescape"))

    ended = _run(tmp_path, "validate")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"why403: {complaint}")
    assert ended.stderr.count("\n") == 1


def test_a_file_that_is_right_says_so(tmp_path: Path) -> None:
    _write(tmp_path / "one.toml", 'quiet = true\n[identities.a]\nclient_id = "x"\n')

    ended = _run(tmp_path, "validate", "one.toml")

    assert (ended.returncode, ended.stdout) == (0, "one.toml: 1 setting, 1 identity, all usable\n")


def test_no_file_at_all_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()

    ended = _run(tmp_path, "validate")

    assert ended.returncode == 0
    assert "defaults hold" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "variables"), [(("validate", "no.toml"), {}), (("show",), {"WHY403_CONFIG": "no.toml"})]
)
def test_a_named_file_has_to_be_there(tmp_path: Path, arguments: tuple[str, ...], variables: dict[str, str]) -> None:
    ended = _run(tmp_path, *arguments, **variables)

    assert ended.returncode == 2
    assert "no.toml: there is no such file" in ended.stderr


def test_a_mistake_in_the_file_stops_the_proxy_as_well(tmp_path: Path) -> None:
    _write(tmp_path / "why403.toml", "forwrd_port = 1\n")

    ended = run_here("run", folder=tmp_path, XDG_CONFIG_HOME=str(tmp_path))

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "why403.toml:1: forwrd_port: unknown key. Did you mean forward_port?" in ended.stderr


def test_the_published_schema_is_that_of_the_settings() -> None:
    published = f"{json.dumps(config_schema(), indent=2, ensure_ascii=False)}\n"

    assert_golden(DOCS / "why403.schema.json", published)


def test_the_schema_accepts_a_good_file_and_refuses_an_unknown_key(tmp_path: Path) -> None:
    schema = json.loads(_run(tmp_path, "schema").stdout)
    good = {"forward_port": 1, "hosts": ["microsoft"], "identities": {"a": {"client_id": "x", "flow": "device-code"}}}

    jsonschema.validate(good, schema)
    mistakes: list[dict[str, object]] = [
        {"forwrd_port": 1},
        {"identities": {"a": {}}},
        {"log_format": "xml"},
        {"quiet": "yes"},
    ]
    for bad in mistakes:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, schema)


def test_addresses_are_shown_without_their_passwords(tmp_path: Path) -> None:
    secret = {
        "WHY403_STORE": "postgresql://adele:not-to-be-shown@db.contoso.com/failures",
        "WHY403_UPSTREAM_PROXY": "http://adele:not-to-be-shown@proxy.contoso.com:8080",
    }
    for form in ((), ("--format", "json"), ("--origin",)):
        shown = _run(tmp_path, "show", *form, **secret).stdout
        assert "not-to-be-shown" not in shown
        assert "http://...@proxy.contoso.com:8080" in shown
