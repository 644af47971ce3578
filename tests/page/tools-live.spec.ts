// Tools on the page, with the real stack: a model that calls them, and a server that executes them.
import type { ChatPage } from "./support/chat-page.ts";
import { expect, test } from "./support/test-with-tools.ts";

const call = (name: string, fields: object) => ({ name, arguments: fields });
const asks = (chat: ChatPage, name: string | RegExp) => chat.replies.getByRole("group", { name });
const row = (chat: ChatPage, name: string) => chat.replies.locator("details").filter({ hasText: name });

test("a run with a tool, a question and an approval", async ({ chat, tools, user }) => {
  await chat.script({
    steps: [
      { text: "First I look.", calls: [call("lookup", { n: user })] },
      { calls: [call("ask_user", { question: "How much?", choices: ["One", "Two"] })] },
      { calls: [call("pay", { n: user })] },
      { text: "That was it." },
    ],
  });
  await expect(row(chat, "lookup")).toContainText("done");
  await chat.button("Two", asks(chat, "How much?")).click();
  await expect(asks(chat, "Allow “pay”?")).toContainText(user);
  await chat.page.reload();
  expect(tools.called("pay")).not.toContain(user);
  await chat.button("Allow", asks(chat, "Allow “pay”?")).click();
  await expect(chat.replies.getByText("That was it.")).toBeVisible();
  await expect(row(chat, "pay")).toContainText("done");
  expect(tools.called("pay").filter((n: string) => n === user)).toHaveLength(1);
  await chat.page.reload();
  for (const words of ["First I look.", "How much?", "Two", "That was it."]) await expect(chat.replies.getByText(words)).toBeVisible();
});

test("a call is allowed while another one is at work", async ({ chat, tools, user }) => {
  await chat.script({ steps: [{ calls: [call("slow", { n: user }), call("pay", { n: user })] }, { text: "That was it." }] });
  await tools.arrived("slow", user);
  await chat.button("Allow", asks(chat, "Allow “pay”?")).click();
  await expect(row(chat, "pay")).toContainText("allowed");
  expect(tools.called("pay")).not.toContain(user);
  tools.release(user);
  await expect(chat.replies.getByText("That was it.")).toBeVisible();
  await expect(row(chat, "pay")).toContainText("done");
  await expect(chat.page.getByRole("alert")).toHaveCount(0);
  expect(tools.called("pay").filter((n: string) => n === user)).toHaveLength(1);
});

test("all of an output is shown on demand that no frame holds", async ({ chat, user }) => {
  await chat.script({ steps: [{ calls: [call("huge", { n: user })] }, { text: "That was much." }] });
  await expect(chat.replies.getByText("That was much.")).toBeVisible();
  await chat.page.reload();
  await row(chat, "huge").locator("summary").click();
  await chat.button("Show all of it").click();
  await expect(row(chat, "huge").locator("pre").last()).toContainText("x".repeat(100_000));
});

test("a tool that is allowed in the conversation is not asked for again", async ({ chat, tools, user }) => {
  const paying = (n: string) => ({ steps: [{ calls: [call("pay", { n })] }, { text: `Paid ${n}.` }] });
  await chat.script(paying(`${user}-1`));
  await chat.button("Always allow in this conversation", asks(chat, "Allow “pay”?")).click();
  await expect(chat.replies.getByText(`Paid ${user}-1.`)).toBeVisible();
  // Its last word is shown before its end.
  await chat.idle();
  await chat.script(paying(`${user}-2`));
  await expect(chat.replies.getByText(`Paid ${user}-2.`)).toBeVisible();
  expect(tools.called("pay").filter((n: string) => n.startsWith(user))).toEqual([`${user}-1`, `${user}-2`]);
});

test("what waits is marked in another tab's list, answered there, and goes on here", async ({ chat, user }) => {
  await chat.script({ steps: [{ calls: [call("pay", { n: user })] }, { text: "Paid." }] });
  await expect(asks(chat, "Allow “pay”?")).toBeVisible();
  const other = await chat.otherTab();
  await expect(other.list.getByRole("img", { name: "Waits for your answer" })).toBeVisible();
  await other.list.getByRole("link").first().click();
  await chat.page.bringToFront();
  await other.page.bringToFront();
  await other.button("Allow", asks(other, "Allow “pay”?")).click();
  await expect(other.replies.getByText("Paid.")).toBeVisible();
  await expect(chat.replies.getByText("Paid.")).toBeVisible();
  await expect(asks(chat, "Allow “pay”?")).toHaveCount(0);
});

test("a reply that is stopped in mid-call says so, and the next message is answered", async ({ chat, tools, user }) => {
  await chat.script({ steps: [{ calls: [call("slow", { n: user })] }, { text: "Never said." }] });
  await tools.arrived("slow", user);
  await expect(row(chat, "slow")).toContainText("at work …");
  await chat.button("Stop the reply").click();
  await expect(chat.replies.last()).toContainText("You stopped this reply.");
  await expect(row(chat, "slow")).toContainText("failed");
  await chat.answered({ text: "Still here." });
  await expect(chat.replies.last()).toContainText("Still here.");
});

test("another message declines what waits", async ({ chat, tools, user }) => {
  await chat.script({ steps: [{ calls: [call("pay", { n: user })] }, { text: "Paid." }] });
  await expect(asks(chat, "Allow “pay”?")).toBeVisible();
  await chat.answered({ text: "Then not." });
  await expect(row(chat, "pay")).toContainText("declined");
  expect(tools.called("pay")).not.toContain(user);
});

test("a call of a tool that only another client has can be skipped", async ({ chat, user }) => {
  await chat.script({ steps: [{ calls: [call("locate", { n: user })] }, { text: "Without it, then." }] });
  await chat.button("Skip", asks(chat, /“locate” cannot be done/)).click();
  await expect(chat.replies.getByText("Without it, then.")).toBeVisible();
});
