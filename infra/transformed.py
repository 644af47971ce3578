"""Prints a SAM template as CloudFormation gets it: with the roles, routes and permissions that SAM makes, of which linters know nothing.

Usage: transformed.py TEMPLATE
"""

import json
import pathlib
import sys

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse


def transformed(template: dict) -> dict:
    # Any region will do: what differs between them is written as a reference to the region. Packages need not be there yet.
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://packages/function.zip"
    parameters = {name: parameter.get("Default", "") for name, parameter in template["Parameters"].items()}
    return Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1")).translate(template, parameters)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(json.dumps(transformed(yaml_parse(pathlib.Path(sys.argv[1]).read_text())), indent=1))
