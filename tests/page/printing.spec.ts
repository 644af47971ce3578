import { interceptSocket } from "./support/intercepted-socket.ts";
import { seed } from "./support/seed.ts";
import { expect, test } from "./support/test.ts";
import { ChatPage } from "./support/chat-page.ts";

test("a print has the conversation and nothing else of the page", async ({ chat }) => {
  const link = "A [link](https://example.com/page).";
  const details = "<details><summary>More</summary>\n\nFolded away.\n\n</details>";
  const code = `\`\`\`\nlong line ${"and on ".repeat(60)}\n\`\`\``;
  await chat.answered({ text: [link, details, code].join("\n\n") });
  await chat.page.emulateMedia({ media: "print", colorScheme: "dark" });
  await expect(chat.list).toBeHidden();
  await expect(chat.field).toBeHidden();
  await expect(chat.page.getByRole("button")).toHaveCount(0);
  await expect(chat.replies.getByText("Folded away.")).toBeVisible();
  // Nothing is cut off, and nothing is dark.
  const width = await chat.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(width).toBeLessThanOrEqual(0);
  const hidden = await chat.replies.locator("pre").evaluate((pre) => pre.scrollWidth - pre.clientWidth);
  expect(hidden).toBeLessThanOrEqual(0);
  await expect(chat.page.locator("body")).toHaveCSS("background-color", "rgb(255, 255, 255)");
  // Nor is there what a page has that is as narrow as paper.
  await chat.page.setViewportSize({ width: 600, height: 800 });
  await expect(chat.page.locator(".show-list")).toBeAttached();
  await expect(chat.page.getByRole("button")).toHaveCount(0);
});

test("a long conversation is printed on several pages", async ({ chat }) => {
  await chat.answered({ text: Array.from({ length: 150 }, (_, n) => `Line ${n}.`).join("\n\n"), rate: 0 });
  await expect(chat.replies).toContainText("Line 149.");
  const pdf = (await chat.page.pdf({ format: "A4" })).toString("latin1");
  expect(pdf.match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThanOrEqual(4);
});

test("older messages are loaded before printing, even while a load runs", async ({ page, stack, user }) => {
  test.slow();
  const asked = new Set<string>();
  const sockets = await interceptSocket(page, (frame) => void (frame.cursor && asked.add(frame.requestId)));
  await seed(page, stack, user, [{ id: "long", turns: Array.from({ length: 40 }, (_, n) => ({ text: `Reply ${n}.`, rate: 0 })) }]);
  await page.addInitScript(() => {
    globalThis.print = () => {
      document.body.dataset.printed = String(document.querySelectorAll("article").length);
    };
  });
  const chat = new ChatPage(page, stack, user);
  await chat.open("long");
  await expect(chat.replies.last()).toContainText("Reply 39.");
  const held = sockets.hold(({ requestId }) => asked.has(requestId));
  await page.getByRole("log").evaluate((view) => view.scrollTo({ top: 0 }));
  await expect.poll(() => held.count()).toBeGreaterThan(0);
  await page.keyboard.press("Control+p");
  held.release();
  await expect(page.locator("body")).toHaveAttribute("data-printed", "80");
  await expect(chat.replies.first()).toContainText("Reply 0.");
});
