import { interceptSocket } from "./support/intercepted-socket.ts";
import { seed } from "./support/seed.ts";
import { expect, test } from "./support/test.ts";
import { ChatPage } from "./support/chat-page.ts";

test("a conversation appears in the list when it begins, and gets its title", async ({ chat }) => {
  await expect(chat.list.getByText("Your conversations will be listed here.")).toBeVisible();
  await chat.answered({ text: "A reply." });
  const row = chat.list.getByRole("listitem");
  await expect(row).toHaveCount(1);
  await expect(row.getByRole("link")).toHaveAttribute("aria-current", "page");
  await expect(row.getByRole("link")).not.toHaveText("New conversation");
  await expect(chat.page.getByRole("heading", { level: 1 })).not.toHaveText("New conversation");
});

test("a new conversation is empty, and the old one stays in the list", async ({ chat }) => {
  await chat.answered({ text: "In the first." });
  await chat.button("New conversation").click();
  await expect(chat.page.getByRole("heading", { name: "What is on your mind?" })).toBeVisible();
  await chat.answered({ text: "In the second." });
  await expect(chat.list.getByRole("listitem")).toHaveCount(2);
  await chat.list.getByRole("link").nth(1).click();
  await expect(chat.replies).toHaveText([/In the first/]);
  await chat.page.goBack();
  await expect(chat.replies).toHaveText([/In the second/]);
});

test("a link opens its conversation", async ({ chat }) => {
  await chat.answered({ text: "Here you are." });
  const link = chat.page.url();
  await chat.page.goto("about:blank");
  await chat.page.goto(link);
  await expect(chat.replies).toHaveText([/Here you are/]);
});

test("a conversation is renamed in place", async ({ chat }) => {
  await chat.answered({ text: "A reply." });
  await rename(chat, "A better name");
  await expect(chat.row("A better name")).toBeVisible();
  await expect(chat.page.getByRole("heading", { level: 1 })).toHaveText("A better name");
  await expect(chat.page).toHaveTitle("A better name – Natter");
  await chat.page.reload();
  await expect(chat.row("A better name")).toBeVisible();
});

test("a title set while the list loads is kept", async ({ page, stack, user }) => {
  const asked = new Set<string>();
  const sockets = await interceptSocket(page, (frame) => void (frame.type === "conversations.list" && asked.add(frame.requestId)));
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({ text: "A reply." });
  await expect(chat.list.getByRole("link")).not.toHaveText("New conversation");
  const held = sockets.hold(({ requestId }) => asked.has(requestId));
  // When a connection is made again, the list is read.
  await sockets.cut();
  await expect.poll(() => held.count()).toBeGreaterThan(0);
  await rename(chat, "Given meanwhile");
  await expect(chat.row("Given meanwhile")).toBeVisible();
  const titles: string[] = [];
  await page.exposeFunction("noteTitle", (title: string) => titles.push(title));
  await page.evaluate(() => {
    const note = () =>
      (globalThis as unknown as { noteTitle(title: string): void }).noteTitle(document.querySelector("nav.sidebar a")?.textContent ?? "");
    new MutationObserver(note).observe(document.querySelector("nav.sidebar") as Node, {
      childList: true,
      subtree: true,
      characterData: true,
    });
  });
  held.release();
  await chat.answered({ text: "Another reply." });
  await expect(chat.row("Given meanwhile")).toBeVisible();
  expect(titles.filter((title) => title !== "Given meanwhile")).toEqual([]);
});

test("Esc cancels a rename", async ({ chat }) => {
  await chat.answered({ text: "A reply." });
  await openMenu(chat, "Rename");
  await chat.page.getByRole("textbox", { name: "Title" }).fill("Never mind");
  await chat.page.keyboard.press("Escape");
  await expect(chat.list.getByRole("link")).toBeVisible();
  await chat.page.reload();
  await expect(chat.list.getByRole("link")).toBeVisible();
  await expect(chat.list.getByRole("link")).not.toHaveText("Never mind");
});

test("a conversation is deleted only after a confirmation", async ({ chat }) => {
  await chat.answered({ text: "Not for ever." });
  await openMenu(chat, "Delete");
  await chat.button("Keep it").click();
  await expect(chat.list.getByRole("listitem")).toHaveCount(1);

  const address = chat.page.url();
  await openMenu(chat, "Delete");
  await chat.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(chat.list.getByRole("listitem")).toHaveCount(0);
  await expect(chat.page.getByRole("heading", { name: "What is on your mind?" })).toBeVisible();

  await chat.page.goto("about:blank");
  await chat.page.goto(address);
  await expect(chat.page.getByRole("heading", { name: "This conversation is gone" })).toBeVisible();
});

test("titles and messages are searched", async ({ page, stack, user }) => {
  await seed(page, stack, user, [
    { id: "boats", turns: [{ text: "A name for a small boat: Löwenzahn." }] },
    { id: "trains", turns: [{ text: "Trains go at noon." }] },
  ]);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  const search = page.getByRole("searchbox", { name: "Search conversations" });
  await search.fill("löwenZAHN");
  await expect(chat.list.getByRole("listitem")).toHaveCount(1);
  await chat.list.getByRole("link").click();
  await expect(chat.replies).toHaveText([/Löwenzahn/]);
  await search.fill("giraffe");
  await expect(chat.list.getByRole("status")).toHaveText("Nothing found");
  await search.press("Escape");
  await expect(chat.list.getByRole("listitem")).toHaveCount(2);
});

for (const width of [390, 820, 1280]) {
  test(`a match is in sight in a list of a window of ${width} px`, async ({ page, stack, user }) => {
    await page.setViewportSize({ width, height: 844 });
    const words = (count: number) => "some words of no interest ".repeat(count);
    await seed(page, stack, user, [{ id: "long", turns: [{ text: `${words(9)}then (Löwenzahn) ${words(9)}` }] }]);
    const chat = new ChatPage(page, stack, user);
    await chat.open();
    await page.keyboard.press("Control+k");
    await page.getByRole("searchbox").fill("(löwen");
    const match = chat.list.getByText("(Löwen", { exact: true });
    await expect(match).toBeVisible();
    const { top, bottom } = await match.evaluate((element) => {
      const shown = element.closest("small")!.getBoundingClientRect();
      const box = element.getBoundingClientRect();
      return { top: box.top - shown.top, bottom: shown.bottom - box.bottom };
    });
    expect(Math.min(top, bottom)).toBeGreaterThanOrEqual(0);
  });
}

test("many conversations are listed by day and loaded page by page", async ({ page, stack, user }) => {
  await seed(
    page,
    stack,
    user,
    Array.from({ length: 45 }, (_, n) => ({ id: `c${n}`, turns: [{ text: `Reply ${n}.`, rate: 0 }] })),
  );
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  const rows = chat.list.getByRole("listitem");
  await expect(rows).toHaveCount(30);
  await expect(chat.list.getByRole("region", { name: "Today" })).toBeVisible();
  // What is last moves on while more is loaded.
  await expect(async () => {
    await rows.last().evaluate((row) => row.scrollIntoView());
    await expect(rows).toHaveCount(45, { timeout: 1000 });
  }).toPass();
  const links = await chat.list.getByRole("link").evaluateAll((all) => new Set(all.map((link) => link.getAttribute("href"))).size);
  expect(links).toBe(45);
});

test("the list shows running and unread replies", async ({ chat }) => {
  await chat.script({ tokens: 90, rate: 30 });
  await expect(chat.replies.last()).toContainText("w3");
  await chat.button("New conversation").click();
  const row = chat.list.getByRole("listitem").first();
  await expect(row.getByRole("img", { name: "A reply is being written" })).toBeVisible();
  await expect(row.getByRole("img", { name: "Not read yet" })).toBeVisible();

  // It is known after a reload, and to other tabs, until it is read in one.
  await chat.page.reload();
  await expect(row.getByRole("img", { name: "Not read yet" })).toBeVisible();
  const other = await chat.otherTab();
  await other.list.getByRole("link").click();
  await expect(other.replies.last()).toContainText("w89");
  await expect(chat.list.getByRole("img")).toHaveCount(0);
});

test("a reply requested by another device is marked unless it is on screen", async ({ page, stack, user, browser }) => {
  await seed(page, stack, user, [{ id: "elsewhere", turns: [{ text: "To begin with." }] }]);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({ text: "On screen here." });
  const context = await browser.newContext();
  const device = new ChatPage(await context.newPage(), stack, user);
  await device.open("elsewhere");
  await expect(device.replies).toHaveCount(1);
  await device.script({ tokens: 60, rate: 30 });
  const row = chat.list.getByRole("listitem").filter({ has: page.locator('[href="#elsewhere"]') });
  await expect(row.getByRole("img", { name: "A reply is being written" })).toBeVisible();
  await expect(row.getByRole("img", { name: "Not read yet" })).toBeVisible({ timeout: 30_000 });
  await expect(chat.list.getByRole("img")).toHaveCount(1);
  await context.close();
});

test("a reply in a deleted conversation is not shown as running", async ({ page, stack, user, browser }) => {
  await seed(page, stack, user, [{ id: "elsewhere", turns: [{ text: "To begin with." }] }]);
  const asked: string[] = [];
  await interceptSocket(page, ({ type }) => void asked.push(type));
  await page.clock.install();
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  const context = await browser.newContext();
  const device = new ChatPage(await context.newPage(), stack, user);
  await device.open("elsewhere");
  await expect(device.replies).toHaveCount(1);
  await device.script({ text: "Never said.", firstTokenMs: 60_000 });
  await expect(chat.list.getByRole("img", { name: "A reply is being written" })).toBeVisible();
  await openMenu(chat, "Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);

  asked.length = 0;
  await page.clock.fastForward(11_000);
  await page.getByRole("searchbox").fill("begin");
  await expect.poll(() => asked).toContain("conversations.search");
  expect(asked).not.toContain("conversations.list");
  await context.close();
});

test("a new conversation can be started with a suggestion", async ({ chat }) => {
  await chat.button("Make a plan").click();
  await expect(chat.field).toHaveValue("Help me plan ");
  await expect(chat.field).toBeFocused();
  await expect(chat.messages).toHaveCount(0);
  // Once something is written, nothing is offered that would replace it.
  await expect(chat.button("Make a plan")).toHaveCount(0);
});

async function openMenu(chat: ChatPage, item: string) {
  await chat.list.getByRole("listitem").first().hover();
  await chat.list
    .getByRole("button", { name: /^More for/ })
    .first()
    .click();
  await chat.page.getByRole("menuitem", { name: item }).click();
}

async function rename(chat: ChatPage, title: string) {
  await openMenu(chat, "Rename");
  const field = chat.page.getByRole("textbox", { name: "Title" });
  await field.fill(title);
  await field.press("Enter");
}
