"""What a stack leaves behind is explained."""

import unittest

import kept_resources
import scripts


class KeptResources(unittest.TestCase):
    def test_everything_that_the_template_retains_is_explained(self):
        self.assertEqual(kept_resources.unexplained(scripts.ROOT / "template.yaml"), [])
