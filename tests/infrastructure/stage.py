"""A stage for the shell scripts of .ci: a folder of fake programs that is all the PATH they get."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

# What the scripts may call besides the programs a test puts on the stage.
COMMON_TOOLS = (
    *("cat", "cksum", "date", "dirname", "env", "grep", "ls", "mkdir", "printf"),
    *("rm", "sed", "sh", "sleep", "sort", "tail", "touch"),
)


@dataclass
class Stage:
    """A checkout in `checkout`, programs in `programs`, a home without anything in `home`."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def checkout(self) -> Path:
        """Where the scripts believe the repository to be."""
        return self.root / "checkout"

    @property
    def programs(self) -> Path:
        """The only folder on PATH."""
        return self.root / "programs"

    @property
    def home(self) -> Path:
        """HOME of the scripts."""
        return self.root / "home"

    def script(self, path: Path, text: str) -> Path:
        """Write an executable sh script."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def program(self, name: str, text: str) -> Path:
        """Put a program on PATH."""
        return self.script(self.programs / name, text)

    def python(self, path: Path, version: str = "3.12.7", state: str = "complete") -> Path:
        """Write a fake interpreter that answers the finder as a real one would."""
        return self.script(path, f'[ "$1" = -c ] || exit 64\necho {state} {version} {path}')

    def python_on_path(self, name: str, version: str = "3.12.7", state: str = "complete") -> Path:
        """Put a fake interpreter on PATH."""
        return self.python(self.programs / name, version, state)

    def variables(self) -> dict[str, str]:
        """Give the environment the scripts run in."""
        return {"PATH": str(self.programs), "HOME": str(self.home), **self.environment}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the checkout to its end."""
        return subprocess.run(
            arguments, cwd=self.checkout, env=self.variables(), capture_output=True, text=True, timeout=60, check=False
        )
