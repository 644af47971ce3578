import { ChatPage } from "./support/chat-page.ts";
import { interceptSocket } from "./support/intercepted-socket.ts";
import { expectLayout } from "./support/layout.ts";
import { seed } from "./support/seed.ts";
import { expect, test } from "./support/test.ts";

/** Presses keys, after which the page must be laid out as before. */
async function press(chat: ChatPage, keys: string) {
  await chat.page.keyboard.press(keys);
  await expectLayout(chat);
}

test("Enter sends, and Shift with Enter begins a line", async ({ chat }) => {
  await chat.field.fill("One");
  await press(chat, "Shift+Enter");
  await chat.field.pressSequentially("Two");
  await expect(chat.field).toHaveValue("One\nTwo");
  await expect(chat.messages).toHaveCount(0);
  await press(chat, "Enter");
  await expect(chat.page.getByRole("article", { name: "You" })).toContainText("One\nTwo");
  await expect(chat.field).toHaveValue("");
  await expect(chat.field).toBeFocused();
});

test("Enter during a composition goes to the input method", async ({ chat }) => {
  await chat.field.focus();
  const devtools = await chat.page.context().newCDPSession(chat.page);
  await devtools.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
  await chat.field.dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true });
  await expect(chat.messages).toHaveCount(0);
  await devtools.send("Input.insertText", { text: "日本" });
  await expect(chat.field).toHaveValue("日本");
  await press(chat, "Enter");
  await expect(chat.page.getByRole("article", { name: "You" })).toContainText("日本");
});

test("an empty message is not sent", async ({ chat }) => {
  await chat.field.fill("  \n ");
  await expect(chat.button("Send")).toBeDisabled();
  await press(chat, "Enter");
  await expect(chat.messages).toHaveCount(0);
});

test("Esc stops the reply and keeps the focus in the field", async ({ chat }) => {
  await chat.script({ tokens: 2000, rate: 40 });
  await expect(chat.replies.last()).toContainText("w5");
  await press(chat, "Escape");
  await chat.idle();
  await expect(chat.replies.last()).toContainText("You stopped this reply.");
  await expect(chat.field).toBeFocused();
});

test("the first Tab leads past the list to the field", async ({ chat }) => {
  await chat.page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
  });
  await press(chat, "Tab");
  const skip = chat.page.getByRole("button", { name: "Skip to the message field" });
  await expect(skip).toBeFocused();
  await skip.press("Enter");
  await expect(chat.field).toBeFocused();
});

test("shortcuts work with caps lock, and where a slash needs Shift", async ({ chat }) => {
  await press(chat, "Control+K");
  await expect(chat.page.getByRole("searchbox")).toBeFocused();
  await chat.page.evaluate(() => dispatchEvent(new KeyboardEvent("keydown", { key: "/", ctrlKey: true, shiftKey: true })));
  await expect(chat.page.getByRole("dialog")).toBeVisible();
});

test("every mouse action has a keyboard equivalent", async ({ chat }) => {
  await chat.answered({ text: "A reply." });
  await press(chat, "Control+Shift+O");
  await expect(chat.field).toBeFocused();
  await chat.answered({ text: "Another." });

  const links = chat.list.getByRole("link");
  await expect(links).toHaveCount(2);
  await links.first().focus();
  await press(chat, "ArrowDown");
  await expect(links.nth(1)).toBeFocused();
  await press(chat, "Enter");
  await expect(chat.replies).toHaveText([/A reply/]);

  await links.nth(1).focus();
  await press(chat, "Tab");
  await press(chat, "Enter");
  await expect(chat.page.getByRole("menuitem", { name: "Rename" })).toBeFocused();
  await press(chat, "ArrowDown");
  await expect(chat.page.getByRole("menuitem", { name: "Delete" })).toBeFocused();
  await press(chat, "Escape");
  await expect(chat.page.getByRole("menu")).toHaveCount(0);
  await expect(chat.list.getByRole("button", { name: /^More for/ }).nth(1)).toBeFocused();

  await press(chat, "Control+k");
  await expect(chat.page.getByRole("searchbox")).toBeFocused();
  await press(chat, "Escape");
});

test("a shortcut works from the moment that the field is there", async ({ page, stack, user }) => {
  await page.addInitScript(() => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector("textarea")) return;
      observer.disconnect();
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", ctrlKey: true, bubbles: true }));
    });
    observer.observe(document, { childList: true, subtree: true });
  });
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
});

test("a shortcut shows the list of shortcuts", async ({ chat }) => {
  await press(chat, "Control+/");
  const help = chat.page.getByRole("dialog", { name: "Keyboard" });
  await expect(help.getByText("Search conversations")).toBeVisible();
  await press(chat, "Escape");
  await expect(help).toHaveCount(0);
  await expect(chat.field).toBeFocused();
});

test("search results are navigated and opened by keyboard", async ({ page, stack, user }) => {
  await seed(page, stack, user, [
    { id: "green", turns: [{ text: "Tea of the green kind." }] },
    { id: "black", turns: [{ text: "Tea of the black kind." }] },
    { id: "none", turns: [{ text: "Coffee." }] },
  ]);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  const search = page.getByRole("searchbox");
  const links = chat.list.getByRole("link");
  await search.fill("tea of");
  await expect(chat.list.getByRole("status")).toHaveText("2 conversations");
  await expect(chat.list.getByRole("heading")).toHaveCount(0);
  await press(chat, "ArrowDown");
  await expect(links.first()).toBeFocused();
  await press(chat, "ArrowDown");
  await expect(links.nth(1)).toBeFocused();
  await press(chat, "ArrowUp");
  await press(chat, "ArrowUp");
  await expect(search).toBeFocused();

  // Enter waits for what is not found yet.
  await search.fill("green kind");
  await press(chat, "Enter");
  await expect(chat.replies).toHaveText([/green kind/]);
  await expect(chat.field).toBeFocused();
});

test("the second Esc leaves the search, and stops no reply", async ({ chat }) => {
  await chat.script({ tokens: 400, rate: 40 });
  await expect(chat.replies.last()).toContainText("w5");
  await press(chat, "Control+k");
  const search = chat.page.getByRole("searchbox");
  await search.fill("tea");
  await press(chat, "Escape");
  await expect(search).toHaveValue("");
  await expect(search).toBeFocused();
  await press(chat, "Escape");
  await expect(chat.field).toBeFocused();
  await expect(chat.button("Stop the reply")).toBeVisible();
});

test("a message that is edited by key comes into sight whole", async ({ chat }) => {
  await chat.answered({ text: "A line.\n\n".repeat(60) });
  await chat.say("A line.\n".repeat(30));
  await expect(chat.replies).toHaveCount(2);
  await chat.idle();
  await chat.field.press("ArrowUp");
  const form = chat.page.locator("form.edit");
  await expect(form.getByRole("textbox")).toBeFocused();
  // What is under the fading edge of the header is not in sight.
  const FADING_PX = 16;
  await expect(async () => {
    const [view, shown] = [await chat.page.getByRole("log").boundingBox(), await form.boundingBox()];
    expect(shown!.y).toBeGreaterThanOrEqual(view!.y + FADING_PX);
    expect(shown!.y + shown!.height).toBeLessThanOrEqual(view!.y + view!.height);
  }).toPass({ timeout: 5_000 });
});

test("the focus is kept after an edit, a version change, a stop and an error", async ({ chat }) => {
  await chat.answered({ text: "The first answer." });
  const edit = chat.page.getByRole("article", { name: "You" }).getByRole("button", { name: "Edit" });
  await edit.focus();
  await press(chat, "Enter");
  await expect(chat.page.getByRole("textbox", { name: "Edit your message" })).toBeFocused();
  await press(chat, "Escape");
  await expect(edit).toBeFocused();

  await press(chat, "Enter");
  await chat.page.getByRole("textbox", { name: "Edit your message" }).fill('script: {"text": "The second answer."}');
  await press(chat, "Enter");
  await expect(chat.replies.last()).toContainText("The second answer.");
  await expect(chat.field).toBeFocused();

  await chat.idle();
  await chat.button("Write this reply again").focus();
  await press(chat, "Enter");
  await expect(chat.replies.last()).toContainText("2/2");
  await expect(chat.field).toBeFocused();

  await chat.button("Previous version", chat.replies.last()).focus();
  await press(chat, "Enter");
  await expect(chat.replies.last()).toContainText("1/2");
  await expect(chat.button("Next version", chat.replies.last())).toBeFocused();

  await chat.script({ tokens: 2000, rate: 40 });
  await chat.button("Stop the reply").focus();
  await press(chat, "Enter");
  await expect(chat.button("Stop the reply")).toHaveCount(0);
  await expect(chat.field).toBeFocused();

  await chat.idle();
  // Each try that a server's own fault is worth fails.
  await chat.script({ status: 500, times: 4, text: "Better." });
  await chat.button("Try again").focus();
  await press(chat, "Enter");
  await expect(chat.replies.last()).toContainText("Better.");
  await expect(chat.field).toBeFocused();
});

test("the focus is kept after a notice of a failed export", async ({ page, stack, user }) => {
  await interceptSocket(page, (frame, say) => {
    if (frame.type !== "conversations.export") return false;
    say({ type: "error", requestId: frame.requestId, code: "internal", errorText: "The server has a fault." });
    return true;
  });
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({ text: "A reply." });
  await chat.button("More for this conversation").focus();
  await press(chat, "Enter");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("It was not saved");
  await chat.button("Understood").focus();
  await press(chat, "Enter");
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(chat.field).toBeFocused();
});

test("the focus is kept after a rename and a deletion", async ({ chat }) => {
  await chat.answered({ text: "A reply." });
  const link = chat.list.getByRole("link");
  const rename = async () => {
    await link.focus();
    await press(chat, "Tab");
    await press(chat, "Enter");
    await press(chat, "Enter");
  };
  await rename();
  await press(chat, "Escape");
  await expect(link).toBeFocused();
  await rename();
  await chat.page.getByRole("textbox", { name: "Title" }).fill("By key");
  await press(chat, "Enter");
  await expect(link).toHaveText("By key");
  await expect(link).toBeFocused();

  await press(chat, "Tab");
  await press(chat, "Enter");
  await press(chat, "ArrowDown");
  await press(chat, "Enter");
  await chat.page.getByRole("dialog").getByRole("button", { name: "Delete" }).focus();
  await press(chat, "Enter");
  await expect(link).toHaveCount(0);
  await expect(chat.field).toBeFocused();
});
