"""What is allowed in a template is named: which action, and on which resource."""

import re

from cfnlint.rules import CloudFormationLintRule, RuleMatch

# What may stand behind the name of something in this template: the objects of a bucket, the connections of the API's stage.
WITHIN = [
    re.compile(r"\$\{\w+\.Arn\}/\*"),
    re.compile(
        r"arn:\$\{AWS::Partition\}:execute-api:\$\{AWS::Region\}:\$\{AWS::AccountId\}:"
        r"\$\{Api\}/\$\{StageName\}/(POST|DELETE|GET)/@connections/\*"
    ),
]


def statements(node, path):
    """All statements of policies below a node, each with its path."""
    if isinstance(node, dict):
        if "Effect" in node and "Action" in node:
            yield node, path
        for name, child in node.items():
            yield from statements(child, [*path, name])
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from statements(child, [*path, index])


def texts(value):
    """The texts in a value, in which CloudFormation's functions may stand."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from texts(child)


class NamedActions(CloudFormationLintRule):
    """An action is named."""

    id = "E9101"
    shortdesc = "Policies name actions"
    description = "No policy allows a pattern of actions"
    tags = ["policies"]

    def match(self, cfn):
        return [
            RuleMatch([*path, "Action"], f"The policy allows {action}; name the actions that are called")
            for statement, path in statements(cfn.template.get("Resources", {}), ["Resources"])
            for action in texts(statement["Action"])
            if "*" in action
        ]


class NamedResources(CloudFormationLintRule):
    """A resource is named."""

    id = "E9102"
    shortdesc = "Policies name resources"
    description = "No policy allows a pattern of resources, except what is within one of this template"
    tags = ["policies"]

    def match(self, cfn):
        return [
            RuleMatch([*path, "Resource"], f"The policy allows {resource}; name the resource")
            for statement, path in statements(cfn.template.get("Resources", {}), ["Resources"])
            for resource in texts(statement.get("Resource", []))
            if "*" in resource and not any(within.fullmatch(resource) for within in WITHIN)
        ]


def names(value) -> set[str]:
    """Returns what is referred to in a value, in whatever function it stands."""
    if isinstance(value, dict):
        if isinstance(value.get("Ref"), str):
            return {value["Ref"]}
        value = list(value.values())
    return set().union(*map(names, value)) if isinstance(value, list) else set()


def actions(node) -> list[str]:
    return [action for statement, _ in statements(node, []) for action in texts(statement["Action"])]


class TableKey(CloudFormationLintRule):
    """DynamoDB uses the table's key in the caller's name."""

    id = "E9106"
    shortdesc = "Readers of the table may use its key"
    description = "Every role that may call DynamoDB has the policy that allows kms:Decrypt by way of it"
    tags = ["policies"]

    def match(self, cfn):
        allowed = set()
        for policy in cfn.get_resources("AWS::IAM::Policy").values():
            properties = policy["Properties"]
            if "kms:Decrypt" in actions(properties) and "dynamodb." in "".join(texts(properties)):
                allowed |= names(properties["Roles"])
        return [
            RuleMatch(["Resources", name], f"{name} may call DynamoDB, and not use the table's key")
            for name, role in cfn.get_resources("AWS::IAM::Role").items()
            if name not in allowed and any(action.startswith("dynamodb:") for action in actions(role))
        ]


class SecretKey(CloudFormationLintRule):
    """So does Secrets Manager with a secret's key."""

    id = "E9112"
    shortdesc = "Readers of a secret may use its key"
    description = "Every role that may read a secret is allowed kms:Decrypt by way of Secrets Manager"
    tags = ["policies"]

    def match(self, cfn):
        matches = []
        for name, role in cfn.get_resources("AWS::IAM::Role").items():
            allowed = actions(role)
            by_way_of = "secretsmanager." in "".join(texts(role))
            if "secretsmanager:GetSecretValue" in allowed and not ("kms:Decrypt" in allowed and by_way_of):
                matches.append(RuleMatch(["Resources", name], f"{name} may read a secret, and not use its key"))
        return matches
