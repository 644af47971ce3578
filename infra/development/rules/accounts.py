"""People's accounts are not lost, and not had twice."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch


class UserPools(CloudFormationLintRule):
    """What a pool does with capital letters it does for good."""

    id = "E9111"
    shortdesc = "User pools are careful"
    description = "Every user pool takes names in capital and small letters for the same, and can be protected from deletion"
    tags = ["accounts"]

    def match(self, cfn):
        matches = []
        for name, pool in cfn.get_resources("AWS::Cognito::UserPool").items():
            properties = pool.get("Properties", {})
            if properties.get("UsernameConfiguration", {}).get("CaseSensitive") is not False:
                matches.append(RuleMatch(["Resources", name], f"{name} has You@example.com and you@example.com for two people"))
            if "DeletionProtection" not in properties:
                matches.append(RuleMatch(["Resources", name], f"{name} can be deleted by mistake"))
        return matches
