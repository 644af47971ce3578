"""What stays of a stack when it is deleted, with the commands that remove it.

Usage: kept_resources.py STACK
"""

import pathlib
import sys

import boto3
import botocore.exceptions
from samtranslator.yaml_helper import yaml_parse

# By type of the resources that template.yaml retains; {} is the physical id.
REMOVAL = {
    "AWS::DynamoDB::Table": [
        "aws dynamodb update-table --no-deletion-protection-enabled --table-name {}",
        "aws dynamodb delete-table --table-name {}",
    ],
    "AWS::Cognito::UserPool": ["aws cognito-idp delete-user-pool --user-pool-id {}"],
    "AWS::S3::Bucket": ["aws s3 rb --force s3://{}"],
}
# The role by which API Gateway writes logs, which is told of by itself.
ROLE_FOR_LOGS = {"AWS::ApiGateway::Account", "AWS::IAM::Role"}


def kept(stack: str) -> list[str]:
    """Lines for people."""
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    lines = []
    for resource in (resource for page in pages for resource in page["StackResourceSummaries"]):
        for command in REMOVAL.get(resource["ResourceType"], []):
            lines.append("  " + command.format(resource["PhysicalResourceId"]))
    return lines


def unexplained(template: pathlib.Path) -> list[str]:
    """Resources that a template retains and of which nothing is said here."""
    resources = yaml_parse(template.read_text())["Resources"].items()
    retained = {name: resource["Type"] for name, resource in resources if resource.get("DeletionPolicy") == "Retain"}
    return [name for name, kind in retained.items() if kind not in REMOVAL.keys() | ROLE_FOR_LOGS]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        commands = kept(sys.argv[1])
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        sys.exit(f"AWS refused: {error}")
    print("What people have stays, and costs what its storage costs. To delete it for ever:", *commands, sep="\n")
    print("The role by which API Gateway writes logs stays too: other APIs of the account may write with it.")
