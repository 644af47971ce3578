// A reply is drawn while it is being written: what is shown in the end must not depend on how it came.
import { Blocks } from "../../clients/web/src/markdown/blocks.ts";
import { Colours } from "../../clients/web/src/markdown/highlighting.ts";
import { getText } from "../../clients/web/src/markdown/tree.ts";
import { DOCUMENTS, randomDocuments, SAMPLE } from "./support/documents.ts";
import { openStage } from "./support/stage.ts";
import { expect, test } from "./support/test.ts";

const read = (blocks: Blocks, text: string, growing: boolean) =>
  JSON.stringify([blocks.of(text, growing).map(({ type, raw, token }) => ({ type, raw, token })), blocks.footnotes]);

test("a growing text is parsed like the whole text, at every character", () => {
  test.slow();
  const different = [];
  for (const text of [...Object.values(DOCUMENTS), ...randomDocuments(400, 7)]) {
    const growing = new Blocks();
    for (let length = 1; length <= text.length; length += 1) {
      const part = text.slice(0, length);
      if (read(growing, part, true) !== read(new Blocks(), part, true)) different.push(part);
    }
    if (read(growing, text, false) !== read(new Blocks(), text, false)) different.push(`${text} (complete)`);
  }
  expect(different).toEqual([]);
});

test("each block contains exactly its own text", () => {
  for (const text of [...Object.values(DOCUMENTS), ...randomDocuments(1000, 8)]) {
    expect(
      new Blocks()
        .of(text)
        .map(({ raw }) => raw)
        .join(""),
    ).toBe(text.replaceAll("\r\n", "\n"));
  }
});

test("a replaced text is parsed again", () => {
  const blocks = new Blocks();
  blocks.of("One.\n\nTwo.");
  expect(blocks.of("- Other").map(({ type }) => type)).toEqual(["list"]);
  expect(blocks.of("").map(({ type }) => type)).toEqual([]);
});

test("streamed text looks like text shown at once, for any split", async ({ chat }) => {
  test.slow();
  await openStage(chat.page);
  for (const [name, text] of [...Object.entries(DOCUMENTS), ...Object.entries(randomDocuments(60, 9))]) {
    const { whole, grown, cut } = await chat.page.evaluate((shown) => {
      const shownAtOnce = () => {
        stage.clear();
        stage.show(shown, false);
        return stage.html;
      };
      const expected = shownAtOnce();
      stage.clear();
      for (let length = 1; length <= shown.length; length += 1) stage.show(shown.slice(0, length), true);
      stage.show(shown, false);
      const character = stage.html;
      const different = [];
      for (let length = 1; length < shown.length; length += 1) {
        stage.clear();
        stage.show(shown.slice(0, length), true);
        stage.show(shown, false);
        if (stage.html !== expected) different.push(length);
      }
      return { whole: expected, grown: character, cut: different };
    }, text);
    expect(grown, `${name}, a character at a time`).toBe(whole);
    expect(cut, `${name}: places where a cut shows`).toEqual([]);
  }
});

test("unfinished Markdown is not shown as something else", async ({ chat }) => {
  await openStage(chat.page);
  const texts = [
    DOCUMENTS.formulas ?? "",
    "So $a_{1}*b*c_{2}$ and \\(x*y*z\\, w\\) are.",
    "See [the **book**](https://example.com/a_b_c).",
  ];
  for (const text of texts) {
    const seen = await chat.page.evaluate((shown) => {
      stage.clear();
      const states = new Set<string>();
      for (let length = 1; length < shown.length; length += 1) {
        stage.show(shown.slice(0, length), true);
        for (const { tagName } of stage.element.querySelectorAll("em, ul, h1, blockquote"))
          states.add(`${tagName} at ${JSON.stringify(shown.slice(0, length))}`);
        if (/\bhttps:/.test(stage.element.textContent ?? "")) states.add(`an address at ${JSON.stringify(shown.slice(0, length))}`);
      }
      return [...states];
    }, text);
    expect(seen).toEqual([]);
  }
});

test("selected text in a running reply stays selected and can be copied", async ({ chat }) => {
  await openStage(chat.page);
  for (const [selected, ...texts] of [
    ["two words", "Some two words here", "Some two words here and more", "Some two words here and more **bold** ones.\n\nNext"],
    ["one", "- one\n- two", "- one\n- two\n- three", "- one\n- two\n- three\n\n- loose\n"],
    [
      "const a",
      "```js\nconst a = 1;\nconst b",
      "```js\nconst a = 1;\nconst b = 2;\nconst c = 3;\nconst d = 4;\n",
      "```js\nconst a = 1;\nconst b = 2;\nconst c = 3;\nconst d = 4;\n```\n",
    ],
    ["cell", "| a |\n|---|\n| cell |\n| x", "| a |\n|---|\n| cell |\n| x |\n| y |\n", "| a |\n|---|\n| cell |\n| x |\n| y |\n\nEnd"],
  ] as [string, ...string[]][]) {
    const states = await chat.page.evaluate(
      ([wanted, ...shown]) => {
        stage.clear();
        return shown.map((text, index) => {
          stage.show(text, true);
          if (index === 0) select(wanted);
          return String(document.getSelection());
        });

        function select(words: string) {
          const range = document.createRange();
          for (const walker = document.createTreeWalker(stage.element, NodeFilter.SHOW_TEXT); walker.nextNode(); ) {
            const at = walker.currentNode.textContent?.indexOf(words) ?? -1;
            if (at >= 0) {
              range.setStart(walker.currentNode, at);
              range.setEnd(walker.currentNode, at + words.length);
              break;
            }
          }
          // Words of several colours are in several nodes.
          if (range.collapsed) {
            const code = stage.element.querySelector("code")!;
            range.setStart(code, 0);
            range.setEnd(code, 2);
          }
          document.getSelection()?.removeAllRanges();
          document.getSelection()?.addRange(range);
        }
      },
      [selected, ...texts] as [string, ...string[]],
    );
    expect(new Set(states), `the selection in ${texts[0]}`).toEqual(new Set([states[0]]));
    expect(states[0]).toContain(selected);
  }
});

test("an unchanged node is not replaced", async ({ chat }) => {
  await openStage(chat.page);
  const touched = await chat.page.evaluate(async (text) => {
    stage.clear();
    let changes = 0;
    const observer = new MutationObserver((records) => (changes += records.length));
    for (let length = 1; length <= text.length; length += 1) stage.show(text.slice(0, length), true);
    stage.show(text, false);
    observer.observe(stage.element, { childList: true, characterData: true, attributes: true, subtree: true });
    stage.show(`${text}\n\nMore.`, true);
    stage.show(`${text}\n\nMore.`, false);
    await Promise.resolve();
    return changes;
  }, SAMPLE);
  // The new block, and the text in it.
  expect(touched).toBeLessThanOrEqual(3);
});

test("a streamed reply looks the same after a reload", async ({ chat }) => {
  await chat.page.emulateMedia({ reducedMotion: "reduce" });
  const text = ["formulas", "notes", "details", "a loose list", "definitions behind their use", "a note that is no definition"]
    .map((name) => DOCUMENTS[name])
    .join("\n\n");
  const reply = await chat.answered({ text, chunk: 7, rate: 400 });
  const shown = async () => {
    await expect(reply.locator("[data-math]:not([data-drawn]), .unfinished")).toHaveCount(0);
    await expect(reply.locator(".hljs-keyword").first()).toBeAttached();
    return reply.locator(".markdown").innerHTML();
  };
  const watched = await shown();
  await chat.page.reload();
  await expect(reply.getByRole("group", { name: "Notes" })).toBeVisible();
  expect(await shown()).toBe(watched);
});

test("a selection survives the rest and the end of its reply", async ({ chat }) => {
  await chat.script({ text: `Select these words. ${"And it goes on. ".repeat(60)}\n\n${"Next. ".repeat(40)}`, chunk: 5, rate: 150 });
  const words = chat.replies.getByText("Select these words.");
  await words.evaluate((paragraph) => document.getSelection()?.setBaseAndExtent(paragraph.firstChild!, 7, paragraph.firstChild!, 18));
  await expect(chat.replies).toContainText("Next.");
  await chat.idle();
  await expect(chat.button("Good reply")).toBeVisible();
  expect(await chat.page.evaluate(() => String(document.getSelection()))).toBe("these words");
});

const LARGE: Record<string, string> = {
  "20 KB of code": `\`\`\`js\n${Array.from({ length: 420 }, (_, n) => `const value${n} = compute(${n}, "text ${n}"); // c`).join("\n")}\n\`\`\`\n`,
  "a table of 12 KB": `| name | amount | note |\n|---|--:|---|\n${Array.from({ length: 240 }, (_, n) => `| item ${n} | ${n * 17} | some **bold** and \`code\` ${n} |`).join("\n")}\n`,
  "a list of 20 KB": Array.from(
    { length: 260 },
    (_, n) => `- item ${n} with **bold** text and \`code\`, of a usual length\n  - and one below it`,
  ).join("\n"),
  "a paragraph of 10 KB": "Lorem ipsum **dolor** sit amet, `consectetur` adipiscing elit, sed do eiusmod tempor. ".repeat(115),
};

for (const [name, text] of Object.entries(LARGE)) {
  test(`${name} costs work in proportion to its new text`, async ({ chat }) => {
    test.slow();
    await openStage(chat.page);
    const { made, removed, final, pieces, ms } = await chat.page.evaluate(async (shown) => {
      stage.clear();
      stage.show("", true);
      const counts = { made: 0, removed: 0, pieces: 0 };
      const size = (node: Node): number => 1 + [...node.childNodes].reduce((sum, child) => sum + size(child), 0);
      new MutationObserver((records) => {
        for (const { addedNodes, removedNodes } of records) {
          for (const node of addedNodes) counts.made += size(node);
          for (const node of removedNodes) counts.removed += size(node);
        }
      }).observe(stage.element, { childList: true, subtree: true });
      const begin = performance.now();
      // As fast as a model writes 1,000 tokens a second, seen 60 times in it.
      for (let length = 66; length < shown.length; length += 66, counts.pieces += 1) {
        stage.show(shown.slice(0, length), true);
        await Promise.resolve();
      }
      stage.show(shown, false);
      await Promise.resolve();
      return { ...counts, ms: performance.now() - begin, final: size(stage.element) };
    }, text);
    console.log(`      ${name} in ${pieces} pieces: ${made} nodes made and ${removed} removed for ${final}, ${(ms / 1000).toFixed(2)} s`);
    // Each delta may render the end again; the rest is rendered once.
    expect(made).toBeLessThanOrEqual(1.1 * final + pieces);
    expect(removed).toBeLessThanOrEqual(pieces);
  });
}

test("growing code is highlighted a few times and not with each delta", () => {
  const code = LARGE["20 KB of code"]!.slice(6, -4);
  let coloured = 0;
  const colours = new Colours((part) => {
    coloured += part.length;
    return [part];
  });
  for (let length = 4; length < code.length; length += 4) {
    expect(getText(colours.of(code.slice(0, length), "javascript", true))).toBe(code.slice(0, length));
  }
  expect(getText(colours.of(code, "javascript", false))).toBe(code);
  expect(coloured).toBeLessThanOrEqual(6 * code.length);
});
