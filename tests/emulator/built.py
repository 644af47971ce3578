"""What `sam build` would make, of the programs that are built for tests."""

import functools
import pathlib
import platform
import re
import subprocess
import tempfile

import yaml
from samtranslator.yaml_helper import yaml_parse

from emulator import REGION, Emulator
from packages import zipped

ARCHITECTURE = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")


class Built:
    """Uploads the packages and a template that names them, once: SAM would package and upload them for each stack."""

    def __init__(self, root: pathlib.Path, folder: pathlib.Path, emulator: Emulator, region: str):
        self.folder, self.s3 = folder, emulator.client("s3", region)
        # Lambda takes packages from its own region alone.
        self.bucket = f"packages-{region}"
        place = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.s3.create_bucket(Bucket=self.bucket, **place)
        self.objects: dict[str, bytes] = {}
        template = yaml_parse((root / "template.yaml").read_text())
        for name, resource in template["Resources"].items():
            properties = resource["Properties"]
            if resource["Type"] == "AWS::Serverless::Function":
                binary = resource.pop("Metadata")["BuildProperties"]["Binary"]
                self.objects[f"{name}.zip"] = self.package(name, root / "target" / "debug" / binary)
                properties["CodeUri"] = f"s3://{self.bucket}/{name}.zip"
            if resource["Type"] == "AWS::CloudFormation::Stack":
                nested = emulated(yaml_parse((root / properties["TemplateURL"]).read_text()))
                self.objects[f"{name}.yaml"] = dumped(nested).encode()
                properties["TemplateURL"] = f"https://s3.{region}.amazonaws.com/{self.bucket}/{name}.yaml"
        (folder / "template.yaml").write_text(dumped(template))

    def package(self, name: str, program: pathlib.Path) -> bytes:
        bootstrap, archive = packed(program)
        (self.folder / name).mkdir(parents=True)
        (self.folder / name / "bootstrap").write_bytes(bootstrap)
        return archive

    def upload(self) -> None:
        """Uploads everything; with each stack, `sam delete` deletes it."""
        for key, body in self.objects.items():
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)


@functools.cache
def packed(program: pathlib.Path) -> tuple[bytes, bytes]:
    """Returns a program as it is deployed, and its package."""
    with tempfile.TemporaryDirectory() as folder:
        bootstrap = pathlib.Path(folder) / "bootstrap"
        # What debuggers read is most of such a program.
        subprocess.run(["strip", "-o", bootstrap, program], check=True)
        return bootstrap.read_bytes(), zipped(bootstrap.parent)


def emulated(template: dict) -> dict:
    """Returns the template of alarms without those that the emulator does not know: alarms on what is computed of several metrics."""
    computed = [name for name, resource in template["Resources"].items() if "Metrics" in resource["Properties"]]
    for name in computed:
        del template["Resources"][name]
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    body["Fn::Sub"] = re.sub(rf'"\$\{{({"|".join(computed)})\.Arn\}}",?', "", body["Fn::Sub"])
    return template


def dumped(template: dict) -> str:
    return yaml.safe_dump(template, sort_keys=False)
