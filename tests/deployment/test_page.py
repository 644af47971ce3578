"""The configuration of a hosted page."""

import unittest

import publish_page

SOCKET = "wss://abc.execute-api.eu-central-1.amazonaws.com/live"
LOGIN = "https://natter.auth.eu-central-1.amazoncognito.com"
HTML = """<meta content="default-src 'none'; connect-src 'self'; base-uri 'none'">"""


class Page(unittest.TestCase):
    def test_with_a_user_pool_people_sign_in_at_its_login_page(self):
        config = publish_page.page_config({"WebSocketUrl": SOCKET, "LoginPageUrl": LOGIN, "UserPoolClientId": "one"}, {"PageTokenUrl": ""})
        self.assertEqual(config, {"socketUrl": SOCKET, "signIn": {"loginUrl": LOGIN, "clientId": "one"}})
        html = publish_page.with_policy(HTML, publish_page.addresses(config))
        self.assertIn(f"connect-src 'self' {LOGIN} wss://abc.execute-api.eu-central-1.amazonaws.com;", html)

    def test_without_one_tokens_come_from_the_given_address(self):
        config = publish_page.page_config({"WebSocketUrl": SOCKET}, {"PageTokenUrl": "https://login.example.com/token"})
        self.assertEqual(config["tokenUrl"], "https://login.example.com/token")
        self.assertIn("https://login.example.com", publish_page.addresses(config)[1])
