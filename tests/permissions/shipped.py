"""The permission tables that come with why403, read once for the tests of this folder."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.permission_data import FOLDER
from proxy_addons.diagnosis.permissions.table_file import TableFile, load_permissions
from proxy_addons.diagnosis.yaml_file import read_yaml
from proxy_addons.intake.rule_files import read_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.diagnosis.permissions.permission_data import PermissionData

KINDS: Final = {"delegated-work": "delegated", "delegated-personal": "delegated", "application": "application"}


@cache
def texts() -> Mapping[str, str]:
    """The files of the tables by path below the rule base."""
    return {path: text for path, text in read_texts().items() if path.startswith(FOLDER)}


@cache
def data() -> PermissionData:
    """What the proxy works with where nothing was imported."""
    return load_permissions(texts())


@cache
def files() -> Mapping[str, TableFile]:
    """The same files as they are written."""
    return {path: TableFile.model_validate(read_yaml(path, text)) for path, text in texts().items()}
