import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "./support/test.ts";

const DIST = new URL("../../clients/web/dist/", import.meta.url);

test("the first view takes at most 120 KB, and colours come only with code", async ({ page, stack, user }) => {
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  await page.goto(`${stack.url}/?user=${user}`, { waitUntil: "networkidle" });
  const files = loaded.filter((path) => /\.(js|css|html)$|^\/$/.test(path)).map((path) => (path === "/" ? "index.html" : path.slice(1)));
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(new URL(file, DIST)), { level: 9 }).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`      first load: ${(total / 1000).toFixed(1)} KB gzip in ${files.length} files`);
  expect(total).toBeLessThanOrEqual(120_000);
  expect(files.filter((file) => file.includes("languages"))).toEqual([]);
});
