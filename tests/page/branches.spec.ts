import { interceptSocket } from "./support/intercepted-socket.ts";
import { expect, test } from "./support/test.ts";
import { ChatPage } from "./support/chat-page.ts";

test("a reply is regenerated, and both versions can be shown", async ({ chat }) => {
  await chat.answered({ text: "One way to say it." });
  await chat.button("Write this reply again").click();
  await expect(chat.replies.last()).toContainText("2/2");
  await chat.button("Previous version").click();
  await expect(chat.replies.last()).toContainText("1/2");
  await expect(chat.replies).toHaveCount(1);
});

test("the version that was chosen is shown after a reload, until something is added", async ({ chat }) => {
  await chat.answered({ text: "One way to say it." });
  const versions = (at: number, of: number) => expect(chat.replies.last()).toContainText(`${at}/${of}`);
  await chat.button("Write this reply again").click();
  await versions(2, 2);
  await chat.button("Previous version").click();
  await versions(1, 2);
  await chat.page.reload();
  await versions(1, 2);
  await chat.button("Next version").click();
  await versions(2, 2);
  await chat.page.reload();
  await versions(2, 2);

  await chat.button("Previous version").click();
  await versions(1, 2);
  await chat.button("Write this reply again").click();
  await versions(3, 3);
  await chat.page.reload();
  await versions(3, 3);
  // Another tab begins with the newest.
  await chat.button("Previous version").click();
  await versions(2, 3);
  const other = await chat.otherTab(chat.conversation);
  await expect(other.replies.last()).toContainText("3/3");
});

test("a reply that runs on another branch is shown after a reload, and not below the branch that was chosen", async ({ chat }) => {
  await chat.answered({ text: "One way to say it." });
  await chat.button("Write this reply again").click();
  await expect(chat.replies.last()).toContainText("2/2");
  await chat.idle();
  const other = await chat.otherTab(chat.conversation);
  await chat.button("Previous version").click();
  await expect(chat.replies.last()).toContainText("1/2");
  const address = chat.page.url();
  await chat.page.goto("about:blank");
  await other.script({ tokens: 400, rate: 40 });
  await expect(other.replies.last()).toContainText("w5");
  await chat.page.goto(address);
  await expect(chat.replies).toHaveText([/2\/2/, /w9/]);
});

test("a message is edited, and each version has its own reply", async ({ chat }) => {
  await chat.answered({ text: "The first answer." });
  await chat.answered({ text: "The second answer." });
  const question = chat.page.getByRole("article", { name: "You" }).last();
  await question.hover();
  await chat.button("Edit", question).click();
  const field = chat.page.getByRole("textbox", { name: "Edit your message" });
  await field.fill('script: {"text": "Another answer."}');
  await field.press("Enter");
  await expect(chat.replies.last()).toContainText("Another answer.");
  await expect(chat.replies).toHaveCount(2);
  await expect(chat.page.getByRole("group", { name: "Version 2 of 2" })).toBeVisible();

  await chat.button("Previous version").click();
  await expect(chat.replies.last()).toContainText("The second answer.");
  await chat.button("Next version").click();
  await expect(chat.replies.last()).toContainText("Another answer.");
  await chat.answered({ text: "It goes on from here." });
  await expect(chat.replies).toHaveText([/The first answer/, /Another answer/, /It goes on from here/]);
});

test("the first message of a conversation can be edited", async ({ chat }) => {
  await chat.answered({ text: "The first answer." });
  await chat.field.press("ArrowUp");
  const field = chat.page.getByRole("textbox", { name: "Edit your message" });
  await field.fill('script: {"text": "Better asked, better answered."}');
  await field.press("Enter");
  await expect(chat.replies.last()).toContainText("Better asked, better answered.");
  await expect(chat.messages).toHaveCount(2);
  await expect(chat.page.getByRole("group", { name: "Version 2 of 2" }).first()).toBeVisible();
});

test("a message edited during a load does not get its old reply", async ({ page, stack, user }) => {
  const asked = new Set<string>();
  const sockets = await interceptSocket(page, (frame) => void (frame.type === "conversations.get" && asked.add(frame.requestId)));
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  const held = sockets.hold(({ requestId }) => asked.has(requestId));
  await chat.answered({ text: "The first answer." });
  await expect.poll(() => held.count()).toBeGreaterThan(0);
  await chat.field.press("ArrowUp");
  await page.getByRole("textbox", { name: "Edit your message" }).fill('script: {"text": "Another answer."}');
  await page.keyboard.press("Enter");
  await expect(chat.replies).toHaveText([/Another answer/]);
  await chat.idle();
  held.release();
  await expect(page.getByRole("group", { name: "Version 2 of 2" }).first()).toBeVisible();
  await expect(chat.replies).toHaveText([/Another answer/]);
});
