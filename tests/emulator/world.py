"""Everything that the tests share: the emulator, what is outside of it, the packages, and what an account has before Natter comes."""

import atexit
import functools
import pathlib
import shutil
import tempfile

import built
from deployed import Deployed
from emulator import REGION, Emulator
from outside import AUDIENCE, Outside
from project import ROOT, Project

MODEL_KEY = "sk-the-key-of-the-model"


class World:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="natter-emulator-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.outside = Outside()
        atexit.register(self.outside.stop)
        self.emulator = Emulator(self.folder)
        atexit.register(self.emulator.stop)
        self.project = Project(self.folder, self.emulator.environment())
        self.built: dict[str, built.Built] = {}
        self.known = self.prepare()

    def packages(self, region: str = REGION) -> dict[str, str]:
        """Uploads the packages. Returns the environment that has `make deploy` take them in place of building its own."""
        if region not in self.built:
            self.built[region] = built.Built(ROOT, self.folder / region, self.emulator, region)
        self.built[region].upload()
        return {"PACKAGES": str(self.built[region].folder)}

    def prepare(self) -> dict[str, str]:
        """Makes what parameters may name."""
        client = self.emulator.client
        secret_key = client("kms").create_key()["KeyMetadata"]["Arn"]
        secrets = client("secretsmanager")
        secret = secrets.create_secret(Name="natter/model-api-key", SecretString=MODEL_KEY, KmsKeyId=secret_key)
        visible = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "page"}
        acl = client("wafv2").create_web_acl(Name="page", Scope="CLOUDFRONT", DefaultAction={"Allow": {}}, VisibilityConfig=visible)
        client("s3").create_bucket(Bucket="logs-of-pages")
        return {
            "issuer": self.outside.url,
            "audience": AUDIENCE,
            "secret": secret["ARN"],
            "secret_key": secret_key,
            "table_key": client("kms").create_key()["KeyMetadata"]["Arn"],
            "certificate": client("acm").request_certificate(DomainName="*.example.com")["CertificateArn"],
            "zone": client("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"].split("/")[-1],
            "topic": client("sns").create_topic(Name="alarms")["TopicArn"],
            "web_acl": acl["Summary"]["ARN"],
            "log_bucket": "logs-of-pages.s3.amazonaws.com",
        }

    def parameters(self, **own: str) -> dict[str, str]:
        """Returns what every deployment here needs, and its own."""
        common = {
            "Architecture": built.ARCHITECTURE,
            "ModelName": "echo",
            "ModelBaseUrl": f"{self.outside.url}/v1",
            "ModelApiKeySecretArn": "",
        }
        return {**common, **own}

    def deploy(self, stack: str, parameters: dict[str, str], region: str = REGION) -> Deployed:
        """Deploys a stack as a user does who has written samconfig.toml and agrees to the changes."""
        self.project.configure(stack, parameters, region)
        done = self.project.make("deploy", typed="y\n", **self.packages(region))
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        return Deployed(self.emulator, stack, region)

    def destroy(self, stack: str) -> str:
        """Deletes a stack as a user does. Returns the command's output."""
        done = self.project.make("destroy", typed=f"{stack}\n")
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        return done.stdout


world = functools.cache(World)
