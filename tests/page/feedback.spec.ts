import { interceptSocket } from "./support/intercepted-socket.ts";
import { expect, test } from "./support/test.ts";
import { ChatPage } from "./support/chat-page.ts";

test("feedback is given, withdrawn and stored", async ({ chat }) => {
  await chat.answered({ text: "Was this good?" });
  await chat.button("Good reply").click();
  await expect(chat.button("Good reply")).toHaveAttribute("aria-pressed", "true");
  await chat.button("Bad reply").click();
  await expect(chat.button("Good reply")).toHaveAttribute("aria-pressed", "false");
  await expect(chat.button("Bad reply")).toHaveAttribute("aria-pressed", "true");
  // The response to the next operation shows that this one is stored.
  await chat.answered({ text: "Thank you." });
  await chat.page.reload();
  await expect(chat.button("Bad reply", chat.replies.first())).toHaveAttribute("aria-pressed", "true");
});

test("feedback given during a load is kept", async ({ page, stack, user }) => {
  const asked = new Set<string>();
  const sockets = await interceptSocket(page, (frame) => void (frame.type === "conversations.get" && asked.add(frame.requestId)));
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({ text: "Was this good?" });
  const held = sockets.hold(({ requestId }) => asked.has(requestId));
  await chat.answered({ text: "And this?" });
  // What is stored is read, and does not know of what comes now.
  await expect.poll(() => held.count()).toBeGreaterThan(0);
  await chat.button("Good reply", chat.replies.first()).click();
  await chat.button("Bad reply", chat.replies.last()).click();
  await expect(chat.button("Bad reply", chat.replies.last())).toHaveAttribute("aria-pressed", "true");
  const taken: string[] = [];
  await page.exposeFunction("noteTaken", (button: string) => taken.push(button));
  await page.evaluate(() => {
    const { noteTaken } = globalThis as unknown as { noteTaken(button: string): void };
    const note = (mutations: MutationRecord[]) =>
      mutations.forEach(({ target, oldValue }) => oldValue === "true" && noteTaken((target as Element).getAttribute("aria-label") ?? ""));
    new MutationObserver(note).observe(document.body, { subtree: true, attributeFilter: ["aria-pressed"], attributeOldValue: true });
  });
  held.release();
  // The response to the next read shows that the one before has been applied.
  await chat.answered({ text: "Thank you." });
  expect(taken).toEqual([]);
  await expect(chat.button("Good reply", chat.replies.first())).toHaveAttribute("aria-pressed", "true");
  await expect(chat.button("Bad reply", chat.replies.nth(1))).toHaveAttribute("aria-pressed", "true");
});
