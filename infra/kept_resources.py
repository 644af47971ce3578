"""The resources that stay when a stack is deleted, with the commands that remove them.

Usage: kept_resources.py STACK
"""

import pathlib
import sys

import boto3
from samtranslator.yaml_helper import yaml_parse

import aws_errors
import stack

# By type of the resources that template.yaml retains; {id} is the physical id.
REMOVAL = {
    "AWS::DynamoDB::Table": [
        "aws dynamodb update-table --no-deletion-protection-enabled --table-name {id}",
        "aws dynamodb delete-table --table-name {id}",
    ],
    "AWS::Cognito::UserPool": [
        "aws cognito-idp update-user-pool --deletion-protection INACTIVE --user-pool-id {id}",
        "aws cognito-idp delete-user-pool --user-pool-id {id}",
    ],
    "AWS::S3::Bucket": [
        # The command line has none for a bucket with versions.
        """python3 -c 'import boto3; it = boto3.resource("s3").Bucket("{id}"); it.object_versions.delete(); it.delete()'""",
    ],
}
# The role by which API Gateway writes logs, which is told of by itself.
ROLE_FOR_LOGS = {"AWS::ApiGateway::Account", "AWS::IAM::Role"}
RETAINED = {"Retain", "RetainExceptOnCreate"}


def removal(kind: str, physical_id: str) -> list[str]:
    """Returns the commands that remove a resource that was retained; none where it is of another kind."""
    return [command.format(id=physical_id) for command in REMOVAL.get(kind, [])]


def kept(name: str) -> list[str]:
    """Returns a description of what a stack leaves behind."""
    if stack.describe(name) is None:
        sys.exit(f"There is no stack {name} in {boto3.Session().region_name}.")
    found = stack.resources(name)
    commands = [command for each in found for command in removal(each["ResourceType"], each["PhysicalResourceId"])]
    lines = []
    if commands:
        lines.append("What people have stays, and costs what its storage costs. To delete it for ever:")
        lines.extend(f"  {command}" for command in commands)
    if any(each["ResourceType"] == "AWS::ApiGateway::Account" for each in found):
        lines.append("The role by which API Gateway writes logs stays too: other APIs of the account may write with it.")
    lines.append("So does SAM's bucket of packages, which other stacks of the account and region may share:")
    lines.append("  sam delete --stack-name aws-sam-cli-managed-default")
    return lines


def unexplained(template: pathlib.Path) -> list[str]:
    """Returns the resources that a template retains and of which nothing is said here."""
    resources = yaml_parse(template.read_text())["Resources"].items()
    retained = {name: resource["Type"] for name, resource in resources if resource.get("DeletionPolicy") in RETAINED}
    return [name for name, kind in retained.items() if kind not in REMOVAL.keys() | ROLE_FOR_LOGS]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with aws_errors.told():
        print(*kept(sys.argv[1]), sep="\n")
