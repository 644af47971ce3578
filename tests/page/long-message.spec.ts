import type { ChatPage } from "./support/chat-page.ts";
import { expect, test } from "./support/test.ts";

/** 200 KB in lines, of which no two are the same. */
const LONG = Array.from(
  { length: 2_500 },
  (_, n) => `${n}: "Eighty characters of prose", more or less, in a line that says 世界 and no more.`,
).join("\n");

test("a paste of 200 KB is sent, answered and reloaded", async ({ chat }) => {
  await chat.paste(LONG);
  await chat.field.press("Enter");
  await expect(chat.replies.last()).toContainText("This is a demo");
  await isWhole(chat);

  // In the midst of the reply: what was sent is known by its text.
  await chat.page.reload();
  await isWhole(chat);
  await chat.idle();
  await expect(chat.messages).toHaveCount(2);
  await expect(chat.field).toHaveValue("");
  await expect(chat.page.getByRole("alert")).toHaveCount(0);
});

test("a message of 200 KB can be edited unchanged after a reload", async ({ chat }) => {
  await chat.paste(LONG);
  await chat.field.press("Enter");
  await expect(chat.replies).toHaveCount(1);
  await chat.idle();
  await chat.page.reload();
  await expect(chat.replies).toHaveCount(1);
  await chat.field.press("ArrowUp");
  const edited = chat.page.getByRole("textbox", { name: "Edit your message" });
  await expect(edited).toHaveValue(LONG);

  await edited.press("Control+A");
  await chat.paste(`script: ${JSON.stringify({ text: "Read again.", body: { unread: LONG } })}`);
  await edited.press("Enter");
  await expect(chat.replies.last()).toContainText("Read again.");
  await expect(chat.page.getByRole("group", { name: "Version 2 of 2" }).first()).toBeVisible();
});

/** The first message is shown with all that was written. */
const isWhole = (chat: ChatPage) =>
  expect.poll(async () => (await chat.messages.first().locator(".typed").textContent()) === LONG).toBe(true);
