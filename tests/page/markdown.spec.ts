import { readFile } from "node:fs/promises";
import { Blocks } from "../../clients/web/src/markdown/blocks.ts";
import { expect, test } from "./support/test.ts";

const TEXT = await readFile(new URL("./support/sample.md", import.meta.url), "utf8");

test("Markdown is shown as what it means", async ({ chat }) => {
  const reply = await chat.answered({ text: TEXT, chunk: 40, rate: 0 });
  await expect(reply.getByRole("heading", { name: "A heading" })).toBeVisible();
  await expect(reply.getByRole("listitem").first()).toContainText("first");
  await expect(reply.getByRole("table")).toBeVisible();
  await expect(reply.getByRole("columnheader").nth(1)).toHaveAttribute("align", "right");
  await expect(reply.locator("blockquote")).toContainText("A quotation");
  await expect(reply.locator("del")).toHaveText("struck");
  await expect(reply.getByText("☑ done")).toBeVisible();
});

test("code is coloured, and copied as it was written", async ({ chat, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const reply = await chat.answered({ text: "Look:\n\n```rust\nlet answer = 42; // <b>&amp;\n```\n\n- in a list:\n  ```js\n  const a = 1;\n  ```" });
  await expect(reply.locator(".hljs-keyword").first()).toHaveText("let");
  await expect(reply.locator(".hljs-keyword")).toHaveText(["let", "const"]);
  await chat.button("Copy", reply.locator("figure").first()).click();
  await expect(reply.getByText("Copied")).toBeVisible();
  expect(await chat.page.evaluate(() => navigator.clipboard.readText())).toBe("let answer = 42; // <b>&amp;");
});

test("a whole reply is copied as the Markdown it is", async ({ chat, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const reply = await chat.answered({ text: "So **bold**." });
  await reply.getByRole("group", { name: "This reply" }).getByRole("button", { name: "Copy" }).click();
  await expect(reply.getByText("Copied")).toBeVisible();
  expect(await chat.page.evaluate(() => navigator.clipboard.readText())).toBe("So **bold**.");
});

test("a text that grows falls into the same blocks as the whole", () => {
  const growing = new Blocks();
  for (let length = 1; length <= TEXT.length; length += 1) {
    const grown = growing.of(TEXT.slice(0, length)).map(({ type, raw }) => ({ type, raw }));
    const whole = new Blocks().of(TEXT.slice(0, length)).map(({ type, raw }) => ({ type, raw }));
    expect(grown, `after ${JSON.stringify(TEXT.slice(Math.max(0, length - 30), length))}`).toEqual(whole);
  }
});

test("a text that is another falls into its own blocks", () => {
  const blocks = new Blocks();
  blocks.of("One.\n\nTwo.");
  expect(blocks.of("- Other").map(({ type }) => type)).toEqual(["list"]);
  expect(blocks.of("").map(({ type }) => type)).toEqual([]);
});

test("of a long reply only the block that grows is drawn again", async ({ chat }) => {
  test.slow();
  // 32 KB in 400 pieces, 64 paragraphs, lists and pieces of code.
  const paragraph = "Lorem ipsum **dolor** sit amet, `consectetur` adipiscing elit, sed do eiusmod tempor incididunt ut labore. ".repeat(4);
  const sections = Array.from({ length: 16 }, (_, n) => `## Part ${n}\n\n${paragraph}\n\n- one\n- two\n\n\`\`\`js\nconst part = ${n};\n\`\`\`\n\n${paragraph}${paragraph}${paragraph}\n\n`);
  const text = sections.join("").slice(0, 32_000);
  const blocks = new Blocks().of(text).filter(({ type }) => type !== "space").length;

  await chat.page.evaluate(() => {
    const counts = { changed: 0, added: 0 };
    Object.assign(globalThis, { counts });
    const noted = new Set<Element>();
    new MutationObserver((mutations) => {
      const touched = new Set<Element>();
      for (const { target } of mutations) {
        const block = (target instanceof Element ? target : target.parentElement)?.closest(".block");
        if (block) touched.add(block);
      }
      for (const block of document.querySelectorAll(".block")) if (!noted.has(block)) noted.add(block), (counts.added += 1);
      // All blocks that one frame has drawn again, but for the one at the end.
      const last = [...document.querySelectorAll(".block")].at(-1);
      for (const block of touched) if (block !== last) counts.changed += 1;
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  const devtools = await chat.page.context().newCDPSession(chat.page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const mainThread = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
  };

  const before = await mainThread();
  const reply = await chat.answered({ text, chunk: 80, rate: 100 });
  await expect(reply.locator(".block").last()).toContainText(text.trimEnd().slice(-20).trim());
  console.log(`      32 KB in 400 pieces: ${(await mainThread() - before).toFixed(2)} s of main thread`);

  const counts = await chat.page.evaluate(() => (globalThis as unknown as { counts: { changed: number; added: number } }).counts);
  expect(counts.added).toBe(blocks);
  // When a block is complete it may be drawn once more, since the next one began in the same frame; code once more for its colours.
  expect(counts.changed).toBeLessThanOrEqual(2 * blocks);
});

test("text flows between two arrivals, whatever gusts it comes in", async ({ chat }) => {
  await chat.page.evaluate(() => {
    const lengths: number[] = [];
    Object.assign(globalThis, { lengths });
    new MutationObserver(() => {
      const length = document.querySelector(".assistant .markdown")?.textContent?.length ?? 0;
      if (length !== lengths.at(-1)) lengths.push(length);
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  // Three gusts of 300 characters.
  const reply = await chat.answered({ text: "All of this comes at once, and is read as it flows. ".repeat(18), chunk: 300, rate: 3 });
  await expect(reply.locator(".markdown")).toContainText("flows.");
  const lengths = await chat.page.evaluate(() => (globalThis as unknown as { lengths: number[] }).lengths);
  // More often than it came, which was three times and the end.
  expect(lengths.length).toBeGreaterThan(4);
});

test("who asked for less motion gets text as it comes", async ({ chat }) => {
  await chat.page.emulateMedia({ reducedMotion: "reduce" });
  await chat.page.evaluate(() => {
    const lengths = new Set<number>();
    Object.assign(globalThis, { lengths });
    new MutationObserver(() => lengths.add(document.querySelector(".assistant .markdown")?.textContent?.trim().length ?? 0)).observe(document.body, {
      childList: true,
      subtree: true,
      characterData: true,
    });
  });
  await chat.answered({ text: "x".repeat(900), chunk: 300, rate: 2 });
  const lengths = await chat.page.evaluate(() => [...(globalThis as unknown as { lengths: Set<number> }).lengths]);
  expect(lengths.filter((length) => length % 300 !== 0)).toEqual([]);
});
