"""Logs have a retention, and contain no secrets."""

import re

from cfnlint.rules import CloudFormationLintRule, RuleMatch

# The fields that an access log may contain. Others may contain a token (a query, a header), an address or a user.
HARMLESS = {
    "authorizer.status",
    "connectionId",
    "error.message",
    "eventType",
    "integration.integrationStatus",
    "integrationErrorMessage",
    "integrationLatency",
    "requestId",
    "routeKey",
    "status",
}


class LogsEnd(CloudFormationLintRule):
    """A log group that is not declared keeps logs for ever."""

    id = "E9103"
    shortdesc = "Logs have a retention"
    description = "Every function logs to a log group of the template, and every log group has a retention"
    tags = ["logs"]

    def match(self, cfn):
        matches = []
        for name, function in cfn.get_resources("AWS::Lambda::Function").items():
            group = function["Properties"].get("LoggingConfig", {}).get("LogGroup", {})
            if group.get("Ref") not in cfn.get_resources("AWS::Logs::LogGroup"):
                matches.append(RuleMatch(["Resources", name], f"{name} logs to no log group of this template"))
        for name, group in cfn.get_resources("AWS::Logs::LogGroup").items():
            if "RetentionInDays" not in group.get("Properties", {}):
                matches.append(RuleMatch(["Resources", name], f"{name} keeps logs for ever; give it RetentionInDays"))
        return matches


class HarmlessAccessLogs(CloudFormationLintRule):
    """API Gateway knows the query, which may contain a token."""

    id = "E9104"
    shortdesc = "Access logs contain no secrets"
    description = "Access logs contain ids, times and outcomes, and nothing of a user or a token"
    tags = ["logs"]

    def match(self, cfn):
        matches = []
        for found in cfn.search_deep_keys("Format"):
            path, text = found[:-1], found[-1]
            if "AccessLogSettings" not in path or not isinstance(text, str):
                continue
            logged = set(re.findall(r"\$context\.([\w.]+)", text))
            matches.extend(RuleMatch(path, f"The access log contains $context.{variable}") for variable in sorted(logged - HARMLESS))
        return matches
