"""Reports errors of AWS as sentences."""

import contextlib
import sys

import botocore.exceptions


@contextlib.contextmanager
def told():
    """Ends the program with a sentence, not a traceback, when a call of AWS fails."""
    try:
        yield
    except botocore.exceptions.NoCredentialsError:
        sys.exit("No AWS credentials were found. Run `aws configure` or set AWS_PROFILE, then try again.")
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        sys.exit(f"AWS refused: {error}")
