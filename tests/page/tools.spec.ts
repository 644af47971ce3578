// Calls of tools, and what they ask of the user.
import type { Page } from "@playwright/test";
import { ChatPage } from "./support/chat-page.ts";
import { expect, test, type Stack } from "./support/test.ts";
import { callId, ToolServer, type ScriptedCall } from "./support/tool-server.ts";

const MAIL: ScriptedCall = { tool: "send_mail", kind: "approval", input: { to: "ann@example.com" }, output: "sent" };
const PAY: ScriptedCall = { tool: "pay", kind: "approval", input: { sum: 7 }, output: { paid: true } };
const QUESTION: ScriptedCall = { tool: "ask_user", kind: "client", input: { question: "Where to?", choices: ["Graz", "Linz"] } };
const LOCATE: ScriptedCall = { tool: "locate", kind: "client" };
const WEATHER: ScriptedCall = { tool: "weather", kind: "server", input: { city: "Graz" }, output: { degrees: 21 } };
const TIDES: ScriptedCall = { tool: "tides", kind: "server", errorText: "Graz has no sea." };
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/** The page with a server whose reply makes `calls`, which has been asked for. */
async function ask({ page, stack, user }: { page: Page; stack: Stack; user: string }, ...calls: ScriptedCall[]) {
  const server = new ToolServer(calls);
  await server.intercept(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say("What is to be done?");
  await chat.idle();
  return { server, chat };
}

/** The page in a conversation whose reply waits for `calls`. */
async function openWaiting({ page, stack, user }: { page: Page; stack: Stack; user: string }, ...calls: ScriptedCall[]) {
  const server = new ToolServer(calls);
  const conversation = server.begin();
  const socket = await server.intercept(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open(conversation);
  return { server, chat, socket };
}

const asks = (chat: ChatPage, name: string | RegExp) => chat.replies.getByRole("group", { name });
const answersOf = ({ answers }: ToolServer, index = 0) => answers[index]?.messages[0]?.parts;
const row = (chat: ChatPage, name: string) => chat.replies.locator("details").filter({ hasText: name });

test("a call is a row that opens: what was asked, and what came of it", async ({ page, stack, user }) => {
  const { chat } = await ask({ page, stack, user }, WEATHER, TIDES);
  await expect(chat.replies.getByText("Done.")).toBeVisible();
  await expect(row(chat, "weather")).toContainText("done");
  await expect(page.getByText('"degrees": 21')).toBeHidden();
  await row(chat, "weather").locator("summary").click();
  await expect(page.getByText('"degrees": 21')).toBeVisible();
  await row(chat, "tides").filter({ hasText: "failed" }).locator("summary").click();
  await expect(page.getByText("Graz has no sea.")).toBeVisible();
});

test("all of an output is shown on demand, of which a message holds the beginning", async ({ page, stack, user }) => {
  const picture = [{ type: "image", mimeType: "image/png", data: PIXEL }];
  const { server, chat } = await ask(
    { page, stack, user },
    { tool: "rows", kind: "server", output: '{"rows":[{"city":"Gr … [cut]', wholeOutput: '{"rows":[{"city":"Graz"}]}' },
    { tool: "camera", kind: "server", output: '[{"type":"im … [cut]', wholeOutput: JSON.stringify(picture) },
  );
  const rows = row(chat, "rows");
  await rows.locator("summary").click();
  await expect(rows).toContainText("This is only its beginning.");
  server.refusal = { code: "internal", errorText: "Something went wrong." };
  await chat.button("Show all of it", rows).click();
  await expect(rows.getByRole("status")).toHaveText("The rest could not be read: Something went wrong.");
  server.refusal = undefined;
  await chat.button("Show all of it", rows).focus();
  await page.keyboard.press("Enter");
  await expect(rows.locator("pre").last()).toContainText('"city": "Graz"');
  await expect(rows.locator("pre").last()).toBeFocused();
  await expect(chat.button("Show all of it", rows)).toHaveCount(0);

  await row(chat, "camera").locator("summary").click();
  await chat.button("Show all of it", row(chat, "camera")).click();
  await expect(chat.replies.getByRole("img", { name: "Picture from camera" })).toBeVisible();
});

test("a running call says so", async ({ page, stack, user }) => {
  const server = new ToolServer([WEATHER]);
  server.isHeld = true;
  await server.intercept(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say("What is the weather like?");
  await expect(row(chat, "weather")).toContainText("at work …");
  await expect(chat.button("Stop the reply")).toBeVisible();
  server.release();
  await expect(row(chat, "weather")).toContainText("done");
});

test("a call is allowed, and the reply goes on", async ({ page, stack, user }) => {
  const { server, chat } = await ask({ page, stack, user }, MAIL);
  const asked = asks(chat, "Allow “send mail”?");
  await expect(asked).toContainText("ann@example.com");
  await chat.button("Allow", asked).click();
  await expect(chat.replies.getByText("Done.")).toBeVisible();
  await expect(row(chat, "send mail")).toContainText("done");
  await expect(chat.replies).toHaveCount(1);
  await expect(chat.field).toBeFocused();
  expect(answersOf(server)).toEqual([
    { type: "tool-send_mail", toolCallId: callId(1), state: "approval-responded", approval: { id: callId(1), approved: true } },
  ]);
  expect(server.answers).toHaveLength(1);
});

test("a call is declined with a reason, by keyboard alone", async ({ page, stack, user }) => {
  const { server, chat } = await ask({ page, stack, user }, PAY);
  const asked = asks(chat, "Allow “pay”?");
  await chat.button("Decline", asked).focus();
  await page.keyboard.press("Enter");
  const reason = asked.getByRole("textbox", { name: "Why not? (optional)" });
  await expect(reason).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(chat.button("Decline", asked)).toBeFocused();
  await page.keyboard.press("Enter");
  await reason.fill("Too much.");
  await page.keyboard.press("Enter");
  await expect(row(chat, "pay")).toContainText("declined");
  await expect(chat.field).toBeFocused();
  expect(answersOf(server)?.[0]?.approval).toEqual({ id: callId(1), approved: false, reason: "Too much." });
  await row(chat, "pay").locator("summary").click();
  await expect(chat.replies.getByText("Too much.")).toBeVisible();
});

/** The page in the middle of a reply: it has made `calls`, and those of the server are still at work. */
async function openRunning({ page, stack, user }: { page: Page; stack: Stack; user: string }, ...calls: ScriptedCall[]) {
  const server = new ToolServer(calls);
  server.isHeld = true;
  await server.intercept(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say("What is to be done?");
  await expect(row(chat, "weather")).toContainText("at work …");
  return { server, chat };
}

test("what is asked can be answered while other calls are at work", async ({ page, stack, user }) => {
  const { server, chat } = await openRunning({ page, stack, user }, WEATHER, MAIL, QUESTION, { ...MAIL, input: { to: "bob@example.com" } });
  await expect(page.getByRole("status").filter({ hasText: "The reply waits for you: Allow “send mail”?" })).toHaveCount(1);
  await chat.button("Always allow in this conversation", asks(chat, /^Allow/).first()).click();
  await expect(row(chat, "send mail")).toHaveText([/send mailallowed/, /send mailallowed/]);
  await expect(chat.button("Graz", asks(chat, "Where to?"))).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(chat.replies.getByText("Where to?")).toBeVisible();
  await expect(chat.field).toBeFocused();
  // The server takes answers to a reply that waits.
  expect(server.answers).toHaveLength(0);
  server.isHeld = false;
  server.release();
  await expect(chat.replies.getByText("Done.")).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
  expect(server.answers).toHaveLength(1);
  expect(answersOf(server)?.map(({ state, output }) => output ?? state)).toEqual(["approval-responded", "Graz", "approval-responded"]);
  expect(server.answers[0]?.body.alwaysAllow).toEqual([callId(2), callId(4)]);
});

test("some of it can be answered at once, and the rest when the others have ended", async ({ page, stack, user }) => {
  const { server, chat } = await openRunning({ page, stack, user }, WEATHER, MAIL, PAY, LOCATE);
  await expect(row(chat, "locate")).toContainText("will ask you …");
  await chat.button("Allow", asks(chat, /mail/)).click();
  server.isHeld = false;
  server.release();
  await expect.poll(() => answersOf(server)?.map(({ toolCallId }) => toolCallId)).toEqual([callId(2)]);
  await chat.button("Allow", asks(chat, /pay/)).click();
  await chat.button("Skip").click();
  await expect(chat.replies.getByText("Done.")).toBeVisible();
  expect(server.answers.length).toBe(3);
});

test("an answer to a reply that is stopped before it waits is not given", async ({ page, stack, user }) => {
  const { server, chat } = await openRunning({ page, stack, user }, WEATHER, MAIL);
  await chat.button("Allow", asks(chat, /^Allow/)).click();
  await expect(row(chat, "send mail")).toContainText("allowed");
  await chat.button("Stop the reply").click();
  await expect(row(chat, "send mail")).toContainText("not answered");
  expect(server.answers).toHaveLength(0);
});

test("a tool is always allowed, with all its calls that wait", async ({ page, stack, user }) => {
  const { server, chat } = await ask({ page, stack, user }, MAIL, { ...MAIL, input: { to: "bob@example.com" } }, PAY);
  await chat.button("Always allow in this conversation", asks(chat, "Allow “send mail”?").first()).click();
  await expect(asks(chat, /^Allow/)).toHaveCount(1);
  await expect.poll(() => answersOf(server)?.map(({ toolCallId }) => toolCallId)).toEqual([callId(1), callId(2)]);
  expect(server.answers[0]?.body.alwaysAllow).toEqual([callId(1), callId(2)]);
  await expect(chat.button("Allow", asks(chat, "Allow “pay”?"))).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(chat.replies.getByText("Done.")).toBeVisible();
  expect(answersOf(server, 1)?.map(({ toolCallId }) => toolCallId)).toContain(callId(3));
});

test("a question is answered by a choice, or in other words", async ({ page, stack, user }) => {
  const { server, chat } = await ask({ page, stack, user }, QUESTION, { ...QUESTION, input: { question: "And then?" } });
  await chat.button("Linz", asks(chat, "Where to?")).click();
  await expect(asks(chat, "Where to?")).toHaveCount(0);
  const answer = asks(chat, "And then?").getByRole("textbox", { name: "Your answer" });
  await expect(answer).toBeFocused();
  await expect(chat.button("Answer", asks(chat, "And then?"))).toBeDisabled();
  await answer.fill("Home.");
  await answer.press("Enter");
  await expect(chat.replies.getByText("Done.")).toBeVisible();
  for (const words of ["Where to?", "Linz", "And then?", "Home."]) await expect(chat.replies.getByText(words)).toBeVisible();
  expect(answersOf(server, 1)?.map(({ output }) => output)).toEqual(["Linz", "Home."]);
});

test("a call of another client's tool can be skipped", async ({ page, stack, user }) => {
  const { server, chat } = await ask({ page, stack, user }, LOCATE);
  await chat.button("Skip", asks(chat, /“locate” cannot be done/)).click();
  await expect(chat.replies.getByText("Done.")).toBeVisible();
  await expect(row(chat, "locate")).toContainText("failed");
  expect(answersOf(server)?.[0]).toMatchObject({ state: "output-error", errorText: expect.stringMatching(/skipped/) });
});

test("a reply that waits says so after a reload, and is answered then", async ({ page, stack, user }) => {
  const { server, chat } = await openWaiting({ page, stack, user }, MAIL, QUESTION);
  await expect(page.getByText("This reply waits for you.")).toBeVisible();
  await chat.button("Show").click();
  await expect(chat.button("Allow", asks(chat, "Allow “send mail”?"))).toBeFocused();
  await page.keyboard.press("Enter");
  // What is answered is stored before the rest is.
  await expect.poll(() => server.answers.length).toBe(1);
  await page.reload();
  await expect(asks(chat, /^Allow/)).toHaveCount(0);
  await chat.button("Graz", asks(chat, "Where to?")).click();
  await expect(chat.replies.getByText("Done.")).toBeVisible();
  await expect(page.getByText("This reply waits for you.")).toHaveCount(0);
  expect(server.answers).toHaveLength(2);
});

test("the list marks a conversation whose reply waits", async ({ page, stack, user }) => {
  const { chat, socket } = await openWaiting({ page, stack, user }, MAIL);
  const mark = chat.list.getByRole("img", { name: "Waits for your answer" });
  await expect(asks(chat, /^Allow/)).toBeVisible();
  await expect(mark).toHaveCount(0);
  await chat.button("New conversation", chat.list).click();
  await expect(mark).toBeVisible();
  await chat.list.getByRole("link").click();
  await chat.button("Allow", asks(chat, /^Allow/)).click();
  await expect(chat.replies.getByText("Done.")).toBeVisible();
  await chat.button("New conversation", chat.list).click();
  await expect(mark).toHaveCount(0);
  socket.say({ type: "notice", requestId: "-", notice: "turn-waiting", id: "waiting", messageId: "reply" });
  await expect(mark).toBeVisible();
});

test("an answer that does not arrive can be given again", async ({ page, stack, user }) => {
  const { server, chat } = await ask({ page, stack, user }, MAIL);
  server.refusal = { code: "internal", errorText: "Something went wrong." };
  await chat.button("Allow", asks(chat, /^Allow/)).click();
  await expect(page.getByRole("alert")).toContainText("Something went wrong.");
  server.refusal = undefined;
  await chat.button("Try again").click();
  await chat.button("Allow", asks(chat, /^Allow/)).click();
  await expect(chat.replies.getByText("Done.")).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("what is asked is still asked after an answer that was refused", async ({ page, stack, user }) => {
  const { server, chat } = await ask({ page, stack, user }, MAIL);
  server.refusal = { code: "quota_exceeded", errorText: "That was enough for today." };
  await chat.button("Allow", asks(chat, /^Allow/)).click();
  await chat.button("Understood").click();
  server.refusal = undefined;
  await chat.button("Allow", asks(chat, /^Allow/)).click();
  await expect(chat.replies.getByText("Done.")).toBeVisible();
});

test("pictures in an output are shown, but nothing that could run or reach out", async ({ page, stack, user }) => {
  const image = (mimeType: string, data = PIXEL) => ({ type: "image", mimeType, data });
  const { chat } = await ask(
    { page, stack, user },
    { tool: "camera", kind: "server", output: [{ type: "text", text: "The yard." }, image("image/png")] },
    { tool: "vector", kind: "server", output: [image("image/svg+xml", btoa("<svg/>"))] },
    { tool: "odd", kind: "server", output: [image("image/png", '"><script>')] },
  );
  const picture = chat.replies.getByRole("img", { name: "Picture from camera" });
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((element) => (element as HTMLImageElement).naturalWidth)).toBe(1);
  await expect(page.getByText("The yard.")).toBeVisible();
  await expect(chat.replies.getByRole("img", { name: /Picture from (vector|odd)/ })).toHaveCount(0);
  await row(chat, "vector").locator("summary").click();
  await expect(row(chat, "vector")).toContainText("image/svg+xml");
});

test("a screen reader hears what a reply waits for", async ({ page, stack, user }) => {
  await ask({ page, stack, user }, MAIL);
  await expect(page.getByRole("status").filter({ hasText: "The reply waits for you: Allow “send mail”?" })).toHaveCount(1);
});

test("a message instead of an answer declines what was asked", async ({ page, stack, user }) => {
  const { server, chat } = await ask({ page, stack, user }, MAIL);
  await expect(asks(chat, /^Allow/)).toBeVisible();
  await chat.say("Never mind.");
  await expect(chat.replies.getByText("Then not.")).toBeVisible();
  await expect(asks(chat, /^Allow/)).toHaveCount(0);
  await expect(row(chat, "send mail")).toContainText("declined");
  await expect(page.getByText("This reply waits for you.")).toHaveCount(0);
  expect(server.answers).toHaveLength(0);
});
