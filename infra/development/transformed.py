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


def transformed(file: pathlib.Path) -> dict:
    template = yaml_parse(file.read_text())
    for resource in template["Resources"].values():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::Serverless::Function":
            # It need not be there yet.
            properties["CodeUri"] = "s3://packages/function.zip"
        if resource["Type"] == "AWS::CloudFormation::Stack":
            # The path is seen from the file, and what is printed here may be kept elsewhere.
            properties["TemplateURL"] = str(file.resolve().parent / properties["TemplateURL"])
    # Any region will do: what differs between them is written as a reference to the region.
    parameters = {name: parameter.get("Default", "") for name, parameter in template["Parameters"].items()}
    return Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1")).translate(template, parameters)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(json.dumps(transformed(pathlib.Path(sys.argv[1])), indent=1))
