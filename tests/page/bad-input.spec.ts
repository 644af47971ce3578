import type { Page } from "@playwright/test";
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

test("an error of any code is a plain sentence and a way on, and nothing typed is lost", async ({ page, stack, user }) => {
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

test("an edit or another version that is refused leaves the conversation as it was", async ({ page, stack, user }) => {
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

test("a reply that keeps breaking off says so, and can be asked for again", async ({ page, stack, user }) => {
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

test("where the server says when, the way on waits for it", async ({ page, stack, user }) => {
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

test("a message that came too soon is in the field again, and can be sent when the time has come", async ({ page, stack, user }) => {
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

test("cells of a spreadsheet, which come as text and as a picture, are pasted as text", async ({ chat, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await chat.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(8, 8);
    canvas.getContext("2d")?.fillRect(0, 0, 8, 8);
    const picture = await canvas.convertToBlob({ type: "image/png" });
    const text = new Blob(["1\t2\n3\t4"], { type: "text/plain" });
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": text, "image/png": picture })]);
  });
  await chat.field.press("Control+V");
  await expect(chat.field).toHaveValue("1\t2\n3\t4");
  await expect(chat.page.getByText("was not added")).toHaveCount(0);
});

test("a picture alone is not pasted, and that is said", async ({ chat, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await chat.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(8, 8);
    canvas.getContext("2d")?.fillRect(0, 0, 8, 8);
    await navigator.clipboard.write([new ClipboardItem({ "image/png": await canvas.convertToBlob({ type: "image/png" }) })]);
  });
  await chat.field.press("Control+V");
  await expect(chat.page.getByText("was not added: only text can be sent.")).toBeVisible();
});

test("a message is not edited into one that is too long to be sent", async ({ chat }) => {
  await chat.answered({ text: "Short and good." });
  await chat.field.press("ArrowUp");
  const edited = chat.page.getByRole("textbox", { name: "Edit your message" });
  await expect(edited).toBeFocused();
  await chat.paste("Three hundred kilobytes. ".repeat(12_000));
  await expect(chat.page.getByText(/This message is too long to send: 300 KB, and at most \d+ KB of it fit/)).toBeVisible();
  await expect(chat.page.locator("form.edit").getByRole("button", { name: "Send" })).toBeDisabled();
  await edited.press("Enter");
  await expect(edited).toBeVisible();
  await expect(chat.field).toHaveValue("");
});

test("a paste of 300 KB is kept, and said to be too long", async ({ chat }) => {
  const text = "Eighty characters of prose, more or less, in a line that says nothing at all. \n".repeat(3800);
  await chat.paste(text);
  await expect(chat.page.getByText(/This message is too long to send: 3\d\d KB, and at most 262 KB of it fit/)).toBeVisible();
  await expect(chat.button("Send")).toBeDisabled();
  await chat.field.press("Enter");
  await expect(chat.messages).toHaveCount(0);
  expect((await chat.field.inputValue()).length).toBe(text.length);

  // The way on: shortened, it goes.
  await chat.field.fill('script: {"text": "Now it fits."}');
  await chat.field.press("Enter");
  await expect(chat.replies.last()).toContainText("Now it fits.");
});

test("the longest message that the page lets through arrives", async ({ chat }) => {
  await chat.paste('What fits into frames with all its quotes \\" and line\nends. '.repeat(4_300));
  await expect(chat.button("Send")).toBeEnabled();
  await chat.field.press("Enter");
  await expect(chat.replies).toHaveCount(1);
  await expect(chat.page.getByRole("alert")).toHaveCount(0);
});

test("a text file that is dropped becomes part of the message, and a picture does not", async ({ chat }) => {
  await chat.field.fill("See here:");
  await drop(chat, [
    { name: "notes.py", type: "text/x-python", content: "print('hi')\n" },
    { name: "photo.png", type: "image/png", content: "not text" },
  ]);
  await expect(chat.field).toHaveValue("See here:\n\nnotes.py:\n```py\nprint('hi')\n```\n");
  await expect(chat.page.getByText("“photo.png” was not added: only text can be sent.")).toBeVisible();
  // The browser did not go to the file.
  expect(chat.page.url()).toContain(chat.stack.url);
});

test("what is written while a dropped file is read stays", async ({ chat }) => {
  await chat.page.evaluate(() => {
    const read = File.prototype.text;
    const released = new Promise<void>((release) => Object.assign(globalThis, { release }));
    File.prototype.text = async function () {
      await released;
      return read.call(this);
    };
  });
  await chat.field.fill("See");
  await drop(chat, [{ name: "notes.py", type: "text/x-python", content: "print('hi')\n" }]);
  await chat.field.fill("See here:");
  await chat.page.evaluate(() => (globalThis as unknown as { release(): void }).release());
  await expect(chat.field).toHaveValue("See here:\n\nnotes.py:\n```py\nprint('hi')\n```\n");
});

test("a file that no message can hold is not added, and the size is true", async ({ chat }) => {
  await drop(chat, [{ name: "long.txt", type: "text/plain", content: "word ".repeat(60_000) }]);
  const note = chat.page.getByText(/“long.txt” was not added: a message holds at most \d+ KB of text\./);
  await expect(note).toBeVisible();
  const most = Number(/(\d+) KB/.exec((await note.textContent()) ?? "")?.[1]);

  await drop(chat, [{ name: "fits.txt", type: "text/plain", content: "x".repeat((most - 1) * 1000) }]);
  await expect(note).toHaveCount(0);
  await expect(chat.button("Send")).toBeEnabled();
});

test("a file that misses the field does not make the page go away", async ({ chat }) => {
  await chat.field.fill("Still here");
  const prevented = await chat.page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], "x.png", { type: "image/png" }));
    const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
    return event.defaultPrevented;
  });
  expect(prevented).toBe(true);
  await expect(chat.field).toHaveValue("Still here");
});

test("a conversation that is deleted in another tab says so, and the draft goes on in a new one", async ({ chat }) => {
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

test("a link that leads nowhere is not said to lead to something deleted", async ({ page, stack, user }) => {
  const chat = new ChatPage(page, stack, user);
  await chat.open("a-mistyped-id");
  await expect(page.getByRole("heading", { name: "This conversation was not found" })).toBeVisible();
  await expect(page.getByText("It was deleted")).toHaveCount(0);
  await chat.field.fill("Something else then");
  await expect(page.getByText("What you were writing is still in the field below.")).toBeVisible();
  await page.getByRole("main").getByRole("button", { name: "New conversation" }).click();
  await expect(chat.field).toHaveValue("Something else then");
});

for (const [what, lose] of Object.entries({
  "a network that is gone": (page) => page.route("**/token?*", (route) => route.abort("internetdisconnected")),
  "a server that is down": (page) => page.route("**/token?*", (route) => route.fulfill({ status: 503 })),
  "a proxy that resets connections": (page) => page.routeWebSocket(/\/local\?/, (socket) => socket.close({ code: 1011, reason: "" })),
} satisfies Record<string, (page: Page) => Promise<unknown>>)) {
  test(`${what} is not reported as a rejected sign-in`, async ({ page, stack, user }) => {
    await lose(page);
    await page.goto(`${stack.url}/?user=${user}`);
    await expect(page.getByText("No connection to the server; trying again …").or(page.getByText("Reconnecting …"))).toBeVisible();
    // After three attempts the client reports that the token may be at fault, too.
    await expect(page.getByText("No connection to the server; trying again …")).toBeVisible();
    await expect(page.getByText("does not let you in")).toHaveCount(0);
  });
}

test("a page that cannot get a token says that it is not let in", async ({ page, stack, user }) => {
  await page.route("**/token?*", (route) => route.fulfill({ status: 403 }));
  await page.goto(`${stack.url}/?user=${user}`);
  await expect(page.getByText("The server does not let you in; trying again …")).toBeVisible();
});

test("a login page that does not answer is waited for no longer than a connection", async ({ page, stack, user }) => {
  const given: string[] = [];
  page.on("requestfailed", (request) => given.push(`${new URL(request.url()).pathname} ${request.failure()?.errorText}`));
  await page.addInitScript(() =>
    sessionStorage.setItem("natter.tokens", JSON.stringify({ idToken: "old", refreshToken: "good", expiresAt: 0 })),
  );
  await page.route("**/config.json", (route) =>
    route.fulfill({ json: { socketUrl: stack.socketUrl, signIn: { loginUrl: `${stack.url}/login`, clientId: "page" } } }),
  );
  await page.route("**/login/oauth2/token", () => {});
  await page.goto(`${stack.url}/?user=${user}`);
  await expect(page.getByText("No connection to the server; trying again …")).toBeVisible({ timeout: 15_000 });
  await expect.poll(() => given).toContain("/login/oauth2/token net::ERR_ABORTED");
});

test("a page without its configuration says so, and can be tried again", async ({ page, stack, user }) => {
  await page.route("**/config.json", (route) => route.fulfill({ status: 404 }));
  await page.goto(`${stack.url}/?user=${user}`);
  await expect(page.getByRole("alert")).toContainText("Natter cannot start");
  await page.unroute("**/config.json");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("textbox", { name: "Message", exact: true })).toBeVisible();
});

async function drop(chat: ChatPage, files: { name: string; type: string; content: string }[]) {
  await chat.field.evaluate((field, dropped) => {
    const data = new DataTransfer();
    for (const { name, type, content } of dropped) data.items.add(new File([content], name, { type }));
    field.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }, files);
}
