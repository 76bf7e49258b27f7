"""why403.toml: settings and identities that need not be typed again. The project's file beats the user's.

The project's is the nearest one in the working folder or above it, up to the folder that holds `.git`; the user's lies
in `~/.config/why403` (`XDG_CONFIG_HOME`). `WHY403_CONFIG` names a file in place of the project's.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proxy_addons.cli.complaint import Complaint
from proxy_addons.settings import Chosen, Settings, SettingsError, options, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.settings import Option

FILE_NAME: Final = "why403.toml"
IDENTITIES: Final = "identities"
_VARIABLE: Final = "WHY403_CONFIG"
_PATHS: Final = frozenset({"FILE", "DIRECTORY"})
_IDENTITY_PATHS: Final = frozenset({"secret_file", "certificate", "refresh_token_file"})
_SECRETS: Final = frozenset({"secret", "client_secret", "password", "passphrase", "refresh_token", "token"})


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the files say: settings with their places, identities by name, and the files that were read."""

    settings: Mapping[str, Chosen] = field(default_factory=dict)
    identities: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    files: tuple[Path, ...] = ()


def configuration_files(environment: Mapping[str, str], folder: Path | None = None) -> Iterator[Path]:
    """The files that are read, the weaker first. Raises Complaint where WHY403_CONFIG names none."""
    home = environment.get("XDG_CONFIG_HOME") or str(Path("~/.config").expanduser())
    user = Path(home) / "why403" / FILE_NAME
    if user.is_file():
        yield user
    named = environment.get(_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise Complaint(f"{_VARIABLE} {named}: there is no such file. Name a why403.toml, or leave it unset")
        yield Path(named)
        return
    for place in (start := (folder or Path.cwd()), *start.parents):
        if (place / FILE_NAME).is_file():
            yield place / FILE_NAME
            return
        if (place / ".git").exists():
            return


def read_configuration(environment: Mapping[str, str], folder: Path | None = None) -> Configuration:
    """Read the files. Raises Complaint with file and line for what nobody can use."""
    settings: dict[str, Chosen] = {}
    identities: dict[str, Mapping[str, object]] = {}
    files = tuple(configuration_files(environment, folder))
    for file in files:
        content, lines = _parsed(file)
        tables = content.pop(IDENTITIES, {})
        if not isinstance(tables, dict):
            raise Complaint(f"{_at(file, lines, IDENTITIES)} is no table. Write [identities.NAME]")
        settings |= _settings(file, content, lines)
        identities |= {name: _identity(file, name, table, lines) for name, table in tables.items()}
    return Configuration(settings, identities, files)


def settings_from(given: Mapping[str, object], environment: Mapping[str, str] | None = None) -> Settings:
    """The settings as they hold: command line, environment, files, defaults. Raises Complaint."""
    surroundings = os.environ if environment is None else environment
    try:
        return read_settings(given, surroundings, read_configuration(surroundings).settings)
    except SettingsError as error:
        raise Complaint(str(error)) from None


def shown_path(file: Path) -> str:
    """A file as a person knows it: from the working folder where it lies there, else from the home folder."""
    for base, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if file.is_relative_to(base):
            return f"{prefix}{file.relative_to(base)}"
    return str(file)


def _parsed(file: Path) -> tuple[dict[str, object], list[str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text.splitlines()
    except OSError as error:
        raise Complaint(f"{shown_path(file)}: {error.strerror}. Make it readable, or remove it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        position = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        place = f":{position[1]}:{position[2]}" if position else ""
        raise Complaint(f"{shown_path(file)}{place}: is no TOML. Write lines like forward_port = 8404") from None


def _settings(file: Path, content: Mapping[str, object], lines: list[str]) -> dict[str, Chosen]:
    known = {option.name: option for option in options()}
    found: dict[str, Chosen] = {}
    for key, value in content.items():
        place = _at(file, lines, key)
        if key not in known:
            raise Complaint(_unknown(place, key, [*known, IDENTITIES]))
        if isinstance(value, dict):
            raise Complaint(f"{place}: is no table. Write {key} = ... above the first [table]")
        found[key] = Chosen(_seen_from(file, str(value)) if _is_path(known[key], value) else value, place)
    return found


def _is_path(option: Option, value: object) -> bool:
    """Whether a value means a place on this machine, where an option may also take an address or a word."""
    words = {*re.findall(r"\w+", option.placeholder)}
    return bool(words & _PATHS) and isinstance(value, str) and value not in {"", *words} and "://" not in value


def _seen_from(file: Path, value: str) -> str:
    """A relative path in a file means a place beside that file, wherever the command runs."""
    return str(file.parent / Path(value).expanduser())


def _identity(file: Path, name: str, table: object, lines: list[str]) -> Mapping[str, object]:
    from proxy_addons.cli.identity_options import identity_of
    from proxy_addons.entra.identity import Identity

    section = f"{IDENTITIES}.{name}"
    if not isinstance(table, dict):
        raise Complaint(f"{_at(file, lines, name, IDENTITIES)} is no table. Write [{section}]")
    values: dict[str, object] = {}
    for key, value in table.items():
        place = _at(file, lines, key, section)
        if key in _SECRETS:
            raise Complaint(
                f"{place}: a secret has no place in a file of settings. Name where it lies: secret_env or secret_file"
            )
        if key not in Identity.model_fields:
            raise Complaint(_unknown(place, key, [*Identity.model_fields]))
        is_path = key in _IDENTITY_PATHS and isinstance(value, str)
        values[key] = _seen_from(file, str(value)) if is_path else value
    identity_of(values, _at(file, lines, "", section))
    return values


def _unknown(place: str, key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, 1, 0.5)
    meant = f"Did you mean {close[0]}?" if close else f"Known are {', '.join(known)}"
    return f"{place}: unknown key. {meant}"


def _at(file: Path, lines: list[str], key: str, section: str = "") -> str:
    """`why403.toml:3: key`. TOML's parser tells no positions, so the line is looked for; the file is valid by now."""
    current = ""
    for number, line in enumerate(lines, 1):
        table = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line)
        if table:
            current = re.sub(r"[\"'\s]", "", table[1])
            if current == section and not key:
                return f"{shown_path(file)}:{number}: [{section}]"
        word = re.match(r"\s*[\"']?([\w-]+)[\"']?\s*[=.]", line)
        if (word and word[1] == key and current == section) or (table and current == f"{section}.{key}".strip(".")):
            return f"{shown_path(file)}:{number}: {key}"
    return f"{shown_path(file)}: {key or section}"
