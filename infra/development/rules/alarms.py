"""Every function has an alarm."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch


class WatchedFunctions(CloudFormationLintRule):
    """A template of alarms gets the functions as parameters."""

    id = "E9109"
    shortdesc = "Every function has an alarm"
    description = "The alarm on errors counts those of every function that a parameter names"
    tags = ["alarms"]

    def match(self, cfn):
        alarms = cfn.get_resources("AWS::CloudWatch::Alarm").values()
        of_errors = [list(entries(alarm)) for alarm in alarms if any("Errors" in str(entry) for entry in entries(alarm))]
        watched = {entry.get("Id") for alarm in of_errors for entry in alarm}
        functions = [name for name in cfn.template.get("Parameters", {}) if name.endswith("Function")]
        return [
            RuleMatch(["Parameters", name], f"No alarm counts the errors of {name}")
            for name in functions
            if name.removesuffix("Function").lower() not in watched
        ]


def entries(alarm):
    """Yields the metrics of an alarm, also those that depend on a condition."""
    for entry in alarm["Properties"].get("Metrics", []):
        yield entry["Fn::If"][1] if "Fn::If" in entry else entry


class ToldFunctions(CloudFormationLintRule):
    """A template with its alarms in another passes every function to it."""

    id = "E9110"
    shortdesc = "Alarms get every function"
    description = "Every function of the template is a parameter of its nested stacks"
    tags = ["alarms"]

    def match(self, cfn):
        nested = str([stack.get("Properties") for stack in cfn.get_resources("AWS::CloudFormation::Stack").values()])
        return [
            RuleMatch(["Resources", name], f"{name} is a parameter of no nested stack, so it has no alarm")
            for name in cfn.get_resources("AWS::Lambda::Function")
            if f"'{name}'" not in nested
        ]
