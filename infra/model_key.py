"""The secret with the model's API key, and whose account it is kept in.

Usage: model_key.py account | model_key.py secret NAME
"""

import getpass
import sys

import boto3

import aws_errors


def account() -> str:
    """Returns the account, user and region that the credentials at hand lead to."""
    session = boto3.Session()
    if session.region_name is None:
        sys.exit("No AWS region is set. Set AWS_REGION, for example: AWS_REGION=eu-central-1 make deploy")
    identity = session.client("sts").get_caller_identity()
    return f"account {identity['Account']} in {session.region_name}, as {identity['Arn']}"


def find(name: str) -> str | None:
    """Returns the ARN of the secret `name`, or None where there is none."""
    client = boto3.client("secretsmanager")
    try:
        return client.describe_secret(SecretId=name)["ARN"]
    except client.exceptions.ResourceNotFoundException:
        return None


def store(name: str) -> str:
    """Asks for the key and stores it in the secret `name`, in place of the one that is there. Returns the secret's ARN."""
    client, exists = boto3.client("secretsmanager"), find(name) is not None
    state = "holds a key, which the new one replaces" if exists else "does not exist yet"
    key = getpass.getpass(f"The secret {name} {state}. The model's API key to store in it (not shown): ").strip()
    if not key:
        sys.exit("No key was given, so nothing was stored.")
    if exists:
        return client.put_secret_value(SecretId=name, SecretString=key)["ARN"]
    return client.create_secret(Name=name, Description="API key of Natter's model", SecretString=key)["ARN"]


if __name__ == "__main__":
    with aws_errors.told():
        match sys.argv[1:]:
            case ["account"]:
                print(account())
            case ["secret", name]:
                print(store(name))
            case _:
                sys.exit(__doc__)
