import type { Page } from "@playwright/test";
import axe from "axe-core";
import { expect, test } from "./support/test.ts";
import type { ChatPage } from "./support/chat-page.ts";
import { interceptSocket } from "./support/intercepted-socket.ts";
import { ToolServer } from "./support/tool-server.ts";

// Beside the standards' own rules, what axe holds to be good practice.
async function faults(page: Page) {
  // What fades in would be measured half seen.
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every((animation) => animation.effect?.getTiming().iterations === Infinity || animation.playState !== "running"),
  );
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.setBypassCSP", { enabled: true });
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
}

const STATES: Record<string, (chat: ChatPage) => Promise<void>> = {
  "a new conversation": async () => {},
  "a conversation": async (chat) => {
    await chat.answered({
      text: "# Heading\n\nText with `code` and [a link](https://example.com).\n\n```js\nconst a = 'b'; // c\n```\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\nSo $x_1$ [^1].\n\n$$\\frac{a}{b}$$\n\n<details><summary>More</summary>\n\n- [x] done\n\n</details>\n\n```mermaid\nflowchart LR\n  A --> B\n```\n\nPress <kbd>Esc</kbd> <mark>now</mark>.\n\n[^1]: Said elsewhere.",
      reasoning: "Hm.",
    });
    await expect(chat.page.locator(".hljs-keyword")).toHaveCount(1);
    await expect(chat.page.locator("[data-drawn]")).toHaveCount(2);
    await chat.button("Draw").click();
    await expect(chat.page.getByRole("img", { name: /^Diagram/ })).toBeVisible({ timeout: 30_000 });
  },
  "a reply under way": async (chat) => {
    await chat.script({ tokens: 3000, rate: 20 });
    await expect(chat.replies.last()).toContainText("w3");
  },
  "an error": async (chat) => {
    await chat.script({ status: 400 });
    await expect(chat.page.getByRole("alert")).toBeVisible();
    // What fades in later would be measured half seen.
    await expect(chat.list.getByRole("listitem")).toHaveCount(1);
  },
  "a menu": async (chat) => {
    await chat.answered({ text: "A reply." });
    await chat.button("More for this conversation").click();
  },
  "a question before deleting": async (chat) => {
    await chat.answered({ text: "A reply." });
    await chat.button("More for this conversation").click();
    await chat.page.getByRole("menuitem", { name: "Delete" }).click();
  },
  "the help": async (chat) => {
    await chat.button("Keyboard shortcuts").click();
    await expect(chat.page.getByRole("dialog")).toBeVisible();
  },
  "what a search has found": async (chat) => {
    await chat.answered({ text: "A name for a small boat: Löwenzahn." });
    await chat.page.getByRole("searchbox").fill("löwen");
    await expect(chat.list.getByText("Löwen", { exact: true })).toBeVisible();
  },
  "an edited message": async (chat) => {
    await chat.answered({ text: "A reply." });
    await chat.field.press("ArrowUp");
    await expect(chat.page.getByRole("textbox", { name: "Edit your message" })).toBeVisible();
  },
};

for (const [name, reach] of Object.entries(STATES)) {
  test(`axe finds no fault with ${name}, light or dark`, async ({ chat }) => {
    await reach(chat);
    for (const colorScheme of ["light", "dark"] as const) {
      await chat.page.emulateMedia({ colorScheme });
      expect(await faults(chat.page), colorScheme).toEqual([]);
    }
  });
}

test("axe finds no fault with calls of tools, light or dark", async ({ page, stack, user }) => {
  const { ChatPage } = await import("./support/chat-page.ts");
  const server = new ToolServer([
    { tool: "weather", kind: "server", input: { city: "Graz" }, output: { degrees: 21 } },
    { tool: "rows", kind: "server", output: "Graz, 21; Linz, … [cut]" },
    { tool: "send_mail", kind: "approval", input: { to: "ann@example.com" } },
    { tool: "pay", kind: "approval" },
    { tool: "ask_user", kind: "client", input: { question: "Where to?", choices: ["Graz", "Linz"] } },
    { tool: "locate", kind: "client" },
  ]);
  server.isHeld = true;
  await server.intercept(page);
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say("What is to be done?");
  await chat.button("Allow").first().click();
  await expect(page.locator("summary")).toHaveCount(4);
  expect(await faults(page), "at work").toEqual([]);
  server.release();
  await chat.idle();
  await chat.button("Decline").first().click();
  for (const summary of await page.locator("summary").all()) await summary.click();
  await expect(chat.button("Show all of it")).toBeVisible();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await faults(page), colorScheme).toEqual([]);
  }
});

test("axe finds no fault with the page on a phone", async ({ chat }) => {
  await chat.page.setViewportSize({ width: 390, height: 844 });
  await chat.answered({ text: "A reply." });
  expect(await faults(chat.page)).toEqual([]);
  await chat.button("Conversations").click();
  await expect(chat.list).toBeVisible();
  expect(await faults(chat.page)).toEqual([]);
});

test("a screen reader announces a reply twice, and not each token", async ({ chat }) => {
  await chat.page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(globalThis, { heard });
    new MutationObserver((mutations) => {
      for (const { target } of mutations) {
        const element = target instanceof Element ? target : target.parentElement;
        const live = element?.closest("[role=status], [role=alert], [role=log], [aria-live]");
        if (!live || live.getAttribute("aria-live") === "off" || live.getAttribute("aria-busy") === "true") continue;
        const text = live.textContent ?? "";
        if (text && text !== heard.at(-1)) heard.push(text);
      }
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  await chat.answered({ tokens: 60, rate: 60 });
  await expect(chat.page.getByRole("log")).toHaveCount(1);
  await expect
    .poll(() => chat.page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard))
    .toEqual(["The reply is being written.", expect.stringMatching(/^Reply: w0 w1 w2/)]);
});

test("right-to-left text is shown from right to left", async ({ chat }) => {
  const reply = await chat.answered({ text: "مرحبا بالعالم\n\nAnd back.\n\n```js\nconst a = 1;\n```" });
  const blocks = reply.locator(".block");
  await expect(blocks.first()).toHaveCSS("direction", "rtl");
  await expect(blocks.nth(1)).toHaveCSS("direction", "ltr");
  await expect(reply.locator("figure")).toHaveCSS("direction", "ltr");
});

test("the theme is the system's or the user's stored choice", async ({ chat }) => {
  const ground = () => chat.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await chat.page.emulateMedia({ colorScheme: "dark" });
  const dark = await ground();
  await chat.page.emulateMedia({ colorScheme: "light" });
  const light = await ground();
  expect(light).not.toBe(dark);
  await chat.page.getByRole("radio", { name: "Dark" }).check();
  await expect.poll(ground).toBe(dark);
  await chat.page.reload();
  await expect.poll(ground).toBe(dark);
});

test("on a laptop the list is beside the conversation", async ({ chat }) => {
  const list = await chat.list.boundingBox();
  const main = await chat.page.getByRole("main").boundingBox();
  expect(list).toMatchObject({ x: 0, y: 0, height: 800 });
  expect(main).toMatchObject({ x: list?.width, y: 0, width: 1280 - (list?.width ?? 0), height: 800 });
});

test("on a phone the list is a drawer, and nothing is wider than the screen", async ({ page, stack, user }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await interceptSocket(page);
  const { ChatPage } = await import("./support/chat-page.ts");
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({
    text: `${"unbroken".repeat(40)}\n\n| a | b | c |\n|--|--|--|\n| ${"wide ".repeat(30)} | ${"x".repeat(60)} | c |\n\n\`\`\`\n${"long line ".repeat(30)}\n\`\`\``,
  });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await expect(chat.list).not.toBeVisible();
  await chat.button("Conversations").click();
  await expect(chat.list).toBeVisible();
  await chat.list.getByRole("link").click();
  await expect(chat.list).not.toBeVisible();
});
