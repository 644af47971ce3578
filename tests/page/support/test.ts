// Fixtures of every test of the page: the local stack, the page opened by a new user, and the check that the page's policy was kept.
import { test as base, expect } from "@playwright/test";
import { randomUUID } from "node:crypto";
import { startLocalStack } from "../../stock_transport/local-stack.js";
import { ChatPage } from "./chat-page.ts";

export type Stack = Awaited<ReturnType<typeof startLocalStack>>;

type Fixtures = {
  /** A unique name. */
  user: string;
  /** The page, opened as `user`. */
  chat: ChatPage;
  /** What the browser refused because the page's policy forbids it; a test that provokes it says so by emptying this. */
  violations: string[];
};

export const test = base.extend<Fixtures, { stack: Stack }>({
  stack: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads here which fixtures are used.
    async ({}, use) => {
      const stack = await startLocalStack();
      await use(stack);
      await stack.stop();
    },
    { scope: "worker" },
  ],

  // biome-ignore lint/correctness/noEmptyPattern: the same.
  user: async ({}, use) => use(`person-${randomUUID().slice(0, 8)}`),

  violations: [
    async ({ context }, use) => {
      const violations: string[] = [];
      context.on("console", (message) => {
        if (/Content Security Policy|Trusted|violates/i.test(message.text())) violations.push(message.text());
      });
      context.on("weberror", (error) => violations.push(`error on the page: ${error.error().stack}`));
      await use(violations);
      expect(violations, "the page kept to its policy, and threw nothing").toEqual([]);
    },
    { auto: true },
  ],

  chat: async ({ page, stack, user }, use) => {
    const chat = new ChatPage(page, stack, user);
    await chat.open();
    await use(chat);
  },
});

export { expect };
