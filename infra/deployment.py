"""What samconfig.toml, in which SAM keeps the answers of the first deployment, says of a stack.

Usage: deployment.py [--file FILE] stack | region | parameter NAME | check

ENVIRONMENT chooses among several stacks in the file; without it, that is `default`. What is not said there is an empty line.
`check` compares the answers with the template, before minutes go into a build.
"""

import argparse
import os
import pathlib
import re
import sys

import tomlkit
from samcli.cli.types import CfnParameterOverridesType
from samtranslator.yaml_helper import yaml_parse


def said(file: pathlib.Path, environment: str) -> dict:
    """What the file says for `sam deploy`. What it says under `global` holds for every command."""
    document = tomlkit.parse(file.read_text()).unwrap() if file.exists() else {}
    commands = document.get(environment, {})
    return {**commands.get("global", {}).get("parameters", {}), **commands.get("deploy", {}).get("parameters", {})}


def given(settings: dict) -> dict[str, str]:
    """The values of the template's parameters, however they are written."""
    return CfnParameterOverridesType().convert(settings.get("parameter_overrides", ""), None, None)


def mistakes(parameters: dict[str, str], template: pathlib.Path):
    """What the template would not take, in sentences."""
    declared = yaml_parse(template.read_text())["Parameters"]
    for name, value in parameters.items():
        parameter = declared.get(name)
        if parameter is None:
            yield f"There is no parameter {name}."
        elif value not in map(str, parameter.get("AllowedValues", [value])):
            yield f"{name} cannot be {value}, only one of {', '.join(map(str, parameter['AllowedValues']))}."
        elif not re.fullmatch(parameter.get("AllowedPattern", ".*"), value, re.DOTALL):
            yield f"{name} {parameter.get('ConstraintDescription', 'is not written like that')}"
    for name, parameter in declared.items():
        if "Default" not in parameter and name not in parameters:
            yield f"{name} is not given. {parameter['Description']}"


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("--file", type=pathlib.Path, default="samconfig.toml")
    arguments.add_argument("asked", choices=["stack", "region", "parameter", "check"])
    arguments.add_argument("name", nargs="?")
    asked = arguments.parse_args()

    settings = said(asked.file, os.environ.get("ENVIRONMENT", "default"))
    match asked.asked:
        case "stack":
            print(settings.get("stack_name", ""))
        case "region":
            print(settings.get("region", ""))
        case "parameter":
            print(given(settings).get(asked.name, ""))
        case "check":
            sys.exit("\n".join(mistakes(given(settings), pathlib.Path("template.yaml"))) or 0)
