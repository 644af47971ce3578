// Where things are: in windows of any size, with the list open, folded or away.
import { expectLayout } from "./support/layout.ts";
import { expect, test } from "./support/test.ts";

const PHONE = { width: 390, height: 844 };

test("the layout is the same when a dialog has been opened and closed", async ({ chat }) => {
  await chat.answered({ text: "A reply." });
  await chat.button("Keyboard shortcuts").click();
  await expect(chat.page.getByRole("dialog")).toBeVisible();
  await expectLayout(chat);
  await chat.button("Close").click();
  await expect(chat.page.getByRole("dialog")).toHaveCount(0);
  await expectLayout(chat);
  await chat.button("More for this conversation").click();
  await expectLayout(chat);
  await chat.page.getByRole("menuitem", { name: "Delete" }).click();
  await expectLayout(chat);
  await chat.button("Keep it").click();
  await expectLayout(chat);
});

test("the drawer takes the focus, keeps it inside, and gives it back", async ({ chat }) => {
  await chat.page.setViewportSize(PHONE);
  await expectLayout(chat, "hidden");
  await chat.button("Conversations").focus();
  await chat.page.keyboard.press("Enter");
  await expectLayout(chat, "drawer");
  await expect(chat.button("Close the list")).toBeFocused();

  // Once around and further: what lies behind the drawer is never reached.
  const isInside = () => chat.page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest("nav.sidebar") !== null);
  for (let steps = 0; steps < 12; steps += 1) {
    await chat.page.keyboard.press("Tab");
    expect(await isInside()).toBe(true);
  }
  await chat.page.keyboard.press("Escape");
  await expectLayout(chat, "hidden");
  await expect(chat.button("Conversations")).toBeFocused();
});

test("Esc closes the drawer wherever the focus is, and leaves a reply alone", async ({ chat }) => {
  await chat.page.setViewportSize(PHONE);
  await chat.script({ tokens: 400, rate: 40 });
  await expect(chat.replies.last()).toContainText("w5");
  await chat.button("Conversations").click();
  await chat.page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await chat.page.keyboard.press("Escape");
  await expectLayout(chat, "hidden");
  await expect(chat.button("Stop the reply")).toBeVisible();
});

test("a search by shortcut opens the drawer where the list is one", async ({ chat }) => {
  await chat.page.setViewportSize(PHONE);
  await chat.page.keyboard.press("Control+k");
  await expectLayout(chat, "drawer");
  await expect(chat.page.getByRole("searchbox")).toBeFocused();
  await chat.page.getByRole("searchbox").fill("tea");
  await chat.page.keyboard.press("Escape");
  await expect(chat.page.getByRole("searchbox")).toHaveValue("");
  await expectLayout(chat, "drawer");
  await chat.page.keyboard.press("Escape");
  await expectLayout(chat, "hidden");
});

test("a window that grows has the list beside the conversation, and one that shrinks has the drawer closed", async ({ chat }) => {
  await chat.page.setViewportSize(PHONE);
  await chat.button("Conversations").click();
  await expectLayout(chat, "drawer");
  await chat.page.setViewportSize({ width: 1280, height: 800 });
  await expectLayout(chat, "beside");
  await chat.field.fill("Still usable");
  await chat.page.setViewportSize(PHONE);
  await expectLayout(chat, "hidden");
});

test("the list is folded away, and is so after a reload", async ({ chat }) => {
  await chat.button("Close the list").click();
  await expectLayout(chat, "hidden");
  await expect(chat.button("Conversations")).toBeFocused();
  await chat.page.reload();
  await expectLayout(chat, "hidden");

  await chat.page.keyboard.press("Control+k");
  await expectLayout(chat, "beside");
  await expect(chat.page.getByRole("searchbox")).toBeFocused();
  await chat.page.reload();
  await expectLayout(chat, "beside");
});
