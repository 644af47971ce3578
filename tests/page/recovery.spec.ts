import { interceptSocket } from "./support/intercepted-socket.ts";
import { expect, test } from "./support/test.ts";
import { ChatPage } from "./support/chat-page.ts";

const words = (count: number) => Array.from({ length: count }, (_, n) => `w${n}`).join(" ");

test("a reload during a reply resumes it", async ({ chat }) => {
  await chat.script({ tokens: 120, rate: 30 });
  await expect(chat.replies.last()).toContainText("w9");
  await chat.page.reload();
  await expect(chat.replies.last()).toContainText("w20");
  await chat.idle();
  await expect(chat.textOf(chat.replies.last())).toHaveText(words(120));
  await expect(chat.messages).toHaveCount(2);
});

test("a connection lost during a reply is reopened without a notice", async ({ page, stack, user }) => {
  const sockets = await interceptSocket(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.script({ tokens: 120, rate: 30 });
  await expect(chat.replies.last()).toContainText("w9");
  await sockets.cut();
  await chat.idle();
  await expect(chat.textOf(chat.replies.last())).toHaveText(words(120));
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a silently dead network is detected during a reply, which completes", async ({ page, stack, user }) => {
  const sockets = await interceptSocket(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.script({ tokens: 120, rate: 30 });
  await expect(chat.replies.last()).toContainText("w9");
  sockets.silence();
  // Eight seconds of silence, five for the answer to a ping, and what is too short to be worth a word.
  const asked = page.waitForRequest(/\/token/, { timeout: 20_000 });
  await asked;
  await chat.idle();
  await expect(chat.textOf(chat.replies.last())).toHaveText(words(120));
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a message sent over a dead network arrives after a reconnect", async ({ page, stack, user }) => {
  const sockets = await interceptSocket(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({ text: "While there is a network." });
  sockets.silence();
  const asked = page.waitForRequest(/\/token/, { timeout: 20_000 });
  await chat.script({ text: "After all." });
  await asked;
  await expect(chat.replies.last()).toContainText("After all.");
  await expect(chat.messages).toHaveCount(4);
});

test("a token request that times out is shown as offline and retried", async ({ page, stack, user }) => {
  let isHanging = true;
  await page.route("**/token?*", (route) => (isHanging ? undefined : route.continue()));
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await expect(page.getByText("Connecting …")).toBeVisible();
  await expect(page.getByText("No connection to the server; trying again …")).toBeVisible({ timeout: 20_000 });
  isHanging = false;
  await chat.script({ text: "At last." });
  await expect(chat.replies.last()).toContainText("At last.", { timeout: 30_000 });
});

test("an offline page says so and recovers with the network", async ({ page, stack, user, context }) => {
  const sockets = await interceptSocket(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({ text: "While there is a network." });
  await context.setOffline(true);
  await sockets.cut();
  await expect(page.getByText("You are offline")).toBeVisible();
  await chat.script({ text: "After all." });
  await context.setOffline(false);
  await expect(chat.replies.last()).toContainText("After all.");
  await expect(page.getByText("You are offline")).toHaveCount(0);
});

test("a function killed during a reply costs no text", async ({ chat, stack }) => {
  await chat.script({ tokens: 150, rate: 30 });
  await expect(chat.replies.last()).toContainText("w9");
  await stack.killMessageFunction();
  await expect(chat.textOf(chat.replies.last())).toHaveText(words(150), { timeout: 50_000 });
  await chat.idle();
  await expect(chat.messages).toHaveCount(2);
});

test("another version stays open across a reconnect", async ({ page, stack, user }) => {
  const sockets = await interceptSocket(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({ text: "One way to say it." });
  await chat.button("Write this reply again").click();
  await expect(chat.replies.last()).toContainText("2/2");
  await chat.button("Previous version").click();
  await expect(chat.replies.last()).toContainText("1/2");
  const asked = page.waitForRequest(/\/token/);
  await sockets.cut();
  await asked;
  // The answer to what is asked next comes behind what is asked when the connection is open again.
  await chat.button("Good reply").click();
  await expect(chat.button("Good reply")).toHaveAttribute("aria-pressed", "true");
  await expect(chat.replies.last()).toContainText("1/2");
  await expect(chat.messages).toHaveCount(2);
});

test("two tabs are synchronized", async ({ chat }) => {
  await chat.answered({ text: "To begin with." });
  const other = await chat.otherTab(chat.conversation);
  await expect(other.replies).toHaveCount(1);

  await chat.script({ tokens: 90, rate: 30 });
  await expect(other.replies.last()).toContainText("w9");
  await chat.idle();
  await other.idle();
  await expect(other.textOf(other.replies.last())).toHaveText(words(90));
  await expect(other.messages).toHaveCount(4);

  await chat.list.getByRole("listitem").hover();
  await chat.list.getByRole("button", { name: /^More for/ }).click();
  await chat.page.getByRole("menuitem", { name: "Rename" }).click();
  await chat.page.getByRole("textbox", { name: "Title" }).fill("In step");
  await chat.page.keyboard.press("Enter");
  await expect(other.row("In step")).toBeVisible();
});

test("two tabs that send at once both show the other's message", async ({ page, stack, user }) => {
  const sockets = await interceptSocket(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({ text: "To begin with." });
  const other = await chat.otherTab(chat.conversation);
  await expect(other.replies).toHaveCount(1);

  // One tab hears of nothing until it has sent its own.
  const held = sockets.hold(({ type, notice }) => type === "notice" && notice === "turn-started");
  await other.answered({ text: "From the other tab." });
  await expect.poll(() => held.count()).toBeGreaterThan(0);
  await chat.answered({ text: "From this tab." });
  held.release();

  const told = "Another message was sent here from another tab or device.";
  for (const tab of [chat, other]) await expect(tab.page.getByText(told)).toBeVisible();
  // A reply that is still being written when a tab hears of it is shown there.
  await expect(other.replies.last()).toContainText(/From (this|the other) tab\./);
  const [shown, beside] = (await other.replies.last().textContent())?.includes("this") ? ["this", "the other"] : ["the other", "this"];
  await expect(other.replies.last()).toContainText(`From ${shown} tab.`);
  await other.button("Show the other").click();
  await expect(other.replies.last()).toContainText(`From ${beside} tab.`);
  await expect(other.page.getByText(told)).toHaveCount(0);

  await chat.button("Understood").click();
  await expect(chat.page.getByText(told)).toHaveCount(0);
  await expect(chat.field).toBeFocused();
});

test("a conversation continued in another tab shows no notice", async ({ chat }) => {
  await chat.answered({ text: "To begin with." });
  const other = await chat.otherTab(chat.conversation);
  await other.answered({ text: "And so on." });
  await expect(chat.replies).toHaveText([/To begin with/, /And so on/]);
  await expect(chat.page.getByText("Another message was sent here")).toHaveCount(0);
});

test("a stop in one tab shows in the other", async ({ chat }) => {
  await chat.answered({ text: "To begin with." });
  const other = await chat.otherTab(chat.conversation);
  await chat.script({ tokens: 2000, rate: 30 });
  await expect(other.replies.last()).toContainText("w9");
  await other.button("Stop the reply").click();
  await chat.idle();
  await expect(chat.replies.last()).toContainText("You stopped this reply.");
  await other.idle();
});

test("stopping a reply does not send the draft", async ({ chat }) => {
  await chat.script({ tokens: 2000, rate: 30 });
  await expect(chat.replies.last()).toContainText("w9");
  await chat.field.fill("Not yet");
  await chat.button("Stop the reply").click();
  await chat.idle();
  await expect(chat.replies.last()).toContainText("You stopped this reply.");
  await expect(chat.field).toHaveValue("Not yet");
  await expect(chat.messages).toHaveCount(2);
});

test("the draft of each conversation survives a reload", async ({ chat }) => {
  await chat.field.fill("A thought for a new one");
  await chat.page.reload();
  await expect(chat.field).toHaveValue("A thought for a new one");
  await chat.answered({ text: "A reply." });
  await chat.field.fill("A second thought");
  await chat.page.reload();
  await expect(chat.field).toHaveValue("A second thought");
  await chat.button("New conversation").click();
  await expect(chat.field).toHaveValue("");
  await chat.list.getByRole("link").click();
  await expect(chat.field).toHaveValue("A second thought");
});

test("a message sent while its conversation loads is appended to it", async ({ page, stack, user }) => {
  const asked = new Set<string>();
  const sockets = await interceptSocket(page, (frame) => void (frame.type === "conversations.get" && asked.add(frame.requestId)));
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({ text: "What is there." });
  const held = sockets.hold(({ requestId }) => asked.has(requestId));
  await page.reload();
  await expect.poll(() => held.count()).toBeGreaterThan(0);
  await chat.script({ text: "What follows." });
  await expect(chat.field).not.toHaveValue("");
  held.release();
  await expect(chat.replies).toHaveText([/What is there/, /What follows/]);
  await expect(chat.field).toHaveValue("");
});

test("a message stopped before it was accepted returns to the field", async ({ page, stack, user }) => {
  await interceptSocket(page, (frame) => frame.type === "send");
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say("On second thoughts");
  await chat.button("Stop the reply").click();
  await expect(chat.field).toHaveValue("On second thoughts", { timeout: 20_000 });
  await expect(chat.messages).toHaveCount(0);
});

test("a message in flight when the page was left returns to the field", async ({ page, stack, user }) => {
  // It never reaches the server.
  await interceptSocket(page, (frame) => frame.type === "send");
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say("Do not lose me");
  await expect(chat.messages).toHaveCount(1);
  await page.reload();
  await expect(chat.field).toHaveValue("Do not lose me");
});

test("a token that expires during a reply is renewed, and the reply continues", async ({ page, stack, user }) => {
  let tokens = 0;
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/token") tokens += 1;
  });
  const sockets = await interceptSocket(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.script({ tokens: 120, rate: 30 });
  await expect(chat.replies.last()).toContainText("w9");
  // What the server says three minutes before a token expires.
  sockets.say({ type: "notice", requestId: "-", notice: "reconnect" });
  await expect.poll(() => tokens).toBe(2);
  await chat.idle();
  await expect(chat.textOf(chat.replies.last())).toHaveText(words(120));
  await expect(page.getByRole("alert")).toHaveCount(0);
});
