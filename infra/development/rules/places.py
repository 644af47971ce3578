"""A template can be deployed in every region and partition, also twice in one account."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch


class GlobalNames(CloudFormationLintRule):
    """CloudFront's names are global in an account."""

    id = "E9107"
    shortdesc = "Names of CloudFront contain the region"
    description = "Names in CloudFront contain the region, so that two regions can have a stack of the same name"
    tags = ["places"]

    def match(self, cfn):
        matches = []
        for name, resource in cfn.template.get("Resources", {}).items():
            if not resource.get("Type", "").startswith("AWS::CloudFront::"):
                continue
            for config in resource.get("Properties", {}).values():
                given = str(config.get("Name", "")) if isinstance(config, dict) else ""
                if given and "AWS::Region" not in given:
                    matches.append(RuleMatch(["Resources", name], f"{name} has the same name in every region"))
        return matches


class Partitions(CloudFormationLintRule):
    """AWS has another domain in China."""

    id = "E9108"
    shortdesc = "AWS's domain is not fixed"
    description = "AWS's host names end in AWS::URLSuffix; only service principals, which are the same everywhere, end in amazonaws.com"
    tags = ["places"]

    def match(self, cfn):
        matches = []
        for section in ("Resources", "Outputs"):
            for text, path in located(cfn.template.get(section, {}), [section]):
                if "amazonaws.com" in text and not {"Service", "Principal"} & set(path):
                    matches.append(RuleMatch(path, f"{text} does not exist in every partition; use ${{AWS::URLSuffix}}"))
        return matches


def located(node, path):
    """Yields every text below a node with its path."""
    if isinstance(node, str):
        yield node, path
    elif isinstance(node, (dict, list)):
        for name, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from located(child, [*path, name])
