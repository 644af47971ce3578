"""Finds parameters of a deployment that AWS would reject, or accept and fail with later."""

import dataclasses
import json
import re
from collections.abc import Iterator

from expressions import Expressions

# Lambda measures the variables of a function as JSON.
ENVIRONMENT_BYTES = 4096
# CloudFront's policies are called by the stack, its region and "page", with hyphens between.
POLICY_NAME = 64
# The prefixes by which Bedrock's inference profiles name where they send to.
PROFILE = re.compile(r"(?:us|us-gov|eu|apac|jp|au|ca|global)\.(.+)")
# Regions without CloudFront, or without one that can serve from S3 as here.
NO_CLOUDFRONT = ("cn-", "us-gov-")
NO_COGNITO = ("cn-",)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a stack is deployed. What is not known is empty."""

    stack: str
    region: str


def found(given: dict[str, str], template: dict, place: Place) -> list[str]:
    """Returns every mistake. Those of single values come alone: with them, nothing else can be checked."""
    declared = template["Parameters"]
    single = list(of_single_values(given, declared))
    if single:
        return single
    values = {name: given.get(name, str(parameter.get("Default", ""))) for name, parameter in declared.items()}
    expressions = Expressions(template, values, place.stack, place.region)
    return [
        *of_rules(template, expressions),
        *of_environments(template, expressions),
        *of_bedrock(values),
        *of_tools(values),
        *of_place(values, place),
    ]


def of_single_values(given: dict[str, str], declared: dict) -> Iterator[str]:
    for name, value in given.items():
        parameter = declared.get(name)
        if parameter is None:
            yield f"There is no parameter {name}."
        elif value not in map(str, parameter.get("AllowedValues", [value])):
            yield f"{name} cannot be {value}, only one of {', '.join(map(str, parameter['AllowedValues']))}."
        elif not re.fullmatch(parameter.get("AllowedPattern", ".*"), value, re.DOTALL):
            yield f"{name} {parameter.get('ConstraintDescription', 'is not written like that')}"
        elif len(value) > parameter.get("MaxLength", len(value)):
            yield f"{name} is longer than {parameter['MaxLength']} characters."
    for name, parameter in declared.items():
        if "Default" not in parameter and name not in given:
            yield f"{name} is not given. {parameter['Description']}"


def of_rules(template: dict, expressions: Expressions) -> Iterator[str]:
    """The template's own rules, which CloudFormation keeps when all is built."""
    for rule in template.get("Rules", {}).values():
        if "RuleCondition" in rule and not expressions.holds(rule["RuleCondition"]):
            continue
        for assertion in rule["Assertions"]:
            if not expressions.holds(assertion["Assert"]):
                yield assertion["AssertDescription"]


def of_environments(template: dict, expressions: Expressions) -> Iterator[str]:
    common = template["Globals"]["Function"]["Environment"]["Variables"]
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function" or not expressions.exists(resource):
            continue
        own = resource["Properties"]["Environment"]["Variables"]
        variables = {key: expressions.text(value) for key, value in {**common, **own}.items()}
        size = len(json.dumps(variables, ensure_ascii=False, separators=(",", ":")).encode())
        if size > ENVIRONMENT_BYTES:
            longest = sorted(own, key=lambda key: -len(variables[key].encode()))[:2]
            yield (
                f"The environment variables of {name} take {size} bytes, and Lambda allows {ENVIRONMENT_BYTES}. "
                f"The longest are {' and '.join(longest)}; shorten what they are made of. "
                "Outside of English a character takes up to four bytes."
            )


def of_bedrock(values: dict[str, str]) -> Iterator[str]:
    """Models of Bedrock that no policy would allow."""
    models = values["ModelName"].split(",") if values["ModelProvider"] == "bedrock" else []
    models += [each.removeprefix("bedrock/") for each in values["ModelFallbacks"].split(",") if each.strip().startswith("bedrock/")]
    arns = [arn.strip() for arn in values["BedrockModelArns"].split(",")]
    for model in filter(None, map(str.strip, models)):
        if model.startswith("arn:"):
            wanted = [model]
        elif profile := PROFILE.fullmatch(model):
            wanted = [f":inference-profile/{model}", f"::foundation-model/{profile[1]}"]
        else:
            wanted = [f"::foundation-model/{model}"]
        for end in wanted:
            if not any(arn.endswith(end) for arn in arns):
                yield f"BedrockModelArns has no ARN that ends in {end}, so nobody may call {model}."


def of_tools(values: dict[str, str]) -> Iterator[str]:
    """Functions and secrets that a policy cannot name."""
    for parameter, service in [("ToolFunctions", "lambda"), ("ToolSecretArns", "secretsmanager")]:
        for name in filter(None, map(str.strip, values[parameter].split(","))):
            if not re.match(rf"arn:[^:]+:{service}:", name):
                yield f"{parameter} has {name}, which is not an ARN of {service}; a policy needs the whole ARN."


def of_place(values: dict[str, str], place: Place) -> Iterator[str]:
    if values["HostPage"] == "true":
        longest = POLICY_NAME - len(f"-{place.region}-page")
        if len(place.stack) > longest:
            yield f"The stack's name is longer than {longest} characters, which CloudFront does not take with a hosted page."
        if place.region.startswith(NO_CLOUDFRONT):
            yield f"HostPage cannot be true in {place.region}: CloudFront is not there, or not as it is used here."
    if values["CreateUserPool"] == "true" and place.region.startswith(NO_COGNITO):
        yield f"CreateUserPool cannot be true in {place.region}, where Cognito has no user pools."
