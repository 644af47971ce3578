"""Reads a deployed stack from CloudFormation.

Usage: stack.py STACK functions | waiting | output NAME | parameter NAME
"""

import sys

import boto3
import botocore.exceptions

import aws_errors

# A stack whose first change set was never executed has this status, and nothing else.
EMPTY = "REVIEW_IN_PROGRESS"


def describe(stack: str) -> dict | None:
    """Returns its description, or None where there is no such stack."""
    try:
        (description,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except botocore.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return description


def outputs(stack: str) -> dict[str, str]:
    described = describe(stack)
    if described is None:
        sys.exit(f"There is no stack {stack} in {boto3.Session().region_name}.")
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def parameters(stack: str) -> dict[str, str]:
    described = describe(stack) or {}
    return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in described.get("Parameters", [])}


def resources(stack: str) -> list[dict]:
    """Returns the resources that exist."""
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    summaries = [summary for page in pages for summary in page["StackResourceSummaries"]]
    # One that could not be made has no id, and one that was deleted still has.
    return [each for each in summaries if each.get("PhysicalResourceId") and each["ResourceStatus"] != "DELETE_COMPLETE"]


def functions(stack: str) -> list[str]:
    """Returns the logical ids of its functions."""
    return [each["LogicalResourceId"] for each in resources(stack) if each["ResourceType"] == "AWS::Lambda::Function"]


def waiting(stack: str) -> list[str]:
    """Returns the change sets that could be executed: those that nobody agreed to."""
    if describe(stack) is None:
        return []
    pages = boto3.client("cloudformation").get_paginator("list_change_sets").paginate(StackName=stack)
    sets = [each for page in pages for each in page["Summaries"]]
    return [each["ChangeSetName"] for each in sets if each["ExecutionStatus"] == "AVAILABLE"]


if __name__ == "__main__":
    with aws_errors.told():
        match sys.argv[1:]:
            case [stack, "functions"]:
                print(*functions(stack), sep="\n")
            case [stack, "waiting"]:
                print(*waiting(stack), sep="\n")
            case [stack, "output", name]:
                print(outputs(stack)[name])
            case [stack, "parameter", name]:
                print(parameters(stack).get(name, ""))
            case _:
                sys.exit(__doc__)
