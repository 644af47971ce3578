"""Says why the first deployment of a stack failed and cleans up after it: CloudFormation updates no such stack, and leaves what it retains.

Usage: failed_deployment.py STACK
"""

import sys

import boto3
import botocore.exceptions

import aws_errors
import kept_resources
import stack

# A stack in one of these was never used.
FAILED = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}
# A stack in one of these cannot be updated, and may contain users' data.
STUCK = {
    "DELETE_FAILED": "run `make destroy` again",
    "UPDATE_ROLLBACK_FAILED": "run `aws cloudformation continue-update-rollback --stack-name {}` when the cause is mended",
}


def events(name: str) -> list[dict]:
    """Returns what has happened to a stack, the first event first."""
    pages = boto3.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=name)
    return [event for page in pages for event in page["StackEvents"]][::-1]


def cause(happened: list[dict]) -> str:
    """Returns what failed first: the rest was cancelled because of it."""
    failed = (event for event in happened if event["ResourceStatus"] == "CREATE_FAILED")
    first = next(failed, None)
    if first is None:
        return "CloudFormation does not say why."
    return f"{first['LogicalResourceId']} could not be made: {first.get('ResourceStatusReason', 'no reason is given')}"


def leftovers(happened: list[dict]) -> dict[str, str]:
    """Returns the resources that the stack has let go of, by their physical ids, with their types."""
    let_go = [event for event in happened if event["ResourceStatus"] == "DELETE_SKIPPED" and event.get("PhysicalResourceId")]
    return {event["PhysicalResourceId"]: event["ResourceType"] for event in let_go}


def remove_table(name: str) -> bool:
    """Deletes a table without items. Returns whether it is gone."""
    client = boto3.client("dynamodb")
    if client.scan(TableName=name, Limit=1)["Items"]:
        return False
    if client.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"):
        client.update_table(TableName=name, DeletionProtectionEnabled=False)
        client.get_waiter("table_exists").wait(TableName=name)
    client.delete_table(TableName=name)
    return True


def remove_user_pool(pool: str) -> bool:
    """Deletes a user pool without users. Returns whether it is gone."""
    client = boto3.client("cognito-idp")
    if client.list_users(UserPoolId=pool, Limit=1)["Users"]:
        return False
    client.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")
    client.delete_user_pool(UserPoolId=pool)
    return True


REMOVED_BY = {"AWS::DynamoDB::Table": remove_table, "AWS::Cognito::UserPool": remove_user_pool}


def clean_up(name: str, left: dict[str, str]) -> None:
    """Deletes the stack and what it has left that is empty, and says what stays."""
    client = boto3.client("cloudformation")
    client.delete_stack(StackName=name)
    client.get_waiter("stack_delete_complete").wait(StackName=name)
    for physical_id, kind in left.items():
        if kind not in REMOVED_BY:
            continue
        try:
            removed = REMOVED_BY[kind](physical_id)
        except botocore.exceptions.ClientError as error:
            if "NotFound" not in error.response["Error"]["Code"]:
                raise
            continue
        if removed:
            print(f"  {physical_id} is deleted.")
        else:
            print(f"  {physical_id} is not empty, so it stays. To delete it for ever:")
            print(*(f"    {command}" for command in kept_resources.removal(kind, physical_id)), sep="\n")
    print(f"  {name} is deleted.")


def main(name: str) -> None:
    described = stack.describe(name)
    status = described["StackStatus"] if described else ""
    if status in STUCK:
        sys.exit(f"The stack {name} is in {status} and cannot be updated: {STUCK[status].format(name)}.")
    if status.endswith("_IN_PROGRESS") and status != stack.EMPTY:
        sys.exit(f"The stack {name} is in {status}: somebody is at it. Try again when that is over.")
    if status not in FAILED:
        return
    happened = events(name)
    print(f"The first deployment of {name} failed, and CloudFormation updates no stack in {status}. {cause(happened)}")
    # Said of a stack that was never used: whatever it has made is empty, unless somebody filled it by hand.
    if input("Delete what is left of it and go on? [y/N]: ").strip().lower() != "y":
        sys.exit("Nothing was deleted or deployed.")
    clean_up(name, leftovers(happened))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with aws_errors.told():
        main(sys.argv[1])
