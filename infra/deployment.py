"""What samconfig.toml, in which SAM keeps the answers of the first deployment, says of a stack.

Usage: deployment.py [--file FILE] stack | region | parameter NAME | check

ENVIRONMENT chooses among several stacks in the file; without it, that is `default`. What is not said there is an empty line.
`check` compares the answers with the template, before minutes go into a build.
"""

import argparse
import os
import pathlib
import sys

import click
import tomlkit
from samcli.cli.types import CfnParameterOverridesType
from samtranslator.yaml_helper import yaml_parse

import mistakes


def said(file: pathlib.Path, environment: str) -> dict:
    """Returns what the file says for `sam deploy`. What it says under `global` holds for every command."""
    document = tomlkit.parse(file.read_text()).unwrap() if file.exists() else {}
    commands = document.get(environment, {})
    return {**commands.get("global", {}).get("parameters", {}), **commands.get("deploy", {}).get("parameters", {})}


def given(settings: dict) -> dict[str, str]:
    """Returns the values of the template's parameters, however they are written."""
    try:
        return CfnParameterOverridesType().convert(settings.get("parameter_overrides", ""), None, None)
    except click.BadParameter as error:
        sys.exit(f'samconfig.toml has a parameter that SAM cannot read. One without a value is written Name="". {error.message}')


def all_values(settings: dict, template: pathlib.Path) -> dict[str, str]:
    """Returns the values of all parameters: those that are given, and the template's defaults."""
    declared = yaml_parse(template.read_text())["Parameters"]
    defaults = {name: str(parameter["Default"]) for name, parameter in declared.items() if "Default" in parameter}
    return {**defaults, **given(settings)}


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
            template = yaml_parse(pathlib.Path("template.yaml").read_text())
            region = settings.get("region") or os.environ.get("AWS_REGION", "")
            place = mistakes.Place(stack=settings.get("stack_name", ""), region=region)
            sys.exit("\n".join(mistakes.found(given(settings), template, place)) or 0)
