"""Writes the bill of materials of what is shipped, from the lock of the image: `make sbom`.

CycloneDX 1.6, JSON. The lock says everything: versions, the hashes of all published files, who needs whom, for which
platforms. So the same commit gives the same bytes, on every machine and without a network. It is held against the
published schema before it is written. Arguments: where to write it.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
LOCK: Final = ROOT / ".ci" / "locks" / "image.txt"
_BACKEND: Final = "hatchling"
_PIN: Final = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>\S+)(?: ; (?P<marker>[^\\]+?))? \\")
_HASH: Final = re.compile(r"    --hash=sha256:([0-9a-f]{64})")
_VIA: Final = re.compile(r"    # (?:via|  ) ?(?P<who>\S.*)?")

type Json = str | int | list["Json"] | dict[str, "Json"]


@dataclass
class Package:
    """One package of the lock; `needed_by` are names of packages, or the project."""

    name: str
    version: str
    marker: str
    hashes: list[str] = field(default_factory=list)
    needed_by: list[str] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """Its package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


def read_lock(text: str) -> list[Package]:
    """The packages of a lock file as `uv pip compile` writes it."""
    packages: list[Package] = []
    for line in text.splitlines():
        if pin := _PIN.fullmatch(line):
            packages.append(Package(pin["name"], pin["version"], pin["marker"] or ""))
        elif packages and (found := _HASH.match(line)):
            packages[-1].hashes.append(found[1])
        elif packages and (via := _VIA.fullmatch(line)) and via["who"] and not via["who"].startswith("-c "):
            packages[-1].needed_by.append(via["who"].partition(" ")[0])
    return packages


def bill(packages: list[Package], project: dict[str, str]) -> dict[str, Json]:
    """The document."""
    reference = f"pkg:pypi/{project['name']}@{project['version']}"
    known = {package.name: package for package in packages}
    needs: dict[str, list[str]] = {reference: [], **{package.reference: [] for package in packages}}
    for package in packages:
        for name in package.needed_by:
            needs[known[name].reference if name in known else reference].append(package.reference)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": reference,
                "name": project["name"],
                "version": project["version"],
                "description": project["description"],
                "licenses": [{"license": {"id": project["license"]}}],
                "purl": reference,
            }
        },
        "components": [_component(package) for package in packages],
        "dependencies": [{"ref": ref, "dependsOn": sorted(set(on))} for ref, on in needs.items()],
    }


def only_to_build(package: Package) -> bool:
    """Whether a package is there for building the wheel and for nothing else."""
    return package.name == _BACKEND or set(package.needed_by) <= {_BACKEND}


def _component(package: Package) -> dict[str, Json]:
    # What only some systems or the build need is not in every installation: the format's word for that is optional.
    component: dict[str, Json] = {
        "type": "library",
        "bom-ref": package.reference,
        "name": package.name,
        "version": package.version,
        "scope": "optional" if package.marker or only_to_build(package) else "required",
        "purl": package.reference,
        "externalReferences": [
            {
                "type": "distribution",
                "url": package.reference,
                "comment": "the files published for this version, any of which may be the one installed",
                "hashes": [{"alg": "SHA-256", "content": each} for each in package.hashes],
            }
        ],
    }
    if package.marker:
        component["properties"] = [{"name": "why403:marker", "value": package.marker}]
    return component


def main() -> int:
    """Write it, or say what is wrong with it."""
    # Here, because the tests read bills in an environment that has no such validator.
    from cyclonedx.schema import SchemaVersion  # noqa: PLC0415
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415

    target = Path(sys.argv[1])
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = (ROOT / "proxy_addons" / "__init__.py").read_text(encoding="utf-8")
    version = re.search(r'__version__ = "([^"]+)"', source)
    if version is None:
        sys.exit("why403 sbom: proxy_addons/__init__.py names no version")
    packages = read_lock(LOCK.read_text(encoding="utf-8"))
    project = {**{key: declared[key] for key in ("name", "description", "license")}, "version": version[1]}
    text = json.dumps(bill(packages, project), indent=2) + "\n"
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        sys.exit(f"why403 sbom: not valid CycloneDX 1.6: {wrong}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    sys.stdout.write(f"why403 sbom: {target}, {len(packages)} components, valid CycloneDX 1.6\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
