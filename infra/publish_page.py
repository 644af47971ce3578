"""Uploads the built web page to the bucket of a deployed stack that hosts it, with the configuration of its server.

Usage: publish_page.py STACK FOLDER
"""

import json
import mimetypes
import pathlib
import sys
import time
import urllib.parse

import boto3

import aws_errors
import stack as cloudformation

# Vite names these after what is in them, so they never change.
FOREVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"


def with_policy(html: str, addresses: list[str]) -> str:
    """Returns the page with a policy that allows connections to these addresses only."""
    hosts = sorted({f"{url.scheme}://{url.netloc}" for url in map(urllib.parse.urlsplit, addresses) if url.netloc})
    before = "connect-src 'self'"
    if before not in html:
        sys.exit("index.html has no policy with connect-src 'self'. Build the page anew with `make web`.")
    return html.replace(before, " ".join([before, *hosts]))


def page_config(outputs: dict[str, str], parameters: dict[str, str]) -> dict:
    """Returns the page's configuration: the server's address, and how its user gets a token."""
    config = {"socketUrl": outputs["WebSocketUrl"]}
    if "LoginPageUrl" in outputs:
        return {**config, "signIn": {"loginUrl": outputs["LoginPageUrl"], "clientId": outputs["UserPoolClientId"]}}
    return {**config, "tokenUrl": parameters["PageTokenUrl"]}


def addresses(config: dict) -> list[str]:
    """Returns the addresses that the page connects to."""
    return [config["socketUrl"], config["signIn"]["loginUrl"] if "signIn" in config else config["tokenUrl"]]


def publish(stack: str, folder: pathlib.Path) -> None:
    outputs = cloudformation.outputs(stack)
    if "PageBucketName" not in outputs:
        print("The page is not hosted: the parameter HostPage of the stack is not true.")
        return
    config = page_config(outputs, cloudformation.parameters(stack))

    s3 = boto3.client("s3")
    # What names other files goes last, so that nobody gets a page whose files are not there yet.
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.name == "index.html")
    for path in files:
        key = path.relative_to(folder).as_posix()
        body = path.read_bytes()
        if key == "config.json":
            body = json.dumps(config).encode()
        if key == "index.html":
            body = with_policy(body.decode(), addresses(config)).encode()
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
    with aws_errors.told():
        publish(sys.argv[1], pathlib.Path(sys.argv[2]))
