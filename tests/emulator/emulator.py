"""MiniStack: AWS on loopback, by others, with IAM enforced. It runs the functions' own programs."""

import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

import boto3

REGION = "us-east-1"
# What MiniStack takes for the account's root user.
ROOT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
STARTS_WITHIN = 60


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Emulator:
    """A running MiniStack. What it has is in memory, and gone with it."""

    def __init__(self, folder: pathlib.Path, **settings: str):
        port = free_port()
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"
        environment = {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(folder),
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            # Another listener, which would be on every interface.
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_REGION": REGION,
            # Where functions find AWS.
            "AWS_ENDPOINT_URL": self.url,
            **ROOT,
            **settings,
        }
        self.log = folder / f"ministack-{port}.log"
        program = pathlib.Path(sys.executable).with_name("ministack")
        with self.log.open("w") as log:
            self.process = subprocess.Popen([program], env=environment, stdout=log, stderr=subprocess.STDOUT)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"MiniStack does not start: {self.log.read_text()}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    def client(self, service: str, region: str = REGION, **credentials: str):
        """Returns a client that is the account's root user, unless `credentials` are another's."""
        credentials = credentials or {name.lower(): value for name, value in ROOT.items()}
        return boto3.client(service, region_name=region, endpoint_url=self.url, **credentials)

    def environment(self) -> dict[str, str]:
        """Returns the environment variables by which programs find it, and none of another account."""
        nothing = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
        return {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": REGION, **ROOT, **nothing}
