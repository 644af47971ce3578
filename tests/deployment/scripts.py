"""Where the scripts of a deployment are, and how they are run."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"


def run(script: str, *arguments: str, **options) -> subprocess.CompletedProcess:
    """Runs a script and returns what it says, errors included."""
    command = [sys.executable, INFRA / script, *arguments]
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
