"""CloudFormation's functions, as far as their values can be known before there is a stack."""

import re


class Expressions:
    """Values in one template. What only a stack can know, such as a resource's name, is stood in for by a text that is about as long."""

    def __init__(self, template: dict, values: dict[str, str], stack: str, region: str):
        self.conditions = template.get("Conditions", {})
        self.parameters = template["Parameters"]
        self.values = values
        china, government = region.startswith("cn-"), region.startswith("us-gov-")
        self.pseudo = {
            "AWS::AccountId": "0" * 12,
            "AWS::NoValue": "",
            "AWS::Partition": "aws-cn" if china else "aws-us-gov" if government else "aws",
            "AWS::Region": region,
            "AWS::StackId": f"arn:aws:cloudformation:{region}:{'0' * 12}:stack/{stack}/{'0' * 36}",
            "AWS::StackName": stack,
            "AWS::URLSuffix": "amazonaws.com.cn" if china else "amazonaws.com",
        }

    def exists(self, resource: dict) -> bool:
        """Whether a resource is made at all."""
        return "Condition" not in resource or self.holds({"Condition": resource["Condition"]})

    def holds(self, condition: dict) -> bool:
        """Whether a condition holds."""
        ((function, argument),) = condition.items()
        match function:
            case "Condition":
                return self.holds(self.conditions[argument])
            case "Fn::Equals":
                return self.text(argument[0]) == self.text(argument[1])
            case "Fn::Not":
                return not self.holds(argument[0])
            case "Fn::And":
                return all(map(self.holds, argument))
            case "Fn::Or":
                return any(map(self.holds, argument))
        raise ValueError(f"{function} is no condition")

    def text(self, value) -> str:
        """Returns a value as text, and a list as texts with commas between."""
        if isinstance(value, list):
            return ",".join(map(self.text, value))
        if not isinstance(value, dict):
            return str(value)
        ((function, argument),) = value.items()
        match function:
            case "Ref":
                return self.named(argument)
            case "Fn::GetAtt":
                return self.stand_in(argument if isinstance(argument, str) else argument[0])
            case "Fn::If":
                condition, yes, no = argument
                return self.text(yes if self.holds({"Condition": condition}) else no)
            case "Fn::Join":
                return self.text(argument[0]).join(map(self.text, self.items(argument[1])))
            case "Fn::Sub":
                template, own = argument if isinstance(argument, list) else (argument, {})

                def named(found: re.Match) -> str:
                    return self.text(own[found[1]]) if found[1] in own else self.named(found[1])

                return re.sub(r"\$\{([^!}][^}]*)\}", named, template)
        raise ValueError(f"{function} is not known here")

    def items(self, value) -> list:
        """Returns the items of a list, or of a parameter that is one."""
        return value if isinstance(value, list) else [self.text(value)]

    def named(self, name: str) -> str:
        if name in self.values:
            return self.values[name]
        return self.pseudo.get(name) if name in self.pseudo else self.stand_in(name.split(".", maxsplit=1)[0])

    def stand_in(self, resource: str) -> str:
        """Returns a text as long as the name that CloudFormation gives a resource."""
        return f"{self.pseudo['AWS::StackName']}-{resource}-0123456789AB"
