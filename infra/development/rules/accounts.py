"""User pools are case-insensitive and protected from deletion."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch


class UserPools(CloudFormationLintRule):
    """A pool's case sensitivity cannot be changed later."""

    id = "E9111"
    shortdesc = "User pools are case-insensitive and protected"
    description = "Every user pool is case-insensitive, and can be protected from deletion"
    tags = ["accounts"]

    def match(self, cfn):
        matches = []
        for name, pool in cfn.get_resources("AWS::Cognito::UserPool").items():
            properties = pool.get("Properties", {})
            if properties.get("UsernameConfiguration", {}).get("CaseSensitive") is not False:
                matches.append(RuleMatch(["Resources", name], f"{name} has You@example.com and you@example.com as two users"))
            if "DeletionProtection" not in properties:
                matches.append(RuleMatch(["Resources", name], f"{name} can be deleted by mistake; give it DeletionProtection"))
        return matches
