"""Runs the commands that `make destroy` prints, so that what they say is tried."""

import re
import shlex
import subprocess

from project import ROOT
from world import World

LINE = re.compile(r"^  (aws|python3) .*$", re.MULTILINE)


def run_all(world: World, said: str) -> int:
    """Runs every command in what was said. Returns how many there were."""
    commands = [found[0].strip() for found in LINE.finditer(said)]
    for command in commands:
        program, *arguments = shlex.split(command)
        if program == "aws":
            call(world, *arguments)
        else:
            python = ROOT / ".tools" / "venv" / "bin" / program
            subprocess.run([python, *arguments], env=world.project.environment, check=True)
    return len(commands)


def call(world: World, service: str, operation: str, *options: str) -> None:
    """Makes the call that AWS's command line makes of these arguments: its names are the service's own, spelt in its way."""
    client = world.emulator.client(service)
    names = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation.replace("-", "_")]).input_shape.members
    spelt = {option(name): name for name in names}
    values, left = {}, list(options)
    while left:
        name = left.pop(0).removeprefix("--")
        if name.removeprefix("no-") != name and name.removeprefix("no-") in spelt:
            values[spelt[name.removeprefix("no-")]] = False
        else:
            values[spelt[name]] = left.pop(0)
    getattr(client, operation.replace("-", "_"))(**values)


def option(name: str) -> str:
    """`UserPoolId` is `--user-pool-id`, `SSESpecification` is `--sse-specification`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()
