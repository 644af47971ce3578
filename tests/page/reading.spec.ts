import { seed } from "./support/seed.ts";
import { expect, test } from "./support/test.ts";
import { ChatPage } from "./support/chat-page.ts";

const LINES = Array.from({ length: 60 }, (_, n) => `Line ${n}.`).join("\n\n");

test("the page scrolls with a reply only while its end is in view", async ({ chat }) => {
  const log = chat.page.getByRole("log");
  const below = () => log.evaluate((view) => view.scrollHeight - view.scrollTop - view.clientHeight);
  await chat.answered({ text: LINES, rate: 0 });
  expect(await below()).toBeLessThan(2);

  await chat.script({ text: LINES.replaceAll("Line", "Row"), rate: 60 });
  await expect(chat.replies.last()).toContainText("Row 3.");
  expect(await below()).toBeLessThan(60);

  await log.hover();
  await chat.page.mouse.wheel(0, -600);
  await expect(chat.button("Go to the end")).toBeVisible();
  const place = await log.evaluate((view) => view.scrollTop);
  await expect(chat.replies.last()).toContainText("Row 25.");
  expect(await log.evaluate((view) => view.scrollTop)).toBe(place);

  await chat.button("Go to the end").click();
  await expect(chat.button("Go to the end")).toHaveCount(0);
  await chat.idle();
  await expect(chat.replies.last()).toContainText("Row 59.");
  await expect.poll(below).toBeLessThan(2);
});

test("any scroll upwards stops automatic scrolling", async ({ chat }) => {
  const log = chat.page.getByRole("log");
  await chat.answered({ text: LINES, rate: 0 });
  await chat.script({ text: LINES.replaceAll("Line", "Row"), rate: 60 });
  await expect(chat.replies.last()).toContainText("Row 3.");
  await log.hover();
  for (let turns = 0; turns < 21; turns += 1) await chat.page.mouse.wheel(0, -12);
  await expect(chat.button("Go to the end")).toBeVisible();
  const place = await log.evaluate((view) => view.scrollTop);
  await expect(chat.replies.last()).toContainText("Row 40.");
  expect(Math.abs((await log.evaluate((view) => view.scrollTop)) - place)).toBeLessThan(252);
  const rest = await log.evaluate((view) => view.scrollTop);
  await chat.idle();
  expect(await log.evaluate((view) => view.scrollTop)).toBe(rest);
});

test("a selection in a running reply does not move", async ({ chat }) => {
  const log = chat.page.getByRole("log");
  await chat.answered({ text: LINES, rate: 0 });
  await chat.script({ text: LINES.replaceAll("Line", "Row"), rate: 60 });
  await expect(chat.replies.last()).toContainText("Row 3.");
  await chat.replies
    .last()
    .getByText("Row 2.")
    .evaluate((line) => getSelection()?.selectAllChildren(line));
  const place = await log.evaluate((view) => view.scrollTop);
  await expect(chat.replies.last()).toContainText("Row 30.");
  expect(await log.evaluate((view) => view.scrollTop)).toBe(place);
  expect(await chat.page.evaluate(() => getSelection()?.toString())).toBe("Row 2.");
  await chat.page.evaluate(() => getSelection()?.removeAllRanges());
  await chat.idle();
  await expect.poll(() => log.evaluate((view) => view.scrollHeight - view.scrollTop - view.clientHeight)).toBeLessThan(2);
});

test("the page scrolls to the user's own new message", async ({ chat }) => {
  const log = chat.page.getByRole("log");
  await chat.answered({ text: LINES, rate: 0 });
  await log.hover();
  await chat.page.mouse.wheel(0, -2000);
  await expect(chat.button("Go to the end")).toBeVisible();
  await chat.answered({ text: "Seen." });
  await expect(chat.replies.last()).toBeInViewport();
});

test("a conversation of 300 messages opens at its end, a page at a time, and stays smooth", async ({ page, stack, user }) => {
  test.slow();
  const turns = Array.from({ length: 150 }, (_, n) => ({ text: `Reply ${n}: **something** with \`code\`.\n\n- and\n- a list`, rate: 0 }));
  await seed(page, stack, user, [{ id: "long", turns }]);
  const chat = new ChatPage(page, stack, user);
  await chat.open("long");
  await expect(chat.replies.last()).toContainText("Reply 149");
  await expect(chat.replies.last()).toBeInViewport();
  expect(await chat.messages.count()).toBeLessThanOrEqual(30);

  // A new message costs the same as in a short conversation: nothing above it is drawn again.
  await page.evaluate(() => {
    const touched = new Set<Element>();
    Object.assign(globalThis, { touched });
    new MutationObserver((mutations) => {
      for (const { target } of mutations) {
        const article = (target instanceof Element ? target : target.parentElement)?.closest("article");
        if (article) touched.add(article);
      }
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  await chat.answered({ tokens: 40, rate: 60 });
  const touched = () => page.evaluate(() => (globalThis as unknown as { touched: Set<Element> }).touched.size);
  expect(await touched()).toBeLessThanOrEqual(2);

  // Reading backwards, what is read stays where it is.
  const log = page.getByRole("log");
  const place = () => chat.replies.filter({ hasText: "Reply 140:" }).evaluate((article) => article.getBoundingClientRect().top);
  for (let pages = 0; pages < 4; pages += 1) {
    const before = await chat.messages.count();
    await log.evaluate((view) => view.scrollTo({ top: 0 }));
    await expect.poll(() => chat.messages.count()).toBeGreaterThan(before);
  }
  await chat.replies.filter({ hasText: "Reply 140:" }).scrollIntoViewIfNeeded();
  const before = await place();
  await page.waitForTimeout(300);
  expect(Math.abs((await place()) - before)).toBeLessThan(2);
  const ids = await chat.messages.evaluateAll((all) => all.map((article) => article.getAttribute("data-message")));
  expect(new Set(ids).size).toBe(ids.length);
});
