"""A stack in the emulator, and its use."""

import subprocess
import urllib.error
import urllib.request

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from emulator import Emulator
from project import ROOT

TERMINAL = ROOT / "clients" / "typescript" / "examples" / "terminal" / "main.js"


class Deployed:
    """A stack that was deployed, amended where the emulator is not AWS."""

    def __init__(self, emulator: Emulator, stack: str, region: str):
        self.emulator, self.stack, self.region = emulator, stack, region
        cloudformation = self.client("cloudformation")
        (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        resources = [each for page in pages for each in page["StackResourceSummaries"]]
        self.ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
        self.functions = [each["LogicalResourceId"] for each in resources if each["ResourceType"] == "AWS::Lambda::Function"]
        self.amend()

    def client(self, service: str):
        return self.emulator.client(service, self.region)

    @property
    def socket_url(self) -> str:
        return f"ws://{self.emulator.host}/_aws/execute-api/{self.ids['Api']}/{self.ids['ApiStage']}"

    def amend(self) -> None:
        # It takes a token in the header Authorization to be compulsory where an authorizer names no place of it.
        api = self.client("apigatewayv2")
        api.update_authorizer(ApiId=self.ids["Api"], AuthorizerId=self.ids["ApiConnectAuthorizer"], IdentitySource=[])
        # Neither API Gateway nor Cognito is at the address that they have on AWS.
        posts = self.socket_url.replace("ws:", "http:")
        keys = f"{self.emulator.url}/{self.ids.get('UserPool')}/.well-known/jwks.json"
        for function in self.functions:
            variables = self.variables(function)
            if "CONNECTIONS_ENDPOINT" in variables:
                variables["CONNECTIONS_ENDPOINT"] = posts
            if "TOKEN_JWKS_URL" in variables and "UserPool" in self.ids:
                variables["TOKEN_JWKS_URL"] = keys
            name = self.ids[function]
            self.client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": variables})

    def variables(self, function: str) -> dict[str, str]:
        """Returns the environment variables of a function."""
        return self.client("lambda").get_function_configuration(FunctionName=self.ids[function])["Environment"]["Variables"]

    def token(self, user: str) -> str:
        """Returns an ID token of the stack's user pool for a user that is made, as the README says."""
        cognito, pool = self.client("cognito-idp"), self.ids["UserPool"]
        address, password = f"{user}@example.com", self.password(user)
        cognito.admin_create_user(UserPoolId=pool, Username=address, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=pool, Username=address, Password=password, Permanent=True)
        answer = cognito.admin_initiate_auth(
            UserPoolId=pool,
            ClientId=self.outputs["UserPoolClientId"],
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": address, "PASSWORD": password},
        )
        return answer["AuthenticationResult"]["IdToken"]

    def password(self, user: str) -> str:
        return f"A password of {user}, 1"

    def chat(self, token: str, *questions: str) -> str:
        """Returns what `make chat` prints when it is asked these questions."""
        arguments = ["--url", self.socket_url, "--token", token]
        typed = "".join(f"{question}\n" for question in questions)
        done = subprocess.run(["node", TERMINAL, *arguments], check=False, input=typed, text=True, capture_output=True, timeout=60)
        return done.stdout + done.stderr

    def knock(self, credential: str, origin: str | None = None) -> int:
        """Opens a connection with `token=…` or `ticket=…` and closes it. Returns the status of the handshake."""
        try:
            with connect(f"{self.socket_url}?{credential}", origin=origin, open_timeout=30):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    def ticket(self, token: str, origin: str | None = None) -> tuple[int, dict, dict]:
        """Asks for a ticket. Returns the answer's status, headers and body."""
        headers = {"Authorization": f"Bearer {token}", "Host": host(self.outputs["TicketUrl"])}
        return self.fetch("/", "POST", headers | ({"Origin": origin} if origin else {}))

    def page(self, path: str) -> tuple[int, dict, str]:
        """Asks CloudFront for a file of the page, over what it takes for TLS."""
        distribution = self.client("cloudfront").get_distribution(Id=self.outputs["PageDistributionId"])["Distribution"]
        return self.fetch(path, "GET", {"Host": distribution["DomainName"], "X-Forwarded-Proto": "https"})

    def fetch(self, path: str, method: str, headers: dict[str, str]) -> tuple[int, dict, str]:
        body = b"" if method == "POST" else None
        request = urllib.request.Request(self.emulator.url + path, method=method, headers=headers, data=body)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, dict(refused.headers), refused.read().decode()

    def log(self, function: str) -> str:
        """Returns all that a function has logged."""
        logs, group = self.client("logs"), self.ids[function.replace("Function", "LogGroup")]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return "\n".join(event["message"] for page in pages for event in page["events"])


def host(url: str) -> str:
    return url.split("/")[2]
