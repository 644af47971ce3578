"""Compares the account's concurrency limit with what a first deployment reserves.

Usage: concurrency.py STACK
"""

import os
import pathlib
import sys

import boto3

import aws_errors
import deployment
import stack

# What AWS keeps for functions that reserve none; in a smaller account, everything.
UNRESERVED = 100

MORE = "Ask AWS for more (Service Quotas, AWS Lambda, Concurrent executions), which is free and may take a day."


def remark(limit: int) -> str | None:
    """Returns a warning for an account with the concurrency `limit`, if it is low."""
    if limit >= UNRESERVED:
        return None
    return (
        f"This account may run {limit} functions at once, as new ones may. Each reply holds a function while it is written, so about "
        f"{limit} people can be answered at a time, and nothing can be reserved. {MORE}"
    )


def refusal(limit: int, unreserved: int, wanted: dict[str, int]) -> str | None:
    """Returns why the stack cannot have what its parameters reserve, in a sentence; None where it can."""
    free = max(unreserved - min(limit, UNRESERVED), 0)
    if sum(wanted.values()) <= free:
        return None
    named = ", ".join(f"{name} {number}" for name, number in wanted.items() if number)
    return (
        f"This account has {free} executions to reserve, and the functions shall have {sum(wanted.values())} ({named}). "
        f"Lower that in samconfig.toml, where 0 reserves none. {MORE}"
    )


def wanted(parameters: dict[str, str]) -> dict[str, int]:
    """Returns how many executions each parameter reserves, for all of its functions together."""
    return {
        "MessageConcurrency": int(parameters["MessageConcurrency"]),
        # Those of authorize and of connect.
        "HandshakeConcurrency": 2 * int(parameters["HandshakeConcurrency"]),
        "TicketConcurrency": int(parameters["TicketConcurrency"]) if parameters["Tickets"] == "true" else 0,
    }


def main(name: str) -> None:
    described = stack.describe(name)
    if described and described["StackStatus"] != stack.EMPTY:
        return
    limits = boto3.client("lambda").get_account_settings()["AccountLimit"]
    limit, unreserved = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    if said := remark(limit):
        print(said)
    settings = deployment.said(pathlib.Path("samconfig.toml"), os.environ.get("ENVIRONMENT", "default"))
    sys.exit(refusal(limit, unreserved, wanted(deployment.all_values(settings, pathlib.Path("template.yaml")))))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with aws_errors.told():
        main(sys.argv[1])
