"""Writes a CycloneDX bill of materials of the crates in a function's binary.

Usage: sbom.py BINARY TARGET FILE

The crates, with the features that the binary is built with, are those that `cargo tree` names for the target; their licences and
sources come from `cargo metadata`, their checksums from Cargo.lock. Crates that only run in the build are not in it.
"""

import json
import pathlib
import subprocess
import sys

import tomlkit
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

SCHEMA = SchemaVersion.V1_6


def cargo(*arguments: str) -> str:
    return subprocess.run(["cargo", *arguments], check=True, capture_output=True, text=True).stdout


def built_into(binary: str, target: str) -> set[tuple[str, str]]:
    """Names and versions of the crates."""
    tree = cargo("tree", "--locked", "--package", binary, "--target", target, "--edges", "normal,no-proc-macro", "--prefix", "none")
    lines = (line.split() for line in tree.splitlines())
    return {(name, version.removeprefix("v")) for name, version, *_ in lines}


def component(package: dict, checksum: str | None, licenses: LicenseFactory) -> Component:
    return Component(
        type=ComponentType.LIBRARY,
        name=package["name"],
        version=package["version"],
        description=package["description"],
        purl=PackageURL("cargo", name=package["name"], version=package["version"]),
        # Its id would tell the folder that it was built in.
        bom_ref=f"{package['name']}@{package['version']}",
        # Cargo once had a slash where SPDX says OR.
        licenses=[licenses.make_from_string(package["license"].replace("/", " OR "))],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum)] if checksum else [],
    )


def bill(binary: str, target: str) -> Bom:
    wanted = built_into(binary, target)
    metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", target))
    locked = tomlkit.parse(pathlib.Path("Cargo.lock").read_text())["package"]
    checksums = {(package["name"], package["version"]): package.get("checksum") for package in locked}

    licenses = LicenseFactory()
    components = {
        package["id"]: component(package, checksums[package["name"], package["version"]], licenses)
        for package in metadata["packages"]
        if (package["name"], package["version"]) in wanted
    }
    root = next(component for component in components.values() if component.name == binary)
    root.type = ComponentType.APPLICATION
    bom = Bom(components=[component for component in components.values() if component is not root])
    bom.metadata.component = root
    for node in metadata["resolve"]["nodes"]:
        if node["id"] in components:
            normal = (found["pkg"] for found in node["deps"] if any(kind["kind"] is None for kind in found["dep_kinds"]))
            bom.register_dependency(components[node["id"]], [components[other] for other in normal if other in components])
    return bom


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    binary, target, file = sys.argv[1:]
    text = make_outputter(bill(binary, target), OutputFormat.JSON, SCHEMA).output_as_string(indent=2)
    if mistake := JsonStrictValidator(SCHEMA).validate_str(text):
        sys.exit(f"The bill of materials of {binary} is not valid CycloneDX: {mistake}")
    pathlib.Path(file).write_text(text)
