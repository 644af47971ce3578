import { interceptSocket } from "./support/intercepted-socket.ts";
import { expect, test } from "./support/test.ts";
import { ChatPage } from "./support/chat-page.ts";

/** Each code of the protocol: whether the message goes back to where it was written, and the way on. */
const CODES: [code: string, returned: boolean, way: string][] = [
  ["invalid_frame", true, "Understood"],
  ["unauthorized", true, "Reload"],
  ["not_found", true, "New conversation"],
  ["conversation_busy", true, "Understood"],
  ["message_too_large", true, "Understood"],
  ["rate_limited", true, "Understood"],
  ["quota_exceeded", true, "Understood"],
  ["model_unavailable", false, "Try again"],
  ["misconfigured", false, "Understood"],
  ["model_overloaded", false, "Try again"],
  ["context_too_long", false, "New conversation"],
  ["content_filtered", false, "Understood"],
  ["internal", false, "Try again"],
  ["a_code_of_tomorrow", false, "Try again"],
];

test("each error has a plain sentence and an action and keeps the draft", async ({ page, stack, user }) => {
  let code = "";
  await interceptSocket(page, (frame, say) => {
    if (frame.type !== "send") return false;
    say({ type: "error", requestId: frame.requestId, code, errorText: "This is the server’s own sentence." });
    return true;
  });
  const chat = new ChatPage(page, stack, user);
  const alert = page.getByRole("alert");
  for (const [each, returned, way] of CODES) {
    await test.step(each, async () => {
      code = each;
      await chat.open();
      await chat.say("Something worth keeping");
      await expect(alert).toContainText(/[A-Z][a-z’ ]{10,}.*\./);
      await expect(alert).not.toContainText("_");
      await expect(alert.getByRole("button")).toHaveText(way);
      if (returned) await expect(chat.field).toHaveValue("Something worth keeping");
      else await expect(chat.messages.first()).toContainText("Something worth keeping");
      await expect(chat.button("Stop the reply")).toHaveCount(0);
      // No conversation was started, so none is listed.
      await expect(chat.list.getByRole("listitem")).toHaveCount(0);
      await page.evaluate(() => localStorage.clear());
      await page.goto("about:blank");
    });
  }
});

test("a rejected edit or regeneration leaves the conversation unchanged", async ({ page, stack, user }) => {
  let refuse = false;
  await interceptSocket(page, (frame, say) => {
    if (frame.type !== "send" || !refuse) return false;
    say({ type: "error", requestId: frame.requestId, code: "rate_limited", errorText: "That was too much at once." });
    return true;
  });
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({ text: "The first answer." });
  await chat.answered({ text: "The second answer." });
  await page.reload();
  await expect(chat.messages).toHaveCount(4);
  refuse = true;
  await chat.button("Write this reply again", chat.replies.last()).click();
  await expect(page.getByRole("alert")).toContainText("too much at once");
  await expect(chat.replies).toHaveText([/The first answer/, /The second answer/]);
  await expect(chat.field).toHaveValue("");

  await chat.field.press("ArrowUp");
  await page.getByRole("textbox", { name: "Edit your message" }).fill("Said otherwise");
  await page.keyboard.press("Enter");
  await expect(chat.field).toHaveValue("Said otherwise");
  await expect(chat.replies).toHaveText([/The first answer/, /The second answer/]);
  await expect(chat.messages).toHaveCount(4);
});

test("a reply that is interrupted repeatedly says so and can be retried", async ({ page, stack, user }) => {
  await interceptSocket(page, (frame, say) => {
    if (frame.type !== "send" && frame.type !== "resume") return false;
    say({ type: "error", requestId: frame.requestId, code: "interrupted", errorText: "It broke off." });
    return true;
  });
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say("Something worth keeping");
  await expect(page.getByRole("alert")).toContainText("The reply broke off.", { timeout: 30_000 });
  // Nothing had arrived that could be kept.
  await expect(page.getByText(/is kept/)).toHaveCount(0);
  await expect(chat.button("Try again", page.getByRole("alert"))).toBeVisible();
  await expect(chat.messages.first()).toContainText("Something worth keeping");
});

test("an error with a retry time enables its action after that time", async ({ page, stack, user }) => {
  await interceptSocket(page, (frame, say) => {
    if (frame.type !== "send") return false;
    say({
      type: "error",
      requestId: frame.requestId,
      code: "model_overloaded",
      errorText: "The model has too much to do.",
      retryAfterMs: 2000,
    });
    return true;
  });
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say("Hello");
  await expect(page.getByRole("button", { name: /^Try again in/ })).toBeDisabled();
  await expect(chat.button("Try again")).toBeEnabled();
});

test("a rate-limited message returns to the field and can be sent later", async ({ page, stack, user }) => {
  let isTooSoon = true;
  await interceptSocket(page, (frame, say) => {
    if (frame.type !== "send" || !isTooSoon) return false;
    say({ type: "error", requestId: frame.requestId, code: "rate_limited", errorText: "That was too fast.", retryAfterMs: 2000 });
    return true;
  });
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say('script: {"text": "In good time."}');
  await expect(page.getByRole("button", { name: /^Try again in \d s$/ })).toBeDisabled();
  await expect(chat.field).toHaveValue(/In good time/);
  isTooSoon = false;
  await chat.button("Try again").click();
  await expect(chat.replies.last()).toContainText("In good time.");
  await expect(chat.field).toHaveValue("");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a conversation deleted elsewhere says so and keeps the draft", async ({ chat }) => {
  await chat.answered({ text: "Soon gone." });
  const other = await chat.otherTab();
  await chat.field.fill("Half a thought");
  await other.list.getByRole("listitem").hover();
  await other.list.getByRole("button", { name: /^More for/ }).click();
  await other.page.getByRole("menuitem", { name: "Delete" }).click();
  await other.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(chat.page.getByRole("heading", { name: "This conversation is gone" })).toBeVisible();
  await expect(chat.list.getByRole("listitem")).toHaveCount(0);
  await expect(chat.field).toHaveValue("Half a thought");
  await chat.page.getByRole("main").getByRole("button", { name: "New conversation" }).click();
  await expect(chat.field).toHaveValue("Half a thought");
});

test("a link to an unknown conversation is not reported as deleted", async ({ page, stack, user }) => {
  const chat = new ChatPage(page, stack, user);
  await chat.open("a-mistyped-id");
  await expect(page.getByRole("heading", { name: "This conversation was not found" })).toBeVisible();
  await expect(page.getByText("It was deleted")).toHaveCount(0);
  await chat.field.fill("Something else then");
  await expect(page.getByText("What you were writing is still in the field below.")).toBeVisible();
  await page.getByRole("main").getByRole("button", { name: "New conversation" }).click();
  await expect(chat.field).toHaveValue("Something else then");
});
