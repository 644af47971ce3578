"""What an account may run at once is compared with what a deployment reserves."""

import unittest

import concurrency

NOTHING = {"MessageConcurrency": 0, "HandshakeConcurrency": 0, "TicketConcurrency": 0}


class Concurrency(unittest.TestCase):
    def test_a_new_account_is_remarked_upon_and_can_reserve_nothing(self):
        self.assertIn("10 functions at once", concurrency.remark(10))
        self.assertIsNone(concurrency.refusal(10, 10, NOTHING))
        said = concurrency.refusal(10, 10, {**NOTHING, "TicketConcurrency": 5})
        self.assertIn("0 executions to reserve, and the functions shall have 5 (TicketConcurrency 5)", said)

    def test_a_hundred_of_an_account_cannot_be_reserved(self):
        self.assertIsNone(concurrency.remark(1000))
        self.assertIsNone(concurrency.refusal(1000, 1000, {**NOTHING, "MessageConcurrency": 900}))
        self.assertIn("has 900 executions", concurrency.refusal(1000, 1000, {**NOTHING, "MessageConcurrency": 901}))
        self.assertIn("has 100 executions", concurrency.refusal(1000, 200, {**NOTHING, "MessageConcurrency": 101}))

    def test_a_handshake_is_two_functions_and_tickets_reserve_only_where_there_are_some(self):
        values = {"MessageConcurrency": "4", "HandshakeConcurrency": "3", "TicketConcurrency": "5", "Tickets": "false"}
        self.assertEqual(sum(concurrency.wanted(values).values()), 10)
        self.assertEqual(sum(concurrency.wanted({**values, "Tickets": "true"}).values()), 15)
