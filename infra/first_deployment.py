"""Asks for the parameters of a first deployment, and stores the answers in samconfig.toml, from which SAM deploys.

Usage: first_deployment.py
"""

import os
import pathlib
import re

import boto3
import tomlkit
from samtranslator.yaml_helper import yaml_parse

import aws_errors
import model_key

FILE = pathlib.Path("samconfig.toml")
TEMPLATE = pathlib.Path("template.yaml")
NO_ISSUER = "none"


def ask(question: str, default: str = "", pattern: str = ".+") -> str:
    """Returns the user's answer, or the default where it is empty."""
    while True:
        answer = input(f"{question}{f' [{default}]' if default else ''}: ").strip() or default
        if re.fullmatch(pattern, answer):
            return answer
        print("  That is not a possible answer.")


class Questions:
    """Questions for parameters, with the template's descriptions."""

    def __init__(self):
        self.declared = yaml_parse(TEMPLATE.read_text())["Parameters"]
        self.answers: dict[str, str] = {}

    def ask(self, name: str, default: str | None = None) -> str:
        parameter = self.declared[name]
        allowed = parameter.get("AllowedValues")
        pattern = "|".join(map(re.escape, allowed)) if allowed else f"(?=.){parameter.get('AllowedPattern', '.+')}"
        print(f"\n{parameter['Description']}" + (f" One of {', '.join(allowed)}." if allowed else ""))
        self.answers[name] = ask(name, str(parameter.get("Default", "") if default is None else default), pattern)
        return self.answers[name]


def parameters() -> dict[str, str]:
    """Returns the answers to all questions."""
    questions = Questions()
    if questions.ask("TokenIssuer", NO_ISSUER) == NO_ISSUER:
        print("\nThen the stack makes a Cognito user pool, to which you invite people.")
        questions.answers.update(TokenIssuer="", CreateUserPool="true")
    else:
        questions.ask("TokenAudience")
    if questions.ask("HostPage") == "true":
        if questions.answers.get("CreateUserPool") != "true":
            for name in ["PageTokenUrl", "PageDomainName", "PageCertificateArn"]:
                questions.ask(name)
    else:
        questions.ask("AllowedOrigins")
    provider = questions.ask("ModelProvider")
    questions.ask("ModelName")
    if provider in ("openai", "responses"):
        questions.ask("ModelBaseUrl")
    if provider == "bedrock":
        questions.ask("BedrockModelArns")
    else:
        print("\nThe functions read the model's API key from AWS Secrets Manager, so that it stands in no file.")
        secret = ask("Name of the secret, new or existing", "natter/model-api-key")
        questions.answers["ModelApiKeySecretArn"] = model_key.find(secret) or model_key.store(secret)
    questions.answers.setdefault("ModelApiKeySecretArn", "")
    questions.answers["Architecture"] = os.environ.get("ARCHITECTURE", "arm64")
    return questions.answers


def keep(environment: str, stack: str, answers: dict[str, str]) -> None:
    """Adds the stack to the file, which may hold others."""
    document = tomlkit.parse(FILE.read_text()) if FILE.exists() else tomlkit.parse("version = 0.1\n")
    quoted = [f'{name}="{value}"' for name, value in answers.items()]
    settings = {
        "stack_name": stack,
        "region": boto3.Session().region_name,
        "resolve_s3": True,
        "capabilities": "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND",
        "confirm_changeset": True,
        "tags": ["application=natter", f"environment={environment}"],
        "parameter_overrides": quoted,
    }
    document[environment] = {"deploy": {"parameters": settings}}
    FILE.write_text(tomlkit.dumps(document))


if __name__ == "__main__":
    print("This is the first deployment. Enter takes what stands in brackets; everything else can be set in samconfig.toml later.")
    environment = os.environ.get("ENVIRONMENT", "default")
    # What is called by it has at most 64 characters, some of which tell the region.
    stack = ask("\nName of the stack", "natter" if environment == "default" else f"natter-{environment}", "[A-Za-z][A-Za-z0-9-]{0,39}")
    with aws_errors.told():
        keep(environment, stack, parameters())
    print(f"\nThe answers are in {FILE}.")
