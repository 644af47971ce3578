"""Uploads the built web page to the bucket of a deployed stack that hosts it, and tells it where its server is.

Usage: publish_page.py STACK FOLDER
"""

import json
import mimetypes
import pathlib
import sys
import time
import urllib.parse

import boto3
import botocore.exceptions

# Vite names these after what is in them, so they never change.
FOREVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"


def described(stack: str) -> tuple[dict[str, str], dict[str, str]]:
    """The outputs and parameters of the stack."""
    (description,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}
    parameters = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in description.get("Parameters", [])}
    return outputs, parameters


def with_policy(html: str, addresses: list[str]) -> str:
    """The page with a policy that lets it speak to these addresses, and to nothing else."""
    hosts = sorted({f"{url.scheme}://{url.netloc}" for url in map(urllib.parse.urlsplit, addresses) if url.netloc})
    before = "connect-src 'self'"
    if before not in html:
        sys.exit("index.html has no policy with connect-src 'self'. Build the page anew with `make web`.")
    return html.replace(before, " ".join([before, *hosts]))


def publish(stack: str, folder: pathlib.Path) -> None:
    outputs, parameters = described(stack)
    if "PageBucketName" not in outputs:
        print("The page is not hosted: the parameter HostPage of the stack is not true.")
        return
    config = {"socketUrl": outputs["WebSocketUrl"], "tokenUrl": parameters["PageTokenUrl"]}

    s3 = boto3.client("s3")
    # What names other files goes last, so that nobody gets a page whose files are not there yet.
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.name == "index.html")
    for path in files:
        key = path.relative_to(folder).as_posix()
        body = path.read_bytes()
        if key == "config.json":
            body = json.dumps(config).encode()
        if key == "index.html":
            body = with_policy(body.decode(), list(config.values())).encode()
        s3.put_object(
            Bucket=outputs["PageBucketName"],
            Key=key,
            Body=body,
            ContentType=mimetypes.guess_type(key)[0] or "application/octet-stream",
            CacheControl=FOREVER if key.startswith("assets/") else ASK_EACH_TIME,
        )
    # Files of earlier builds stay: a page that is open may still ask for them.
    boto3.client("cloudfront").create_invalidation(
        DistributionId=outputs["PageDistributionId"],
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(time.time_ns())},
    )
    print(f"The page is at {outputs['PageUrl']}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        publish(sys.argv[1], pathlib.Path(sys.argv[2]))
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        sys.exit(f"AWS refused: {error}")
