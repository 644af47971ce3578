"""Mistaken parameters are reported before the build, which takes minutes."""

import unittest

from samtranslator.yaml_helper import yaml_parse

import mistakes
import scripts

TEMPLATE = yaml_parse((scripts.ROOT / "template.yaml").read_text())
HERE = mistakes.Place(stack="natter", region="eu-central-1")
GOOD = {
    "TokenIssuer": "https://login.example.com/",
    "TokenAudience": "chat",
    "AllowedOrigins": "https://chat.example.com",
    "ModelName": "gpt-4o-mini",
    "ModelApiKeySecretArn": "",
}


def found(place: mistakes.Place = HERE, **own: str) -> str:
    return " ".join(mistakes.found({**GOOD, **own}, TEMPLATE, place))


class Mistakes(unittest.TestCase):
    def test_good_answers_have_none(self):
        self.assertEqual(found(), "")

    def test_a_value_is_compared_with_what_the_template_allows(self):
        self.assertIn("ModelProvider cannot be bedrok", found(ModelProvider="bedrok"))
        self.assertIn("There is no parameter Modle.", found(Modle="x"))
        self.assertIn("ModelApiKeySecretArn must be the full ARN", found(ModelApiKeySecretArn="natter/key"))

    def test_origins_are_written_as_browsers_send_them(self):
        for good in ["*", "https://a.example.com", "https://a.example.com,http://localhost:5173"]:
            self.assertEqual(found(AllowedOrigins=good), "", good)
        for bad in ["https://a.example.com/", "https://a.example.com, https://b.example.com", "*,https://a.example.com", "a.example.com"]:
            self.assertIn("AllowedOrigins must be origins", found(AllowedOrigins=bad), bad)

    def test_some_page_may_connect(self):
        self.assertIn("Give AllowedOrigins", found(AllowedOrigins=""))
        self.assertEqual(found(AllowedOrigins="", CreateUserPool="true", HostPage="true"), "")

    def test_a_hosted_page_has_somewhere_to_get_tokens(self):
        self.assertIn("The hosted page needs tokens.", found(HostPage="true"))
        self.assertIn("PageTokenUrl needs a PageDomainName", found(HostPage="true", PageTokenUrl="https://login.example.com/token"))
        certificate = "arn:aws:acm:us-east-1:111122223333:certificate/1"
        own = {"PageDomainName": "chat.example.com", "PageCertificateArn": certificate}
        self.assertEqual(found(HostPage="true", PageTokenUrl="https://login.example.com/token", **own), "")
        self.assertIn("PageCertificateArn must be", found(PageCertificateArn=certificate.replace("us-east-1", "eu-central-1")))

    def test_variables_are_measured_in_bytes(self):
        self.assertEqual(found(SystemPrompt="x" * 1500), "")
        said = found(SystemPrompt="語" * 1500)
        self.assertRegex(said, r"The environment variables of MessageFunction take \d{4} bytes, and Lambda allows 4096\.")
        self.assertIn("SYSTEM_PROMPT", said)

    def test_tools_are_allowed_by_their_arns(self):
        function = "arn:aws:lambda:eu-central-1:111122223333:function:shop-refund"
        self.assertEqual(found(ToolFunctions=f"{function},{function}:live"), "")
        self.assertIn("ToolFunctions has shop-refund, which is not an ARN", found(ToolFunctions=f"{function},shop-refund"))
        self.assertIn(f"ToolSecretArns has {function}", found(ToolSecretArns=function))

    def test_a_model_of_bedrock_may_be_called(self):
        model = "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0"
        profile = "arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.amazon.nova-lite-v1:0"
        nova, european = "amazon.nova-lite-v1:0", "eu.amazon.nova-lite-v1:0"
        self.assertEqual(found(ModelProvider="bedrock", ModelName=nova, BedrockModelArns=model), "")
        self.assertEqual(found(ModelFallbacks=f"bedrock/{european}", BedrockModelArns=f"{profile},{model}"), "")
        self.assertIn(f"::foundation-model/{nova}", found(ModelProvider="bedrock", ModelName=nova, BedrockModelArns=""))
        self.assertIn(f":inference-profile/{european}", found(ModelFallbacks=f"bedrock/{european}", BedrockModelArns=model))
        self.assertIn(f"::foundation-model/{nova}", found(ModelFallbacks=f"bedrock/{european}", BedrockModelArns=profile))

    def test_a_name_is_short_enough_for_cloudfront(self):
        page = {"CreateUserPool": "true", "HostPage": "true"}
        longest = "n" * (64 - len("-eu-central-1-page"))
        self.assertEqual(found(mistakes.Place(longest, "eu-central-1"), **page), "")
        self.assertIn("longer than 46 characters", found(mistakes.Place(longest + "n", "eu-central-1"), **page))
        self.assertEqual(found(mistakes.Place(longest + "n", "eu-central-1")), "")

    def test_what_a_partition_does_not_have_is_not_asked_of_it(self):
        page = {"CreateUserPool": "true", "HostPage": "true"}
        self.assertIn("HostPage cannot be true in us-gov-west-1", found(mistakes.Place("natter", "us-gov-west-1"), **page))
        self.assertIn("CreateUserPool cannot be true in cn-north-1", found(mistakes.Place("natter", "cn-north-1"), **page))


class Answers(unittest.TestCase):
    def test_a_parameter_without_quotes_and_value_is_explained(self):
        text = '[default.deploy.parameters]\nparameter_overrides = ["ModelApiKeySecretArn="]\n'
        done = scripts.run("deployment.py", "--file", "/dev/stdin", "check", input=text, cwd=scripts.ROOT)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('samconfig.toml has a parameter that SAM cannot read. One without a value is written Name="".', done.stdout)
        self.assertNotIn("Traceback", done.stdout)
