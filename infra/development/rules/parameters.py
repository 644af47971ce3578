"""Parameters are in groups."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch


class GroupedParameters(CloudFormationLintRule):
    """CloudFormation's console shows parameters by their groups, and those without a group at the end."""

    id = "E9105"
    shortdesc = "Parameters have a group"
    description = "Every parameter is in one group of AWS::CloudFormation::Interface"
    tags = ["parameters"]

    def match(self, cfn):
        interface = cfn.template.get("Metadata", {}).get("AWS::CloudFormation::Interface", {})
        grouped = [name for group in interface.get("ParameterGroups", []) for name in group.get("Parameters", [])]
        return [
            RuleMatch(["Parameters", name], f"{name} is in {grouped.count(name)} groups; put it into one in Metadata")
            for name in cfn.template.get("Parameters", {})
            if grouped.count(name) != 1
        ]
