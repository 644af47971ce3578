import type { ChatPage } from "./support/chat_page.ts";
import { expectLayout } from "./support/layout.ts";
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

test("while a character is composed, Enter belongs to the input method", async ({ chat }) => {
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

test("nothing empty is sent", async ({ chat }) => {
  await chat.field.fill("  \n ");
  await expect(chat.button("Send")).toBeDisabled();
  await press(chat, "Enter");
  await expect(chat.messages).toHaveCount(0);
});

test("Esc stops the reply, and the focus stays in the field", async ({ chat }) => {
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

test("all that a mouse can do, a keyboard can", async ({ chat }) => {
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

test("the shortcuts are a shortcut away", async ({ chat }) => {
  await press(chat, "Control+/");
  const help = chat.page.getByRole("dialog", { name: "Keyboard" });
  await expect(help.getByText("Search conversations")).toBeVisible();
  await press(chat, "Escape");
  await expect(help).toHaveCount(0);
  await expect(chat.field).toBeFocused();
});
