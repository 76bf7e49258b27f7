"""Load and check a rule base: texts in, typed rules out, every complaint with file, line and column.

Reading the files is somebody else's job (`intake.rule_files`); in here a rule base is a mapping of paths to texts, so
that tests and the live proxy load it the same way.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from proxy_addons.diagnosis.permissions.permission_data import PermissionData
from proxy_addons.diagnosis.rule import Rule
from proxy_addons.diagnosis.rule_index import RuleIndex, outranked
from proxy_addons.diagnosis.rule_layers import laid_upon, replaced_causes
from proxy_addons.diagnosis.yaml_file import RuleError, first_mistake, locate, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RuleError", "Ruleset", "first_mistake", "load", "locate", "read_yaml"]

FOLDERS: Final = ("exchange", "graph", "entra")
"""Folders of rules; the name is the service a rule speaks about unless it says otherwise."""

_OTHER_FOLDERS: Final = ("healthy", "permissions", "reference")
EXAMPLES_SUFFIX: Final = ".examples.yaml"
_REVISION_LETTERS: Final = 12


@dataclass(frozen=True, slots=True)
class Reference:
    """Tables the evidence readers need: role template ids (lower case) with the names of their directory roles."""

    directory_roles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A checked rule base. `revision` changes whenever any of its texts does."""

    rules: tuple[Rule, ...] = ()
    reference: Reference = field(default_factory=Reference)
    revision: str = ""
    permissions: PermissionData = field(default_factory=PermissionData)
    replaced: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Causes a user's rules have taken the place of, each with the cause that stands there now."""
    index: RuleIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out the rules for those who ask."""
        object.__setattr__(self, "index", RuleIndex(self.rules))


def load(files: Mapping[str, str], beneath: Ruleset | None = None) -> Ruleset:
    """Check every rule of a rule base (relative path -> text); RuleError names the first that is wrong.

    With `beneath` the rules are laid upon those: a user's upon what ships.
    """
    # Where the tables were prepared nobody needs their files, nor the models that check them.
    from proxy_addons.diagnosis.permissions.table_file import load_permissions

    own, paths = _load_rules(files)
    reference, revision, permissions = _load_reference(files), _revision(files), load_permissions(files)
    below = beneath or Ruleset()
    known = {rule.id: rule for rule in below.rules}
    replaced = replaced_causes(own, known, paths, files)
    rules = laid_upon(own, known, replaced)
    _check_outranking(files, rules, paths)
    if beneath is None:
        return Ruleset(tuple(rules.values()), reference, revision, permissions)
    return Ruleset(
        tuple(rules.values()),
        Reference(MappingProxyType({**below.reference.directory_roles, **reference.directory_roles})),
        hashlib.sha256(f"{below.revision}\0{revision}".encode()).hexdigest()[:_REVISION_LETTERS],
        permissions if any(path.startswith("permissions/") for path in files) else below.permissions,
        MappingProxyType(replaced),
    )


def _load_rules(files: Mapping[str, str]) -> tuple[dict[str, Rule], dict[str, str]]:
    """The rules by id, and the path of each."""
    rules: dict[str, Rule] = {}
    paths: dict[str, str] = {}
    for path, text in sorted(files.items()):
        folder = _folder(path)
        if folder in FOLDERS and not path.endswith(EXAMPLES_SUFFIX):
            rule = _load_rule(path, text)
            if rule.id in rules:
                raise RuleError(path, 1, 1, f"the cause id `{rule.id}` is taken by {paths[rule.id]}: ids are unique")
            rules[rule.id] = rule.model_copy(update={"services": rule.services or (folder,)})
            paths[rule.id] = path
    return rules, paths


def _folder(path: str) -> str:
    """The folder a file lies in; a rule in a misspelt one would never be asked and nobody would notice."""
    parts = PurePosixPath(path).parts
    known = (*FOLDERS, *_OTHER_FOLDERS)
    # The tables of permissions have folders of their own, which their reader checks.
    if parts[0] not in known or (len(parts) != 2 and parts[0] != "permissions"):  # noqa: PLR2004  # folder and file
        raise RuleError(path, 1, 1, f"a rule base has the folders {', '.join(known)} and files directly in them")
    return parts[0]


def _load_rule(path: str, text: str) -> Rule:
    parsed = read_yaml(path, text)
    if not isinstance(parsed, dict):
        raise RuleError(path, 1, 1, "a rule file is a mapping that starts with `id:`")
    try:
        rule = Rule.model_validate(parsed)
    except ValidationError as error:
        raise first_mistake(path, text, error) from None
    except RecursionError:
        raise RuleError(
            path, 1, 1, "the conditions contain themselves: an anchor may not lie inside its own value"
        ) from None
    if PurePosixPath(path).stem != rule.id:
        line, column = locate(text, ["id"])
        raise RuleError(path, line, column, f"the id `{rule.id}` must be the file's name")
    return rule


def _check_outranking(files: Mapping[str, str], rules: Mapping[str, Rule], paths: Mapping[str, str]) -> None:
    for cause, path in paths.items():
        for index, other in enumerate(rules[cause].outranks):
            told = ""
            if other not in rules:
                told = f"outranks names `{other}`, but there is no such cause"
            elif cause in outranked(rules, other):
                told = f"`{cause}` and `{other}` outrank each other: drop one"
            if told:
                raise RuleError(path, *locate(files[path], ["outranks", index]), told)


def _load_reference(files: Mapping[str, str]) -> Reference:
    path = "reference/directory_roles.yaml"
    if path not in files:
        return Reference()
    parsed = read_yaml(path, files[path])
    entries = parsed.get("entries") if isinstance(parsed, dict) else None
    if not isinstance(entries, list):
        raise RuleError(path, 1, 1, "a reference table has a list under `entries:`")
    roles: dict[str, str] = {}
    for index, entry in enumerate(entries):
        template, name = (entry.get("id"), entry.get("name")) if isinstance(entry, dict) else (None, None)
        if not isinstance(template, str) or not isinstance(name, str):
            line, column = locate(files[path], ["entries", index])
            raise RuleError(path, line, column, "a directory role has an `id` and a `name`")
        roles[template.lower()] = name
    return Reference(MappingProxyType(roles))


def _revision(files: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for path, text in sorted(files.items()):
        digest.update(f"{path}\0{text}\0".encode())
    return digest.hexdigest()[:_REVISION_LETTERS]
