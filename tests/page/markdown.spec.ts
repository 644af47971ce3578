import { Blocks } from "../../clients/web/src/markdown/blocks.ts";
import { SAMPLE } from "./support/documents.ts";
import { expect, test } from "./support/test.ts";

test("Markdown is rendered", async ({ chat }) => {
  const reply = await chat.answered({ text: SAMPLE, chunk: 40, rate: 0 });
  await expect(reply.getByRole("heading", { name: "A heading" })).toBeVisible();
  await expect(reply.getByRole("listitem").first()).toContainText("first");
  await expect(reply.getByRole("table")).toBeVisible();
  await expect(reply.getByRole("columnheader").nth(1)).toHaveAttribute("align", "right");
  await expect(reply.locator("blockquote")).toContainText("A quotation");
  await expect(reply.locator("del")).toHaveText("struck");
  await expect(reply.getByText("☑ done")).toBeVisible();
});

test("code is highlighted and copied unchanged", async ({ chat, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const reply = await chat.answered({
    text: "Look:\n\n```rust\nlet answer = 42; // <b>&amp;\n```\n\n- in a list:\n  ```js\n  const a = 1;\n  ```",
  });
  await expect(reply.locator(".hljs-keyword").first()).toHaveText("let");
  await expect(reply.locator(".hljs-keyword")).toHaveText(["let", "const"]);
  await chat.button("Copy", reply.locator("figure").first()).click();
  await expect(reply.getByText("Copied")).toBeVisible();
  expect(await chat.page.evaluate(() => navigator.clipboard.readText())).toBe("let answer = 42; // <b>&amp;");
});

test("a whole reply is copied as Markdown", async ({ chat, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const reply = await chat.answered({ text: "So **bold**." });
  await reply.getByRole("group", { name: "This reply" }).getByRole("button", { name: "Copy" }).click();
  await expect(reply.getByText("Copied")).toBeVisible();
  expect(await chat.page.evaluate(() => navigator.clipboard.readText())).toBe("So **bold**.");
});

test("a selection is copied without labels, and a formula as its source", async ({ chat, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await chat.page.emulateMedia({ reducedMotion: "reduce" });
  const reply = await chat.answered({ text: "A [link](https://example.com/x).\n\n```js\nlet a;\n```\n\n\\(x_1\\)[^1]\n\n[^1]: Note." });
  await expect(reply.locator(".katex-html")).toBeVisible();
  await reply.locator(".markdown").evaluate((element) => document.getSelection()?.selectAllChildren(element));
  await chat.page.keyboard.press("Control+c");
  const copied = await chat.page.evaluate(() => navigator.clipboard.readText());
  expect(copied.replace(/\s+/g, " ").trim()).toBe("A link. let a; $x_1$1 Note.");
});

test("formulas are rendered; prices, variables and code are not formulas", async ({ chat }) => {
  const reply = await chat.answered({
    text: "So $x_1$, \\(y\\) and the $n$th.\n\n\\[\na \\\\ b\n\\]\n\nIt is $5 or $10, $HOME/$USER, \\[1\\], `$x$` and \\$z\\$.\n\n```\n$$w$$\n```",
  });
  const formulas = reply.locator("[data-drawn] annotation");
  await expect(formulas).toHaveText(["x_1", "y", "n", "a \\\\ b"]);
  await expect(reply.locator(".math.display")).toHaveCount(1);
  await expect(reply).toContainText("It is $5 or $10, $HOME/$USER, [1], $x$ and $z$.");
  await expect(reply.locator("pre")).toHaveText("$$w$$");
  // Laid out by the page's own styles and fonts.
  await expect(reply.locator(".katex .mathnormal").first()).toHaveCSS("font-family", /KaTeX_Math/);
});

test("an invalid formula is shown as its source", async ({ chat }) => {
  const reply = await chat.answered({ text: "Here: $\\frac{a$ and $\\unknown{x}$." });
  await expect(reply.locator(".math.source")).toHaveText(["\\frac{a", "\\unknown{x}"]);
});

test("formatting HTML is rendered, alone and in a table", async ({ chat }) => {
  const reply = await chat.answered({
    text: "H<sub>2</sub>O, E=mc<sup>2</sup>, <kbd>Ctrl</kbd>+<KBD>C</KBD>, <sub>no end.\n\n| a |\n|---|\n| one<br>two<br/>three |",
  });
  await expect(reply.locator("sub")).toHaveText(["2"]);
  await expect(reply.locator("sup")).toHaveText(["2"]);
  await expect(reply.locator("kbd")).toHaveText(["Ctrl", "C"]);
  await expect(reply.locator("td br")).toHaveCount(2);
  await expect(reply).toContainText("<sub>no end.");
});

test("details are collapsed until they are opened", async ({ chat }) => {
  const reply = await chat.answered({ text: "<details>\n<summary>More on **it**</summary>\n\n- one\n- two\n\n</details>\n\nEnd." });
  await expect(reply.locator("summary strong")).toHaveText("it");
  await expect(reply.getByRole("listitem")).toHaveCount(0);
  await reply.locator("summary").click();
  await expect(reply.getByRole("listitem")).toHaveText(["one", "two"]);
});

test("a footnote is numbered by its first reference and links both ways", async ({ chat }) => {
  const reply = await chat.answered({ text: "First[^b], second[^a], none[^c].\n\n[^a]: About *a*.\n[^b]: About b.\n    Still b." });
  await expect(reply.locator("p").first()).toHaveText("First1, second2, none[^c].");
  await expect(reply.getByRole("group", { name: "Notes" }).getByRole("listitem")).toHaveText([/About b\.\s+Still b/, /About a/]);
  const address = chat.page.url();
  await chat.button("Note 2", reply).click();
  await expect(reply.locator("li:focus")).toContainText("About a");
  await chat.button("Back to the text of note 2", reply).click();
  await expect(chat.button("Note 2", reply)).toBeFocused();
  expect(chat.page.url()).toBe(address);
});

test("emphasis ends behind East Asian punctuation", async ({ chat }) => {
  const reply = await chat.answered({ text: "**粗体。**后，中文**「引号」**文，*斜体！*字。And **bold**, a**b**c." });
  await expect(reply.locator("strong")).toHaveText(["粗体。", "「引号」", "bold", "b"]);
  await expect(reply.locator("em")).toHaveText(["斜体！"]);
});

test("code is highlighted in common languages", async ({ chat }) => {
  const languages =
    "c c++ c# php ruby kotlin swift dockerfile toml diff go java scala lua r powershell makefile graphql vue tsx sh yml".split(" ");
  const reply = await chat.answered({
    text: languages
      .map((language) => `\`\`\`${language}\n# if (1) { return "x" }\n+ FROM <b key="1"> [t] a: 1 = "s" true\n\`\`\`\n`)
      .join("\n"),
    rate: 0,
  });
  await expect(reply.locator("figure").filter({ has: chat.page.locator("[class^=hljs-]") })).toHaveCount(languages.length);
});

test("a click renders a diagram, and another shows its code", async ({ chat }) => {
  const reply = await chat.answered({ text: "```mermaid\nflowchart LR\n  A[Start] --> B[End]\n```" });
  await chat.button("Draw", reply).click();
  const drawing = reply.getByRole("img", { name: /^Diagram: flowchart/ });
  await expect(drawing).toBeVisible({ timeout: 30_000 });
  expect(await drawing.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(50);
  await expect(reply.locator("pre")).toBeHidden();
  await chat.button("Code", reply).click();
  await expect(reply.locator("pre")).toBeVisible();
  await expect(drawing).toHaveCount(0);
});

test("a diagram that cannot be rendered says so", async ({ chat }) => {
  const reply = await chat.answered({ text: "```mermaid\nflowchart LR\n  A[[[\n```" });
  await chat.button("Draw", reply).click();
  await expect(chat.button("Cannot be drawn", reply)).toBeVisible({ timeout: 30_000 });
  await expect(reply.locator("pre")).toBeVisible();
});

test("an unlinked address is shown, and a heading can be navigated to", async ({ chat }) => {
  const reply = await chat.answered({
    text: `# The *big* one\n\n[call](tel:+431234) [file](docs/a.md) [ftp](ftp://x.example/a) [there](#the-big-one) ![dot](data:image/gif;base64,R0lGODlhAQABAAAAACw=)\n\n${"Line.\n\n".repeat(60)}[up](#the-big-one)`,
  });
  await expect(reply.getByRole("link", { name: "call" })).toHaveAttribute("href", "tel:+431234");
  await expect(reply).toContainText("call (+431234) file (docs/a.md) ftp (ftp://x.example/a) there");
  await expect(reply.getByRole("img", { name: "dot" })).toHaveAttribute("src", /^data:image\/gif/);
  await expect(reply.getByRole("heading")).not.toBeInViewport();
  await chat.button("up", reply).click();
  await expect(reply.getByRole("heading")).toBeInViewport();
});

test("only the growing block of a long reply is rendered again", async ({ chat }) => {
  test.slow();
  // 32 KB in 400 pieces, 64 paragraphs, lists and pieces of code.
  const paragraph = "Lorem ipsum **dolor** sit amet, `consectetur` adipiscing elit, sed do eiusmod tempor incididunt ut labore. ".repeat(4);
  const sections = Array.from(
    { length: 16 },
    (_, n) =>
      `## Part ${n}\n\n${paragraph}\n\n- one\n- two\n\n\`\`\`js\nconst part = ${n};\n\`\`\`\n\n${paragraph}${paragraph}${paragraph}\n\n`,
  );
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
      for (const block of document.querySelectorAll(".block")) {
        if (!noted.has(block)) counts.added += 1;
        noted.add(block);
      }
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
  console.log(`      32 KB in 400 pieces: ${((await mainThread()) - before).toFixed(2)} s of main thread`);

  const counts = await chat.page.evaluate(() => (globalThis as unknown as { counts: { changed: number; added: number } }).counts);
  expect(counts.added).toBe(blocks);
  // When a block is complete it may be drawn once more, since the next one began in the same frame; code once more for its colours.
  expect(counts.changed).toBeLessThanOrEqual(2 * blocks);
});

test("text is revealed evenly between bursts of tokens", async ({ chat }) => {
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

test("with reduced motion, text is shown as it arrives", async ({ chat }) => {
  await chat.page.emulateMedia({ reducedMotion: "reduce" });
  await chat.page.evaluate(() => {
    const lengths = new Set<number>();
    Object.assign(globalThis, { lengths });
    new MutationObserver(() => lengths.add(document.querySelector(".assistant .markdown")?.textContent?.trim().length ?? 0)).observe(
      document.body,
      {
        childList: true,
        subtree: true,
        characterData: true,
      },
    );
  });
  await chat.answered({ text: "x".repeat(900), chunk: 300, rate: 2 });
  const lengths = await chat.page.evaluate(() => [...(globalThis as unknown as { lengths: Set<number> }).lengths]);
  expect(lengths.filter((length) => length % 300 !== 0)).toEqual([]);
});
