"""Prints the credentials at hand as a shell's variables, for programs that know no SSO and no credential_process.

Usage: credentials.py
"""

import shlex
import sys

import boto3
import botocore.exceptions

import aws_errors

if __name__ == "__main__":
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    with aws_errors.told():
        found = boto3.Session().get_credentials()
        if found is None:
            raise botocore.exceptions.NoCredentialsError
        keys = found.get_frozen_credentials()
    variables = {"ACCESS_KEY_ID": keys.access_key, "SECRET_ACCESS_KEY": keys.secret_key, "SESSION_TOKEN": keys.token}
    for name, value in variables.items():
        print(f"export AWS_{name}={shlex.quote(value)}" if value else f"unset AWS_{name}")
