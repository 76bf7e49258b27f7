"""The stage every test of a .ci script starts from."""

import os
import shutil
from pathlib import Path

import pytest

from tests.infrastructure.stage import COMMON_TOOLS, Stage
from tests.infrastructure.tree import REPOSITORY


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Build a stage with the real scripts and none of the machine's Pythons."""
    stage = Stage(tmp_path)
    for folder in (stage.checkout / ".ci" / "locks", stage.programs, stage.home):
        folder.mkdir(parents=True)
    for script in ("python", "setup"):
        shutil.copy2(REPOSITORY / ".ci" / script, stage.checkout / ".ci" / script)
    for lock in ("demo", "test", "tools"):
        (stage.checkout / ".ci" / "locks" / f"{lock}.txt").write_text(f"# what {lock} needs\n")
    (stage.checkout / "pyproject.toml").write_text("# the project\n")
    for tool in COMMON_TOOLS:
        found = shutil.which(tool, path=os.defpath)
        assert found, f"the scripts of .ci need {tool}, which this machine lacks"
        (stage.programs / tool).symlink_to(found)
    return stage
