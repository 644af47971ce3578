"""What a deployment asks AWS before SAM takes over: whose account it is, and the secret with the model's API key.

Usage: model_key.py account | model_key.py secret NAME
"""

import getpass
import sys

import boto3
import botocore.exceptions


def account() -> str:
    """The account, user and region that the credentials at hand lead to."""
    session = boto3.Session()
    if session.region_name is None:
        sys.exit("No AWS region is set. Set AWS_REGION, for example: AWS_REGION=eu-central-1 make deploy")
    identity = session.client("sts").get_caller_identity()
    return f"account {identity['Account']} in {session.region_name}, as {identity['Arn']}"


def secret(name: str) -> str:
    """The ARN of the secret `name`. Where there is none, asks for the key and stores it."""
    client = boto3.client("secretsmanager")
    try:
        return client.describe_secret(SecretId=name)["ARN"]
    except client.exceptions.ResourceNotFoundException:
        pass
    key = getpass.getpass(f"There is no secret {name} yet. The model's API key to store in it (not shown): ").strip()
    if not key:
        sys.exit("No key was given, so nothing was stored.")
    return client.create_secret(Name=name, Description="API key of Natter's model", SecretString=key)["ARN"]


if __name__ == "__main__":
    try:
        match sys.argv[1:]:
            case ["account"]:
                print(account())
            case ["secret", name]:
                print(secret(name))
            case _:
                sys.exit(__doc__)
    except botocore.exceptions.NoCredentialsError:
        sys.exit("No AWS credentials were found. Run `aws configure` or set AWS_PROFILE, then try again.")
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        sys.exit(f"AWS refused: {error}")
