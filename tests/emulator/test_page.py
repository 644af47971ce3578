"""The page that a stack hosts can be entered, with a browser to which everything is where AWS has it."""

import subprocess
import unittest

import tls
from project import ROOT
from world import world


class HostedPage(unittest.TestCase):
    def test_people_of_the_user_pool_sign_in_and_chat_and_sign_out(self):
        deployed = world().deploy("natter-page", world().parameters(CreateUserPool="true", HostPage="true", Monitoring="false"))
        front = tls.Front(world().folder, world().emulator.host)
        self.addCleanup(front.stop)
        deployed.token("visitor")
        script = ROOT / "tests" / "emulator" / "sign-in.js"
        page, person = deployed.outputs["PageUrl"], ["visitor@example.com", deployed.password("visitor")]
        seen = subprocess.run(["node", script, page, str(front.port), *person], check=False, text=True, capture_output=True, timeout=120)
        self.assertEqual(
            seen.stdout.splitlines(),
            [
                f"came back to {page}/#a-conversation",
                "was answered",
                "came back without signing in",
                "refused an answer that it had not asked for",
                "is signed out",
                "problems: []",
            ],
            seen.stderr,
        )
