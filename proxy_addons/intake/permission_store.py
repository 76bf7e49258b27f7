"""The permission data in use: the tables that came with why403, an imported one in front of them, and the doubts.

What cannot be read costs nothing else: the built-in tables stay in use, and a sentence says what is wrong.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy_addons.intake.permission_doubts import DoubtsDamagedError, unpack_doubts
from proxy_addons.intake.permission_folder import DOUBTS_FILE, INDEX_FILE, data_folder
from proxy_addons.intake.permission_index import IndexDamagedError, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from proxy_addons.diagnosis.permissions.permission_data import PermissionData


@dataclass(frozen=True, slots=True)
class InUse:
    """The data in use and, as sentences, what of it could not be read."""

    data: PermissionData
    problems: tuple[str, ...] = ()


def this_users_folder() -> Path:
    """The data folder of whoever runs this process."""
    return data_folder(os.environ, sys.platform)


def permissions_in_use(built_in: PermissionData, folder: Path | None = None) -> InUse:
    """The built-in tables with what lies in a data folder (that of this user unless another is named)."""
    place = folder or this_users_folder()
    data, problems = built_in, []
    for name, use in ((INDEX_FILE, _use_index), (DOUBTS_FILE, _use_doubts)):
        try:
            data = use(data, (place / name).read_bytes())
        except FileNotFoundError:
            continue
        except OSError as error:
            problems.append(f"{place / name}: {error.strerror}. The data that came with why403 is used instead")
        except (IndexDamagedError, DoubtsDamagedError) as error:
            problems.append(f"{place / name} {error}. The data that came with why403 is used instead")
    return InUse(data, tuple(problems))


def _use_index(data: PermissionData, content: bytes) -> PermissionData:
    return data.with_imported(unpack(content))


def _use_doubts(data: PermissionData, content: bytes) -> PermissionData:
    return data.with_doubts(unpack_doubts(content))
