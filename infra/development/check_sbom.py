"""Checks that bills of materials name what is surely there, with its version and licence.

Usage: check_sbom.py FOLDER
"""

import json
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])
tokio = re.search(r'name = "tokio"\nversion = "(.+)"', pathlib.Path("Cargo.lock").read_text())[1]
preact = json.loads(pathlib.Path("clients/web/package.json").read_text())["dependencies"]["preact"]
SURELY = {"message": f"pkg:cargo/tokio@{tokio}", "client-web": f"pkg:npm/preact@{preact}"}

for file in sorted(folder.glob("*.cdx.json")):
    components = {component["purl"]: component for component in json.loads(file.read_text())["components"]}
    print(f"{file}: {len(components)} components")
    unlicensed = [purl for purl, component in components.items() if not component.get("licenses")]
    if unlicensed:
        sys.exit(f"{file} knows no licence of {', '.join(unlicensed)}.")

for name, purl in SURELY.items():
    components = json.loads((folder / f"{name}.cdx.json").read_text())["components"]
    found = next((component for component in components if component["purl"] == purl), None)
    if found is None or found["licenses"] != [{"license": {"id": "MIT"}}]:
        sys.exit(f"The bill of {name} does not name {purl} under the MIT licence.")
