// Where things are: in windows of any size, with the list open, folded or away.
import type { Locator } from "@playwright/test";
import { ChatPage } from "./support/chat-page.ts";
import { expectLayout } from "./support/layout.ts";
import { seed } from "./support/seed.ts";
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
  const isInside = () =>
    chat.page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest("nav.sidebar") !== null);
  for (let steps = 0; steps < 12; steps += 1) {
    await chat.page.keyboard.press("Tab");
    expect(await isInside()).toBe(true);
  }
  await chat.page.keyboard.press("Escape");
  await expectLayout(chat, "hidden");
  await expect(chat.button("Conversations")).toBeFocused();
});

test("Esc closes the drawer from any focus without stopping a reply", async ({ chat }) => {
  await chat.page.setViewportSize(PHONE);
  await expectLayout(chat, "hidden");
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
  await expectLayout(chat, "hidden");
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

test("an Esc handled by an input method leaves the drawer open", async ({ chat }) => {
  await chat.page.setViewportSize(PHONE);
  await expectLayout(chat, "hidden");
  await chat.page.keyboard.press("Control+k");
  const search = chat.page.getByRole("searchbox");
  await expect(search).toBeFocused();
  await search.dispatchEvent("keydown", { key: "Escape", isComposing: true, bubbles: true, cancelable: true });
  await expectLayout(chat, "drawer");
});

test("a wider window shows the list, and a narrower one closes the drawer", async ({ chat }) => {
  await chat.page.setViewportSize(PHONE);
  await expectLayout(chat, "hidden");
  await chat.button("Conversations").click();
  await expectLayout(chat, "drawer");
  await chat.page.setViewportSize({ width: 1280, height: 800 });
  await expectLayout(chat, "beside");
  await chat.field.fill("Still usable");
  await chat.page.setViewportSize(PHONE);
  await expectLayout(chat, "hidden");
});

test("a collapsed list stays collapsed after a reload", async ({ chat }) => {
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

/** Small windows, and large ones enlarged: 1280×1024 at 400 %, a phone held across, a keyboard that takes half of one. */
for (const size of [
  { width: 320, height: 256 },
  { width: 740, height: 180 },
  { width: 640, height: 300 },
]) {
  test(`in ${size.width}×${size.height} nothing overlaps the field or a draft`, async ({ chat }) => {
    await chat.page.setViewportSize(size);
    await expectLayout(chat);
    await expectNoOverlap(chat);
    await chat.field.fill("A draft\nof some\nmore lines\nthan there is\nroom for.");
    await expectLayout(chat);
    await expectNoOverlap(chat);
    await expect(chat.button("Send")).toBeInViewport({ ratio: 1 });

    if (size.width >= 768) return;
    await chat.button("Conversations").click();
    await chat.page.getByRole("radio", { name: "Dark" }).check();
    await expect(chat.page.getByRole("radio", { name: "Dark" })).toBeInViewport();
  });
}

test("an unknown conversation offers a new one in a low window, too", async ({ page, stack, user }) => {
  await page.setViewportSize({ width: 640, height: 300 });
  const chat = new ChatPage(page, stack, user);
  await chat.open("never-there");
  await page.getByRole("main").getByRole("button", { name: "New conversation" }).click();
  await expect(page.getByRole("heading", { name: "This conversation was not found" })).toHaveCount(0);
});

test("the menu of the last row is fully visible and closes on scroll", async ({ page, stack, user }) => {
  await seed(
    page,
    stack,
    user,
    Array.from({ length: 24 }, (_, n) => ({ id: `c${n}`, turns: [{ text: `Reply ${n}.`, rate: 0 }] })),
  );
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  const rows = chat.list.getByRole("listitem");
  await expect(rows).toHaveCount(24);
  const last = rows.last();
  await last.scrollIntoViewIfNeeded();
  await last.hover();
  await last.getByRole("button", { name: /^More for/ }).click();
  await expect(page.getByRole("menuitem", { name: "Delete" })).toBeInViewport({ ratio: 1 });
  const isOnTop = await page.getByRole("menuitem", { name: "Delete" }).evaluate((item) => {
    const { x, y, width, height } = item.getBoundingClientRect();
    return document.elementFromPoint(x + width / 2, y + height / 2) === item;
  });
  expect(isOnTop).toBe(true);
  await chat.list.locator(".rows").evaluate((list) => list.scrollTo({ top: 0 }));
  await expect(page.getByRole("menu")).toHaveCount(0);
  await expect(last.getByRole("button", { name: /^More for/ })).toBeFocused();
});

test("a menu stays open during a reply and at its button on a resize", async ({ chat }) => {
  await chat.script({ text: Array.from({ length: 120 }, (_, n) => `Line ${n}.`).join("\n\n"), rate: 60 });
  await expect(chat.replies).toContainText("Line 30.");
  const button = chat.button("More for this conversation");
  await button.click();
  await expect(chat.replies).toContainText("Line 60.");
  await expect(chat.page.getByRole("menu")).toBeVisible();
  await chat.page.setViewportSize({ width: 1000, height: 600 });
  const end = (element: Locator) => element.evaluate((shown) => shown.getBoundingClientRect().right);
  await expect.poll(async () => (await end(chat.page.getByRole("menu"))) - (await end(button))).toBeCloseTo(0, 0);
});

test("forced colours show the open conversation, the theme and the feedback", async ({ chat }) => {
  await chat.answered({ text: "A reply." });
  await chat.button("Good reply").click();
  await chat.page.emulateMedia({ forcedColors: "active" });
  const outline = (element: Locator) => element.evaluate((shown) => getComputedStyle(shown).outlineStyle);
  expect(await outline(chat.list.getByRole("listitem").first())).toBe("solid");
  expect(await outline(chat.page.locator(".themes :checked + span"))).toBe("solid");
  expect(await outline(chat.page.locator(".themes :not(:checked) + span").first())).toBe("none");
  expect(await outline(chat.button("Good reply"))).toBe("solid");
  expect(await outline(chat.button("Bad reply"))).toBe("none");
});

test.describe("on a phone", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: PHONE });

  test("Enter begins a line, and the button sends", async ({ chat }) => {
    await chat.field.tap();
    await chat.field.pressSequentially("One");
    await chat.field.press("Enter");
    await chat.field.pressSequentially("Two");
    await expect(chat.field).toHaveValue("One\nTwo");
    await chat.button("Send").tap();
    await expect(chat.page.getByRole("article", { name: "You" })).toContainText("One\nTwo");
  });

  test("no field is focused, which would open the keyboard, until it is touched", async ({ chat }) => {
    const isTyping = () => chat.page.evaluate(() => document.activeElement?.matches("input, textarea"));
    expect(await isTyping()).toBe(false);
    await chat.field.fill('script: {"text": "A reply."}');
    await chat.button("Send").tap();
    await expect(chat.replies).toHaveCount(1);
    await chat.button("Conversations").tap();
    await chat.list.getByRole("link").tap();
    await expectLayout(chat, "hidden");
    expect(await isTyping()).toBe(false);
    await chat.button("Conversations").tap();
    await chat.list.getByRole("button", { name: "New conversation" }).tap();
    await expectLayout(chat, "hidden");
    expect(await isTyping()).toBe(false);
  });

  test("no field has letters so small that the phone enlarges the page for it", async ({ chat }) => {
    await chat.field.fill('script: {"text": "A reply."}');
    await chat.button("Send").tap();
    await expect(chat.replies).toHaveCount(1);
    await chat.button("Conversations").tap();
    await chat.list.getByRole("button", { name: /^More for/ }).tap();
    await chat.page.getByRole("menuitem", { name: "Rename" }).tap();
    const sizes = await chat.page
      .locator("input:not([type=radio]), textarea, select")
      .evaluateAll((fields) =>
        fields.map((field) => [
          field.getAttribute("aria-label") ?? field.parentElement?.textContent,
          Number.parseFloat(getComputedStyle(field).fontSize),
        ]),
      );
    expect(sizes.length).toBeGreaterThanOrEqual(4);
    expect(sizes.filter(([, size]) => Number(size) < 16)).toEqual([]);
  });
});

/** What is said of an empty conversation ends above the field. */
async function expectNoOverlap(chat: ChatPage) {
  const field = await chat.page.locator(".composer").boundingBox();
  for (const said of await chat.page.locator(".empty > :visible").all()) {
    const box = await said.boundingBox();
    if (box) expect(box.y + box.height).toBeLessThanOrEqual(field?.y ?? 0);
    if (box) expect(box.y).toBeGreaterThanOrEqual(0);
  }
}
