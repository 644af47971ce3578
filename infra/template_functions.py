"""Prints the functions of a SAM template, one a line: by their logical ids, or by the binaries that cargo builds for them.

Usage: template_functions.py TEMPLATE ids|binaries
"""

import pathlib
import sys

import yaml


class Loader(yaml.SafeLoader):
    """Reads YAML with CloudFormation's tags, such as `!Ref`. Their values are not evaluated."""


Loader.add_multi_constructor("!", lambda _loader, _tag, _node: None)


def binaries(template: pathlib.Path) -> dict[str, str]:
    """The binary of each function, by the function's logical id."""
    resources = yaml.load(template.read_text(), Loader)["Resources"]
    return {
        name: resource["Metadata"]["BuildProperties"]["Binary"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case [template, "ids"]:
            print("\n".join(binaries(pathlib.Path(template))))
        case [template, "binaries"]:
            print("\n".join(binaries(pathlib.Path(template)).values()))
        case _:
            sys.exit(__doc__)
