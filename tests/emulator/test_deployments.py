"""Every combination of parameters: a stack is created, works, and is deleted without a trace except users' data."""

import os
import unittest

import combinations
import removal
from deployed import Deployed
from world import MODEL_KEY, world

PAGES = ["https://one.example.com", "https://two.example.com"]
STRANGER = "https://stranger.example.com"


class Combinations(unittest.TestCase):
    def test_every_pair_of_choices_is_deployed(self):
        few = [combinations.read(row) for row in combinations.FEW]
        self.assertEqual(combinations.missing_pairs(few), set())
        for each in [*few, *(combinations.read(row) for row in combinations.MORE)]:
            self.assertTrue(combinations.is_allowed(each), each)


class Deployments(unittest.TestCase):
    """Has a test for each combination."""

    def check(self, number: int, choice: combinations.Combination):
        stack = f"natter-{number}"
        given = world().parameters(**combinations.parameters(choice, stack=stack, **world().known))
        deployed = world().deploy(stack, given)
        user = f"user{number}"
        token = deployed.token(user) if choice["tokens"] == "of a user pool" else world().outside.token(user)

        self.check_conversation(deployed, token, choice)
        self.check_origins(deployed, token, choice)
        if choice["tickets"] == "some":
            self.check_tickets(deployed, token, choice)
        if choice["page"] != "none":
            self.check_page(deployed, choice)
        self.check_permissions(deployed)
        self.check_deletion(deployed, choice)

    def check_conversation(self, deployed: Deployed, token: str, choice: combinations.Combination):
        said = deployed.chat(token, "Hello there", "And again")
        for answer in ["You said: Hello there", "You said: And again"]:
            self.assertIn(answer, said, world().emulator.log.read_text()[-4000:])
        key = f"Bearer {MODEL_KEY}" if choice["secret"] != "none" else ""
        self.assertEqual(world().outside.keys_of_callers[-1], key)

    def check_origins(self, deployed: Deployed, token: str, choice: combinations.Combination):
        may = list(PAGES) if choice["origins"] == "some" else []
        may += [deployed.outputs["PageUrl"]] if choice["page"] != "none" else []
        may += [STRANGER] if choice["origins"] == "every" else []
        for origin in [*PAGES, STRANGER, *may]:
            expected = 101 if origin in may or choice["origins"] == "every" else 403
            self.assertEqual(deployed.knock(f"token={token}", origin), expected, origin)
        self.assertNotEqual(deployed.knock("token=forged"), 101)

    def check_tickets(self, deployed: Deployed, token: str, choice: combinations.Combination):
        status, _, body = deployed.ticket(token)
        self.assertEqual(status, 200, body)
        ticket = body.split('"ticket":"')[1].split('"')[0]
        self.assertEqual(deployed.knock(f"ticket={ticket}"), 101)
        self.assertNotEqual(deployed.knock(f"ticket={ticket}"), 101, "a ticket is good once")
        if choice["origins"] == "every":
            self.assertEqual(deployed.ticket(token, STRANGER)[1]["Access-Control-Allow-Origin"], "*")

    def check_page(self, deployed: Deployed, choice: combinations.Combination):
        status, headers, html = deployed.page("/index.html")
        self.assertEqual(status, 200, html)
        self.assertIn("Content-Security-Policy", headers)
        socket = deployed.outputs["WebSocketUrl"]
        self.assertIn(socket.rsplit("/", 1)[0] if choice["address"] == "of the API" else socket, html)
        _, _, config = deployed.page("/config.json")
        self.assertIn(deployed.outputs["WebSocketUrl"], config)
        login = deployed.outputs["LoginPageUrl"] if choice["tokens"] == "of a user pool" else "https://login.example.com"
        self.assertIn(login, config)
        self.assertIn(login, html)

    def check_permissions(self, deployed: Deployed):
        for function in deployed.functions:
            self.assertNotIn("AccessDenied", deployed.log(function), function)

    def check_deletion(self, deployed: Deployed, choice: combinations.Combination):
        said = world().destroy(deployed.stack)
        self.assertGreaterEqual(removal.run_all(world(), said), 2)
        self.assertNotIn(deployed.ids["Table"], deployed.client("dynamodb").list_tables()["TableNames"])
        if choice["page"] != "none":
            self.assertNotIn(deployed.ids["PageBucket"], [each["Name"] for each in deployed.client("s3").list_buckets()["Buckets"]])
        if choice["tokens"] == "of a user pool":
            pools = deployed.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
            self.assertNotIn(deployed.ids["UserPool"], [each["Id"] for each in pools])


def test_of(number: int, row: str):
    choice = combinations.read(row)

    def test(self: Deployments):
        self.check(number, choice)

    test.__doc__ = ", ".join(f"{axis}: {option}" for axis, option in choice.items())
    return test


ROWS = combinations.FEW + (combinations.MORE if os.environ.get("ALL") == "1" else [])
for number, row in enumerate(ROWS, start=1):
    setattr(Deployments, f"test_{number:02}", test_of(number, row))
