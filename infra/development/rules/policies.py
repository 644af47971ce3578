"""Policies name their actions and resources."""

import re

from cfnlint.rules import CloudFormationLintRule, RuleMatch

# The allowed wildcards: the objects of a bucket of the template, the connections of the API's stage.
WITHIN = [
    re.compile(r"\$\{\w+\.Arn\}/\*"),
    re.compile(
        r"arn:\$\{AWS::Partition\}:execute-api:\$\{AWS::Region\}:\$\{AWS::AccountId\}:"
        r"\$\{Api\}/\$\{StageName\}/(POST|DELETE|GET)/@connections/\*"
    ),
]


def statements(node, path):
    """Yields the policy statements below a node, each with its path."""
    if isinstance(node, dict):
        if "Effect" in node and "Action" in node:
            yield node, path
        for name, child in node.items():
            yield from statements(child, [*path, name])
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from statements(child, [*path, index])


def texts(value):
    """Yields the texts in a value that may contain CloudFormation's functions."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from texts(child)


class NamedActions(CloudFormationLintRule):
    """Actions are named."""

    id = "E9101"
    shortdesc = "Policies name actions"
    description = "No policy allows a wildcard of actions"
    tags = ["policies"]

    def match(self, cfn):
        return [
            RuleMatch([*path, "Action"], f"The policy allows {action}; name the actions that are called")
            for statement, path in statements(cfn.template.get("Resources", {}), ["Resources"])
            for action in texts(statement["Action"])
            if "*" in action
        ]


class NamedResources(CloudFormationLintRule):
    """Resources are named."""

    id = "E9102"
    shortdesc = "Policies name resources"
    description = "No policy allows a wildcard of resources, except within one of this template"
    tags = ["policies"]

    def match(self, cfn):
        return [
            RuleMatch([*path, "Resource"], f"The policy allows {resource}; name the resource")
            for statement, path in statements(cfn.template.get("Resources", {}), ["Resources"])
            for resource in texts(statement.get("Resource", []))
            if "*" in resource and not any(within.fullmatch(resource) for within in WITHIN)
        ]


def names(value) -> set[str]:
    """Returns the resources that a value refers to, inside any function."""
    if isinstance(value, dict):
        if isinstance(value.get("Ref"), str):
            return {value["Ref"]}
        value = list(value.values())
    return set().union(*map(names, value)) if isinstance(value, list) else set()


def actions(node) -> list[str]:
    return [action for statement, _ in statements(node, []) for action in texts(statement["Action"])]


class TableKey(CloudFormationLintRule):
    """DynamoDB uses the table's key on the caller's behalf."""

    id = "E9106"
    shortdesc = "Readers of the table may use its key"
    description = "Every role that may call DynamoDB has the policy that allows kms:Decrypt via DynamoDB"
    tags = ["policies"]

    def match(self, cfn):
        allowed = set()
        for policy in cfn.get_resources("AWS::IAM::Policy").values():
            properties = policy["Properties"]
            if "kms:Decrypt" in actions(properties) and "dynamodb." in "".join(texts(properties)):
                allowed |= names(properties["Roles"])
        return [
            RuleMatch(["Resources", name], f"{name} may call DynamoDB, but not use the table's key")
            for name, role in cfn.get_resources("AWS::IAM::Role").items()
            if name not in allowed and any(action.startswith("dynamodb:") for action in actions(role))
        ]


class SecretKey(CloudFormationLintRule):
    """Secrets Manager uses a secret's key on the caller's behalf."""

    id = "E9112"
    shortdesc = "Readers of a secret may use its key"
    description = "Every role that may read a secret is allowed kms:Decrypt via Secrets Manager"
    tags = ["policies"]

    def match(self, cfn):
        matches = []
        for name, role in cfn.get_resources("AWS::IAM::Role").items():
            allowed = actions(role)
            is_via_secrets_manager = "secretsmanager." in "".join(texts(role))
            if "secretsmanager:GetSecretValue" in allowed and not ("kms:Decrypt" in allowed and is_via_secrets_manager):
                matches.append(RuleMatch(["Resources", name], f"{name} may read a secret, but not use its key"))
        return matches
