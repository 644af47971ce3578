import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "./support/test.ts";

const ON_DEMAND = /\/assets\/(highlighter|kotlin|katex|KaTeX_\w+-\w+|mermaid|drawing)\b/;

const DIST = new URL("../../clients/web/dist/", import.meta.url);

test("the first view takes at most 120 KB; replies' code loads on demand", async ({ page, stack, user }) => {
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  await page.goto(`${stack.url}/?user=${user}`, { waitUntil: "networkidle" });
  const files = loaded.filter((path) => /\.(js|css|html)$|^\/$/.test(path)).map((path) => (path === "/" ? "index.html" : path.slice(1)));
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(new URL(file, DIST)), { level: 9 }).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`      first load: ${(total / 1000).toFixed(1)} KB gzip in ${files.length} files`);
  expect(total).toBeLessThanOrEqual(120_000);
  expect(loaded.filter((path) => ON_DEMAND.test(path))).toEqual([]);
});

test("a reply loads only the code that it needs", async ({ chat }) => {
  const loaded: string[] = [];
  chat.page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  const wanted = () => loaded.flatMap((path) => ON_DEMAND.exec(path)?.[1] ?? []).sort();
  await chat.answered({ text: "Plain **words** for $5." });
  expect(wanted()).toEqual([]);
  await chat.answered({ text: "```kotlin\nval a = 1\n```\n" });
  await expect.poll(wanted).toEqual(["highlighter", "kotlin"]);
  await chat.answered({ text: "```no-such-language\nval a = 1\n```\n" });
  expect(wanted()).toEqual(["highlighter", "kotlin"]);
  await chat.answered({ text: "$x$" });
  await expect
    .poll(() => wanted().filter((name) => name !== "KaTeX_Math-Italic" && name !== "KaTeX_Main-Regular"))
    .toEqual(["highlighter", "katex", "katex", "kotlin"]);
  expect(loaded.filter((path) => path.includes("mermaid"))).toEqual([]);
});
