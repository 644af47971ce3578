"""A template can be deployed in every region and partition, also twice in one account."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch


class GlobalNames(CloudFormationLintRule):
    """CloudFront is global for an account."""

    id = "E9107"
    shortdesc = "Names of CloudFront contain the region"
    description = "What has a name in CloudFront has the region in it, so that two regions may have a stack of the same name"
    tags = ["places"]

    def match(self, cfn):
        matches = []
        for name, resource in cfn.template.get("Resources", {}).items():
            if not resource.get("Type", "").startswith("AWS::CloudFront::"):
                continue
            for config in resource.get("Properties", {}).values():
                given = str(config.get("Name", "")) if isinstance(config, dict) else ""
                if given and "AWS::Region" not in given:
                    matches.append(RuleMatch(["Resources", name], f"{name} is called the same in every region"))
        return matches


class Partitions(CloudFormationLintRule):
    """In China, AWS has another domain."""

    id = "E9108"
    shortdesc = "AWS's domain is not fixed"
    description = "Addresses of AWS end in AWS::URLSuffix; only names of services, which are the same everywhere, end in amazonaws.com"
    tags = ["places"]

    def match(self, cfn):
        matches = []
        for section in ("Resources", "Outputs"):
            for text, path in located(cfn.template.get(section, {}), [section]):
                if "amazonaws.com" in text and not {"Service", "Principal"} & set(path):
                    matches.append(RuleMatch(path, f"{text} is not there in every partition; use ${{AWS::URLSuffix}}"))
        return matches


def located(node, path):
    """Yields every text below a node with its path."""
    if isinstance(node, str):
        yield node, path
    elif isinstance(node, (dict, list)):
        for name, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from located(child, [*path, name])
