import { expect, test } from "./support/test.ts";
import type { ChatPage } from "./support/chat-page.ts";

test("spreadsheet cells, offered as text and image, are pasted as text", async ({ chat, context }) => {
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

test("pasting an image alone is rejected with a notice", async ({ chat, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await chat.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(8, 8);
    canvas.getContext("2d")?.fillRect(0, 0, 8, 8);
    await navigator.clipboard.write([new ClipboardItem({ "image/png": await canvas.convertToBlob({ type: "image/png" }) })]);
  });
  await chat.field.press("Control+V");
  await expect(chat.page.getByText("was not added: only text can be sent.")).toBeVisible();
});

test("an edit that makes a message too long is rejected", async ({ chat }) => {
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

test("a paste of 300 KB is kept and reported as too long", async ({ chat }) => {
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

test("the longest message that the page accepts arrives", async ({ chat }) => {
  await chat.paste('What fits into frames with all its quotes \\" and line\nends. '.repeat(4_300));
  await expect(chat.button("Send")).toBeEnabled();
  await chat.field.press("Enter");
  await expect(chat.replies).toHaveCount(1);
  await expect(chat.page.getByRole("alert")).toHaveCount(0);
});

test("a dropped text file becomes part of the message, an image does not", async ({ chat }) => {
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

test("text typed while a dropped file is read is kept", async ({ chat }) => {
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

test("a file too large for a message is rejected with its true size", async ({ chat }) => {
  await drop(chat, [{ name: "long.txt", type: "text/plain", content: "word ".repeat(60_000) }]);
  const note = chat.page.getByText(/“long.txt” was not added: a message holds at most \d+ KB of text\./);
  await expect(note).toBeVisible();
  const most = Number(/(\d+) KB/.exec((await note.textContent()) ?? "")?.[1]);

  await drop(chat, [{ name: "fits.txt", type: "text/plain", content: "x".repeat((most - 1) * 1000) }]);
  await expect(note).toHaveCount(0);
  await expect(chat.button("Send")).toBeEnabled();
});

test("a file dropped beside the field does not navigate the page away", async ({ chat }) => {
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

async function drop(chat: ChatPage, files: { name: string; type: string; content: string }[]) {
  await chat.field.evaluate((field, dropped) => {
    const data = new DataTransfer();
    for (const { name, type, content } of dropped) data.items.add(new File([content], name, { type }));
    field.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }, files);
}
